"""The numbers. Table in, table out; never imports dash."""
