"""What our tables look like: columns, units, keys and meanings."""
