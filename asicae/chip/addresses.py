"""Where things lie on the chip's bus, and the room that leaves for them.

Addresses of keep mask, weights and TMR error counter are those of the ECON-T (public register map
of LDMX-Software/pflib); identity, design hash, control, status and CRC are the kit's own.
"""

from asicae.network.limits import MAX_IMAGE_BYTES

DEVICE_ADDRESS = 0x20
"""The chip's I2C address, 7 bits; all others here are 16-bit register addresses in bytes."""
KEEP_ADDRESS = 0x0549
WEIGHT_ADDRESS = 0x0600
WEIGHT_BLOCK_BYTES = 134
"""Bytes of a block of the weight image; the last block may be shorter."""
WEIGHT_BLOCKS = 12
"""Blocks at ``WEIGHT_ADDRESS``, as in the ECON-T; a larger image has as many as it needs."""
TMR_ERRORS_ADDRESS = 0x0C48
IDENTITY_ADDRESS = 0x8000
DESIGN_HASH_ADDRESS = 0x8004
CONTROL_ADDRESS = 0x8008
STATUS_ADDRESS = 0x8009
TMR_SOURCES_ADDRESS = 0x800A
CRC_ADDRESS = 0x800C
EXPECTED_CRC_ADDRESS = 0x8010
ACTIVE_SET_ADDRESS = 0x8014
ACCESS_SET_ADDRESS = 0x8015

LARGE_WEIGHT_ADDRESS = IDENTITY_ADDRESS - MAX_IMAGE_BYTES
"""From here the largest image reaches up to the kit's own registers."""
SMALL_IMAGE_BYTES = WEIGHT_BLOCKS * WEIGHT_BLOCK_BYTES
"""The largest image at ``WEIGHT_ADDRESS``; a larger one lies at ``LARGE_WEIGHT_ADDRESS``."""
