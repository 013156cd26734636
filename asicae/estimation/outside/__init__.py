"""Netlists that other synthesisers made of an exported chip, held against it."""
