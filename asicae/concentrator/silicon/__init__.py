"""Algorithms in silicon: what their blocks, ports and register ranks are, and what they print."""
