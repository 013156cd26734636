"""Fields to bits and back, for many frames at once; the most significant bit goes first."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

WORD_BITS = 16
Bits = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint16]


def field_bits(values: npt.NDArray[Any], width: int) -> Bits:
    """Bits uint8[n, k * width] of values [n, k] or [n], integers 0..2**width - 1, width 1..16."""
    columns = values[:, None] if values.ndim == 1 else values
    if width <= 8:
        expanded = np.unpackbits(columns.astype(np.uint8)[..., None], axis=-1)
    else:
        expanded = np.unpackbits(columns.astype(">u2", order="C").view(np.uint8), axis=1)
        expanded = expanded.reshape(*columns.shape, WORD_BITS)
    bits = expanded[..., expanded.shape[-1] - width :]
    return bits.reshape(len(values), columns.shape[1] * width)


def pack_words(parts: Sequence[Bits], words: int) -> Words:
    """The parts one after the other as uint16[n, words], zero-filled at the end."""
    packed = np.packbits(np.concatenate(parts, axis=1), axis=1)
    filled = np.zeros((len(packed), 2 * words), dtype=np.uint8)
    filled[:, : packed.shape[1]] = packed
    return filled.view(">u2").astype(np.uint16)


class BitReader:
    """Reads fields off words uint16[n, w] in their order."""

    def __init__(self, words: Words) -> None:
        self._bits = np.unpackbits(words.astype(">u2", order="C").view(np.uint8), axis=1)
        self._position = 0

    def bits(self, number: int) -> Bits:
        """The next ``number`` bits, uint8[n, number]."""
        start, self._position = self._position, self._position + number
        return self._bits[:, start : self._position]

    def fields(self, width: int, number: int) -> Words:
        """The next ``number`` fields of ``width`` (1..16) bits, uint16[n, number]."""
        bits = self.bits(width * number)
        return join_bits(bits.reshape(len(bits), number, width))

    def field(self, width: int) -> Words:
        """The next field of ``width`` bits, uint16[n]."""
        return self.fields(width, 1)[:, 0]


def join_bits(bits: Bits) -> Words:
    """Values uint16[n, k] of bits uint8[n, k, width], width up to 16."""
    number, width = bits.shape[1:]
    filled = np.zeros((len(bits), number, WORD_BITS), dtype=np.uint8)
    filled[..., WORD_BITS - width :] = bits
    packed = np.packbits(filled.reshape(len(bits), number * WORD_BITS), axis=1)
    return packed.view(">u2").astype(np.uint16)
