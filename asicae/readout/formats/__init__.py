"""File formats of readouts: one module each, all streaming, none trusting its input."""
