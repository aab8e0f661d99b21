"""Published patients and published figures, as data with citations."""
