"""Companders: codes of charges relative to the power of two at or below their sum, in integers.

A charge q of a module with the sum S is x = floor(q 2^10 / 2^floor(log2 S)), 0 <= x < 2^11. Its
code of 8 bits is the number of thresholds T[1] <= ... <= T[255] that are at most x, and T[0] = 0,
T[256] = 2^11 are the ends. The first w bits of a code are the code of w bits: a sender may leave
bits out, and the receiver knows the charge to lie in a wider bin.

Thresholds are the smallest integers t >= c, so that codes differ, with

* power a/b:         (t / 2^11)^a >= (c / 256)^b, that is t / 2^11 >= (c / 256)^(b/a);
* logarithm from f:  (t / 2^11)^256 >= (f / 2)^(256 - c), steps of equal ratio from f to 2,

compared as whole numbers, so that every machine finds the same ones.
"""

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

CODE_BITS: Final = 8
"""Bits of a whole code."""
FRACTION_BITS: Final = 10
SCALE_BITS: Final = FRACTION_BITS + 1
"""Bits of a relative charge, which lies below 2."""
_CODES: Final = 1 << CODE_BITS
_END: Final = 1 << SCALE_BITS

Integers = npt.NDArray[np.int64]


class Compander(StrEnum):
    """Which thresholds: a power, or logarithmic from a fraction of the power of two on."""

    POWER_2_5 = "power_2_5"
    LOG_1_256 = "log_1_256"
    LOG_1_128 = "log_1_128"
    LOG_1_64 = "log_1_64"
    LOG_1_32 = "log_1_32"
    LOG_1_16 = "log_1_16"


@dataclass(frozen=True, eq=False)
class CompanderTable:
    """What a compander is.

    Attributes:
        thresholds: int64[257], T[0] to T[256].
        codes: uint8[2048], code of every relative charge.
    """

    thresholds: Integers
    codes: npt.NDArray[np.uint8]


@lru_cache(maxsize=len(Compander))
def table_of(compander: Compander) -> CompanderTable:
    """The table of a compander."""
    shape, first, second = compander.value.split("_")
    reached = _power if shape == "power" else _logarithm
    exact = [
        bisect_left(range(_END), True, key=lambda t: reached(t, code, int(first), int(second)))
        for code in range(1, _CODES)
    ]
    raised = [max(code, threshold) for code, threshold in enumerate(exact, start=1)]
    thresholds = np.array([0, *raised, _END], dtype=np.int64)
    codes = np.searchsorted(thresholds[1:-1], np.arange(_END), side="right")
    return CompanderTable(thresholds, codes.astype(np.uint8))


@lru_cache(maxsize=len(Compander) * CODE_BITS)
def octaves(compander: Compander, bits: int) -> Integers:
    """floor(log2 width), 0 to ``SCALE_BITS``, of the bin of every code of ``bits`` bits, int64[].

    Width is the number of relative charges in the bin; 0 of a bin that holds none.
    """
    widths = np.diff(table_of(compander).thresholds[:: 1 << (CODE_BITS - bits)])
    return np.array([max(width.bit_length() - 1, 0) for width in widths.tolist()], dtype=np.int64)


def _power(t: int, code: int, num: int, den: int) -> bool:
    """Whether t is at or above the exact threshold of a code."""
    return bool(t**num * _CODES**den >= code**den * _END**num)


def _logarithm(t: int, code: int, num: int, den: int) -> bool:
    """Likewise; (t / END)^CODES >= (num / 2 den)^(CODES - code)."""
    below = _CODES - code
    return bool(t**_CODES * (2 * den) ** below >= num**below * _END**_CODES)
