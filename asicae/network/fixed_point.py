"""Fixed-point types and their integer meaning.

``fixed<W,I>`` has W bits in all and I integer bits, the sign included, as in ac_fixed; a value is
``raw * 2**-(W - I)``. Every execution of the kit (golden, RTL, netlist) follows this file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from asicae.foundation.validation import short

MAX_WIDTH = 16
INTEGER_RANGE = (-16, 24)
Mode = TypeVar("Mode", bound=StrEnum)
_PATTERN = re.compile(r"(u?)fixed<([0-9]{1,4}),(-?[0-9]{1,4})(?:,([A-Z_]+))?(?:,([A-Z_]+))?>")


class Rounding(StrEnum):
    """What happens to bits below the LSB (names as in ac_fixed)."""

    TRN = "TRN"
    """Towards minus infinity."""
    TRN_ZERO = "TRN_ZERO"
    """Towards zero."""
    RND = "RND"
    """To nearest, halves up."""
    RND_ZERO = "RND_ZERO"
    """To nearest, halves towards zero."""
    RND_INF = "RND_INF"
    """To nearest, halves away from zero."""
    RND_MIN_INF = "RND_MIN_INF"
    """To nearest, halves down."""
    RND_CONV = "RND_CONV"
    """To nearest, halves to even: the rounding of QKeras."""
    RND_CONV_ODD = "RND_CONV_ODD"
    """To nearest, halves to odd."""

    @property
    def truncates(self) -> bool:
        """Whether the dropped bits are only cut off, so that no tie is ever looked at."""
        return self in (Rounding.TRN, Rounding.TRN_ZERO)


class Overflow(StrEnum):
    """What happens to values outside the range (names as in ac_fixed)."""

    SAT = "SAT"
    """Clamp to the nearest end of the range."""
    SAT_ZERO = "SAT_ZERO"
    """Become zero."""
    SAT_SYM = "SAT_SYM"
    """Clamp to a range that is as wide below zero as above: the lowest code never appears."""
    WRAP = "WRAP"
    """Keep the low bits."""


@dataclass(frozen=True)
class FixedPoint:
    """A fixed-point type: ``width`` bits, ``integer`` of them left of the point (sign included).

    Raises:
        ValueError: a width outside 1..16, an integer part outside -16..24.
    """

    width: int
    integer: int
    signed: bool = True
    rounding: Rounding = Rounding.RND_CONV
    overflow: Overflow = Overflow.SAT

    def __post_init__(self) -> None:
        if not 1 <= self.width <= MAX_WIDTH:
            raise ValueError(f"{self.width} bits, allowed are 1 to {MAX_WIDTH}")
        low, high = INTEGER_RANGE
        if not low <= self.integer <= high:
            raise ValueError(f"{self.integer} integer bits, allowed are {low} to {high}")

    @property
    def fraction(self) -> int:
        """Bits right of the point; the LSB is ``2**-fraction``."""
        return self.width - self.integer

    @property
    def lsb(self) -> float:
        """Value of one raw step."""
        return 2.0**-self.fraction

    @property
    def raw_min(self) -> int:
        """Smallest raw integer."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def raw_max(self) -> int:
        """Largest raw integer."""
        return (1 << (self.width - 1 if self.signed else self.width)) - 1

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest raw integer that rounding and overflow can leave."""
        symmetric = self.signed and self.overflow is Overflow.SAT_SYM
        return (-self.raw_max if symmetric else self.raw_min), self.raw_max

    @property
    def exact(self) -> "FixedPoint":
        """The same numbers where nothing is rounded: the modes mean nothing then."""
        return FixedPoint(self.width, self.integer, self.signed)

    def cast(self, raw: npt.ArrayLike, fraction: int) -> npt.NDArray[np.int64]:
        """Bring integers with ``fraction`` fractional bits into this type: round, then overflow.

        ``raw`` fits int64, also when it is shifted left to a finer point of this type. Returns raw
        integers of this type, same shape.
        """
        return self._overflowed(self.rounded(raw, fraction))

    def rounded(self, raw: npt.ArrayLike, fraction: int) -> npt.NDArray[np.int64]:
        """Integers with ``fraction`` fractional bits in steps of this type, before overflow.

        As ``cast``, but the numbers returned may lie outside the range of this type.
        """
        values, shift = np.asarray(raw, dtype=np.int64), fraction - self.fraction
        if shift <= 0:
            return values << -shift
        if self.rounding is Rounding.TRN:
            return values >> shift
        down = values >> shift
        rest = values - (down << shift)
        return np.asarray(down + self._rounds_up(down, rest, 1 << (shift - 1)), dtype=np.int64)

    def ties(self, raw: npt.ArrayLike, fraction: int) -> npt.NDArray[np.bool_]:
        """Where integers with ``fraction`` fractional bits lie halfway between two of this type."""
        values, shift = np.asarray(raw, dtype=np.int64), fraction - self.fraction
        if shift <= 0:
            return np.zeros(values.shape, dtype=bool)
        return np.asarray(values & ((1 << shift) - 1) == 1 << (shift - 1))

    def _rounds_up(
        self, down: npt.NDArray[np.int64], rest: npt.NDArray[np.int64], half: int
    ) -> npt.NDArray[np.bool_]:
        """Where ``down + rest / (2 * half)``, 0 <= rest < 2 * half, becomes ``down + 1``."""
        ties_up = {
            Rounding.RND: True,
            Rounding.RND_MIN_INF: False,
            Rounding.RND_INF: down >= 0,
            Rounding.RND_ZERO: down < 0,
            Rounding.RND_CONV: (down & 1) == 1,
            Rounding.RND_CONV_ODD: (down & 1) == 0,
        }
        if self.rounding is Rounding.TRN_ZERO:
            return np.asarray((down < 0) & (rest > 0))
        return np.asarray((rest > half) | ((rest == half) & ties_up[self.rounding]))

    def _overflowed(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        low, high = self.limits
        if self.overflow is Overflow.SAT_ZERO:
            return np.where((values < low) | (values > high), 0, values)
        if self.overflow is not Overflow.WRAP:
            return np.asarray(np.clip(values, low, high), dtype=np.int64)
        return ((values - self.raw_min) & ((1 << self.width) - 1)) + self.raw_min

    def quantise(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Bring real numbers (finite, any shape) into this type and return raw integers."""
        scaled = np.ldexp(np.asarray(values, dtype=np.float64), self.fraction)
        # Two more fractional bits say all that rounding asks: nothing, below, at or above a half.
        limit = 2.0**59
        whole = np.floor(np.clip(scaled, -limit, limit))
        rest = np.clip(scaled, -limit, limit) - whole
        quarters = np.where(rest == 0.5, 2, np.where(rest > 0.5, 3, np.where(rest > 0, 1, 0)))
        return self.cast(whole.astype(np.int64) * 4 + quarters, self.fraction + 2)

    def unsigned_bits(self, raw: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Two's complement pattern of raw integers, as numbers from 0 to ``2**width - 1``.

        Same shape as ``raw``; bits beyond the width are cut off.
        """
        return np.asarray(raw, dtype=np.int64) & ((1 << self.width) - 1)

    def from_bits(self, bits: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Raw integers of two's complement patterns, same shape; undoes ``unsigned_bits``."""
        wrapping = replace(self, overflow=Overflow.WRAP)
        return wrapping._overflowed(np.asarray(bits, dtype=np.int64))

    def __str__(self) -> str:
        """``fixed<6,1>``, with rounding and overflow only where they are not the default."""
        text = f"{'' if self.signed else 'u'}fixed<{self.width},{self.integer}"
        if (self.rounding, self.overflow) != (Rounding.RND_CONV, Overflow.SAT):
            text += f",{self.rounding},{self.overflow}"
        return text + ">"

    @classmethod
    def parse(cls, text: str) -> "FixedPoint":
        """Read ``fixed<W,I>``, ``ufixed<W,I>``, with optional ``,ROUNDING`` and ``,OVERFLOW``.

        Raises:
            ValueError: the text is none of these, or the type is out of range.
        """
        match = _PATTERN.fullmatch(text.replace(" ", ""))
        if match is None:
            raise _no_type(text)
        prefix, width, integer, rounding, overflow = match.groups()
        return cls(
            width=int(width),
            integer=int(integer),
            signed=not prefix,
            rounding=_mode(Rounding, rounding, Rounding.RND_CONV),
            overflow=_mode(Overflow, overflow, Overflow.SAT),
        )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In JSON and TOML a type is its text, such as ``"ufixed<8,1>"``."""

        def checked(value: Any) -> FixedPoint:
            if isinstance(value, cls):
                return value
            if not isinstance(value, str):
                raise _no_type(value)
            return cls.parse(value)

        return core_schema.no_info_plain_validator_function(
            checked,
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


def common_type(kinds: Sequence[FixedPoint]) -> FixedPoint:
    """The narrowest type that holds every number of all ``kinds``; of a single one itself.

    Raises:
        ValueError: it would be too wide, or there is no such type.
    """
    if len(kinds) == 1:
        return kinds[0]
    signed = any(kind.signed for kind in kinds)
    integer = max(kind.integer + (signed and not kind.signed) for kind in kinds)
    return FixedPoint(integer + max(kind.fraction for kind in kinds), integer, signed)


def _no_type(value: Any) -> ValueError:
    return ValueError(f"{short(value)} is no fixed-point type; write fixed<6,1> or ufixed<8,1>")


def _mode(kind: type[Mode], text: str | None, default: Mode) -> Mode:
    if text is None:
        return default
    try:
        return kind(text)
    except ValueError:
        allowed = ", ".join(kind)
        raise ValueError(
            f"{short(text)} is no {kind.__name__.lower()}; allowed: {allowed}"
        ) from None
