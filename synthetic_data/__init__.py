"""A small world with a known truth; it never uses the analysis it is used to prove."""
