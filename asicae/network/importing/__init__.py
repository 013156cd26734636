"""Models of other tools, read as data and lowered to a network and its weights."""
