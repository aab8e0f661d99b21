"""Result tables become plain plotly dictionaries for the browser; no number is made here."""
