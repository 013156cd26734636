"""The chip around the encoder: its top, registers, weight image, load sequence and golden words."""
