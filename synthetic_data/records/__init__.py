"""The world written down as a hospital would: canonical tables with codes, texts and dates."""
