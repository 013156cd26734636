"""Kinds of layers: one file a kind, and the table of them."""
