"""One page a module: PATH, TITLE, layout and register."""
