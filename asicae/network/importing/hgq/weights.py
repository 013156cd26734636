"""Weights as HGQ2 quantises them, in float32 and element by element, and the type they are of."""

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.importing.hgq.bits import Bits

FLOAT32_BITS = 24
"""Digits of float32: with more bits than that HGQ2 itself loses some."""
SMALLEST = np.float32(2.0**-126)
"""Below it some machines take a number for zero."""
Floats = npt.NDArray[np.float32]


def quantised(values: Floats, bits: Bits) -> Floats:
    """Kernel or bias as the layer takes it; of finite ``values`` of any shape.

    Raises:
        BadInput: bits of another shape, or of which float32 loses some; numbers that wrap, or not,
            by how the model is used.
    """
    where = bits.where
    if bits.sign.ndim != values.ndim or any(
        own not in (1, size) for own, size in zip(bits.sign.shape, values.shape, strict=True)
    ):
        raise BadInput(f"{where}: bits of shape {bits.sign.shape} for weights of {values.shape}")
    width = bits.sign + bits.integer + bits.fraction
    if width.max() > FLOAT32_BITS:
        raise BadInput(f"{where}: {width.max()} bits, allowed are up to {FLOAT32_BITS}")
    if ((values != 0) & (abs(values) < SMALLEST)).any():
        raise BadInput(f"{where}: weights below 2**-126, allowed are normal numbers of float32")
    rounded = _rounded(_saturated(values, bits), bits)
    found = np.where(width > 0, _wrapped(rounded, bits), np.float32(0))
    if bits.is_weight and bits.overflow is Overflow.WRAP and (found != rounded).any():
        wrong = values[found != rounded]
        raise BadInput(
            f"{where}: {wrong.size} weights wrap, {wrong[0]:g} among them, or do not, by whether "
            "they are still trained; allowed are weights inside their bits, as trace_minmax leaves "
            "them"
        )
    return np.asarray(found, dtype=np.float32)


def type_of(values: Floats, where: str) -> FixedPoint:
    """The narrowest type that holds every one of ``values``; one with sign has two bits or more.

    Raises:
        BadInput: there is none of so few bits.
    """
    mantissas, exponents = np.frexp(values[values != 0].astype(np.float64))
    if not mantissas.size:
        return FixedPoint(1, 1, signed=False)
    digits = np.ldexp(mantissas, FLOAT32_BITS).astype(np.int64)
    lowest = np.log2((digits & -digits).astype(np.float64)).astype(np.int64)
    fraction = int((FLOAT32_BITS - exponents - lowest).max())
    low, high = (float(np.ldexp(float(end), fraction)) for end in (values.min(), values.max()))
    signed = low < 0
    bits = max(int(high).bit_length(), (-int(low) - 1).bit_length() if signed else 0)
    width = max(bits + 1, 2) if signed else bits
    try:
        return FixedPoint(width, width - fraction, signed)
    except ValueError as error:
        raise BadInput(
            f"{where}: weights from {values.min():g} to {values.max():g} in steps of "
            f"2**{-fraction}: {error}"
        ) from None


def _saturated(values: Floats, bits: Bits) -> Floats:
    if bits.overflow is Overflow.WRAP:
        return values
    above = _power(_integer(bits))
    high = above - _power(-bits.fraction)
    low = -(high if bits.overflow is Overflow.SAT_SYM else above) * bits.sign.astype(np.float32)
    return np.asarray(np.minimum(np.maximum(values, low), high), dtype=np.float32)


def _rounded(values: Floats, bits: Bits) -> Floats:
    """In steps of each element; adding a half is rounded by float32, as in HGQ2."""
    step, half, one = _power(bits.fraction), np.float32(0.5), np.float32(1)
    scaled = values * step
    sign = np.sign(scaled)
    size, minus = np.abs(scaled), -one
    found = {
        Rounding.TRN: lambda: np.floor(scaled),
        Rounding.TRN_ZERO: lambda: np.floor(size) * sign,
        Rounding.RND: lambda: np.floor(scaled + half),
        Rounding.RND_ZERO: lambda: minus * np.floor(half - size) * sign,
        Rounding.RND_INF: lambda: np.floor(size + half) * sign,
        Rounding.RND_MIN_INF: lambda: minus * np.floor(half - scaled),
        Rounding.RND_CONV: lambda: np.rint(scaled),
    }[bits.rounding]()
    return np.asarray(found / step, dtype=np.float32)


def _wrapped(values: Floats, bits: Bits) -> Floats:
    if bits.overflow is not Overflow.WRAP:
        return values
    span = _power(_integer(bits) + bits.sign)
    below = span / np.float32(2) * bits.sign.astype(np.float32)
    return np.asarray(np.mod(values + below, span) - below, dtype=np.float32)


def _integer(bits: Bits) -> npt.NDArray[np.int64]:
    """Integer bits, no fewer than reach the lowest fractional bit."""
    return np.maximum(bits.integer, -bits.fraction)


def _power(exponents: npt.NDArray[np.int64]) -> Floats:
    return np.asarray(np.ldexp(np.float32(1), exponents.astype(np.int32)), dtype=np.float32)
