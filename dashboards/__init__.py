"""The window for people: browser values become questions, answers become figures."""
