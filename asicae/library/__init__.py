"""A library of weight sets: one network, a set for each condition, and which module gets which."""
