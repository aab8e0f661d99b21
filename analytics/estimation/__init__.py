"""What the numbers say about a group; nothing of lifelines, statsmodels, scipy or pandas leaves."""
