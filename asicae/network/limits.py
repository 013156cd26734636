"""How large a description may be: what the chip's register map has room for.

``chip/addresses`` lays the registers out so that all of it fits.
"""

MAX_IMAGE_BYTES = 28_672
"""Bytes of the weight image."""
MAX_KEEP_BYTES = 183
"""Bytes of the keep mask, one bit for each bit of a latent."""
