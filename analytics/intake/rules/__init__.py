"""What intake looks for, as entries: a rule says its severity, its reach and what it tells a person."""
