"""What the field knows, as entries with their sources; facts are data, not branches in code."""
