"""Frozen graphs of TensorFlow as networks."""
