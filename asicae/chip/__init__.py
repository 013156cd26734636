"""The chip around the encoder: normaliser, golden, registers, weight image, load sequence."""
