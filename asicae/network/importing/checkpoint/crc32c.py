"""CRC-32C (RFC 3720, appendix B.4), as checkpoints of TensorFlow guard blocks and arrays.

The check is linear in the bits of the data: that of two halves together is that of the first,
moved on by the length of the second, and that of the second. So halves of one length are joined all
at a time, which NumPy does some hundred times faster than a loop over bytes.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

_POLYNOMIAL: Final = 0x82F63B78
"""With the lowest power in the highest bit."""
_ONES: Final = 0xFFFFFFFF
_LEVELS: Final = 20
_CHUNK: Final = 1 << _LEVELS
"""Bytes that are looked at together."""
_MASK: Final = 0xA282EAD8
Words = npt.NDArray[np.uint32]


def masked_crc32c(data: bytes | memoryview) -> int:
    """The check of ``data`` as it is stored: turned by 15 bits, and a constant added."""
    found = crc32c(data)
    return ((found >> 15 | found << 17) + _MASK) & _ONES


def crc32c(data: bytes | memoryview) -> int:
    """The check of ``data``."""
    register = np.uint32(_ONES)
    for start in range(0, len(data), _CHUNK):
        chunk = np.frombuffer(data[start : start + _CHUNK], dtype=np.uint8)
        register = _moved(register, len(chunk)) ^ _joined(chunk)
    return int(register) ^ _ONES


def _bytes() -> Words:
    """What each byte makes of a register of zeros."""
    found: Words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        found = (found >> 1 ^ (found & 1) * np.uint32(_POLYNOMIAL)).astype(np.uint32)
    return found


def _through(moves: Words, register: Any) -> Any:
    """Registers moved on; ``moves`` (4, 256) says what becomes of each of their bytes."""
    low, high = moves[0][register & 255], moves[1][register >> 8 & 255]
    return low ^ high ^ moves[2][register >> 16 & 255] ^ moves[3][register >> 24]


def _moves() -> list[Words]:
    """By how many times two, moves over 1, 2, 4, ... bytes of zeros."""
    places = np.arange(256, dtype=np.uint32) << np.arange(0, 32, 8, dtype=np.uint32)[:, None]
    found = [_BYTES[places & 255] ^ places >> 8]
    for _ in range(_LEVELS):
        found.append(_through(found[-1], found[-1]))
    return found


_BYTES: Final = _bytes()
_MOVES: Final = _moves()


def _moved(register: np.uint32, length: int) -> np.uint32:
    """A register moved on over ``length`` bytes of zeros."""
    for level, moves in enumerate(_MOVES):
        if length >> level & 1:
            register = _through(moves, register)
    return register


def _joined(chunk: npt.NDArray[np.uint8]) -> np.uint32:
    """What a chunk makes of a register of zeros, which zeros in front of it leave as it is."""
    levels = (len(chunk) - 1).bit_length()
    padded = np.zeros(1 << levels, dtype=np.uint8)
    padded[len(padded) - len(chunk) :] = chunk
    values = _BYTES[padded]
    for moves in _MOVES[:levels]:
        values = _through(moves, values[0::2]) ^ values[1::2]
    return np.uint32(values[0])
