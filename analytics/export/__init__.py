"""How an answer leaves: files whose numbers are the answer's own, at a disclosure level, with a manifest."""
