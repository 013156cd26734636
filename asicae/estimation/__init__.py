"""Synthesis, activity, energy, timing and scaling to 65 nm."""
