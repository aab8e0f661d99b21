"""Result tables become pictures; nothing is computed here that a table does not already hold."""
