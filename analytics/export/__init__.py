"""How an answer leaves: in files that others can use, and with no more than the level allows."""
