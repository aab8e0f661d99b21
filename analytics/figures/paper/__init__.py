"""Result tables become figures for print; matplotlib's Figure without pyplot, and no number is made here."""
