"""Quantisers by what they compute: the fixed-point type that a function rounds to, or none.

A function is asked for values near zero and far from it, which tell its steps and its ends, and
then for the quarters of all its steps, where every rounding and overflow shows. That it is the type
on *every* number that it meets is proved where the network is known (``proof.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.network.fixed_point import MAX_WIDTH, FixedPoint, Overflow

Floats = npt.NDArray[Any]
Function = Callable[[Floats], Floats]
FINEST: Final = 20
"""Bits behind the point that a step may have."""
_NEAR: Final = np.arange(-(1 << 12), (1 << 12) + 1, dtype=np.int64)
_SHIFTS: Final = (9, 14, FINEST)
"""Steps of 2^-9 to 8, where coarse types show their steps, and finer ones nearer to zero."""
MAX_CODES: Final = 1 << MAX_WIDTH
FAR: Final = 14
"""Powers of two up to which a function is asked where it ends."""


@dataclass(frozen=True)
class Steps:
    """The numbers that a function gives.

    Attributes:
        fraction: bits behind the point.
        low: the smallest, in steps.
        high: the largest, in steps.
    """

    fraction: int
    low: int
    high: int

    @classmethod
    def of(cls, function: Function, own: Floats | None = None) -> "Steps | None":
        """As it gives them, also of the numbers ``own``; None where they are of no such steps."""
        probes = [np.ldexp(_NEAR, -shift).astype(np.float32) for shift in _SHIFTS]
        probes += [] if own is None else [np.asarray(own, dtype=np.float32).reshape(-1)]
        given = np.concatenate([np.asarray(function(each), dtype=np.float64) for each in probes])
        values = np.unique(given)
        if len(values) > MAX_CODES:
            return None
        fraction = _fraction(values)
        if fraction is None:
            return None
        # Further out than 24 bits of its steps float32 computes no quantiser any more.
        far = 2.0 ** np.arange(0, min(FAR, 23 - fraction) + 1)
        ends = np.concatenate([-far, far]).astype(np.float32)
        values = np.concatenate([values, np.asarray(function(ends), dtype=np.float64)])
        steps = np.ldexp(values, fraction)
        if not np.isfinite(steps).all() or (steps != np.rint(steps)).any():
            return None
        return cls(fraction, int(steps.min()), int(steps.max()))


def weight_type(steps: Steps) -> FixedPoint | None:
    """The narrowest type that holds the numbers, which are not rounded again."""
    signed = steps.low < 0
    width = max((-steps.low - 1).bit_length() if signed else 0, steps.high.bit_length()) + signed
    try:
        return FixedPoint(max(width, 1 + signed), max(width, 1 + signed) - steps.fraction, signed)
    except ValueError:
        return None


def activation_type(function: Function) -> FixedPoint | None:
    """The type that a function rounds to, half to even, and saturates at; None if it does not."""
    steps = Steps.of(function)
    if steps is None or steps.high < 1 or steps.high & (steps.high + 1):
        return None
    bits = steps.high.bit_length()
    ends = {
        0: (False, Overflow.SAT),
        -steps.high - 1: (True, Overflow.SAT),
        -steps.high: (True, Overflow.SAT_SYM),
    }
    if steps.low not in ends or bits + ends[steps.low][0] > MAX_WIDTH:
        return None
    signed, overflow = ends[steps.low]
    try:
        width = bits + signed
        kind = FixedPoint(width, width - steps.fraction, signed, overflow=overflow)
    except ValueError:
        return None
    # Halves and quarters of its steps, from end to end.
    quarters = np.arange(4 * steps.low - 8, 4 * steps.high + 9, dtype=np.int64)
    values = np.ldexp(quarters, -steps.fraction - 2).astype(np.float32)
    return kind if agrees(function, values, kind) else None


def agrees(function: Function, values: Floats, kind: FixedPoint) -> bool:
    """Whether a function rounds ``values`` as the type does."""
    found = np.ldexp(np.asarray(function(values), dtype=np.float64), kind.fraction)
    return bool(np.array_equal(found, kind.quantise(values)))


def kept_bits(function: Function, kind: FixedPoint) -> int | None:
    """The bits that a function leaves of every number of a type; None if it does another thing."""
    low, high = kind.limits
    raws = np.arange(low, high + 1, dtype=np.int64)
    values = np.ldexp(raws, -kind.fraction).astype(np.float32)
    found = np.ldexp(np.asarray(function(values), dtype=np.float64), kind.fraction)
    for cleared in range(kind.width):
        if np.array_equal(found, raws >> cleared << cleared):
            return (1 << kind.width) - (1 << cleared)
    return None


def _fraction(values: Floats) -> int | None:
    """Bits behind the point that all values need; None for more than ``FINEST``."""
    if not np.isfinite(values).all():
        return None
    for fraction in range(-FAR, FINEST + 1):
        scaled = np.ldexp(values, fraction)
        if (scaled == np.rint(scaled)).all():
            return fraction
    return None
