"""A quantiser of HGQ2 as it stands in a file: its settings, and the bits of every element.

``FixedPointQuantizerKBI`` and ``FixedPointQuantizerKIF`` (``hgq/quantizer/internal``, HGQ2 0.2.0)
have a sign, integer bits without it and fractional bits, each a variable that was trained as a
real number and is rounded, half to even, when it is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.importing.classes import class_of, of_hgq

CONFIG: Final = "QuantizerConfig"
KINDS: Final = {"kbi": "b", "kif": "f"}
"""Of quantisers that have a fixed point; the bits that are trained beside the integer bits."""
MAX_BITS: Final = 64
"""Of a number of bits, up or down; HGQ2 itself keeps to 32."""
STOCHASTIC: Final = "S_"
"""Before a rounding that adds noise in training, and none in use."""
ROUNDINGS: Final = tuple(each for each in Rounding if each is not Rounding.RND_CONV_ODD)
OVERFLOWS: Final = (Overflow.WRAP, Overflow.SAT, Overflow.SAT_SYM)
_TRAINING: Final = frozenset(
    {"place", "trainable", "homogeneous_axis", "heterogeneous_axis", "qnoise_factor"}
    | {"i_decay_speed", "k0", "b0", "i0", "f0", "bc", "ic", "fc", "br", "ir", "fr"}
)
"""Settings that say how the bits begin and are trained; what they became stands in the arrays."""
_READ: Final = frozenset({"q_type", "round_mode", "overflow_mode", "is_weight"})
_ABSENT: Final = ("scaler", "affine", "bw_mapper")
"""Settings that would make another function of it."""
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Bits:
    """What a quantiser does to each element; the three arrays have one shape.

    Attributes:
        where: names file, layer and quantiser in messages.
        sign: 1 where there is one, else 0.
        integer: bits left of the point, the sign not counted.
        fraction: bits right of the point.
        is_weight: whether it leaves out the wrapping, as those of weights may.
    """

    where: str
    sign: Integers
    integer: Integers
    fraction: Integers
    rounding: Rounding
    overflow: Overflow
    is_weight: bool

    @classmethod
    def of(cls, value: Any, arrays: Mapping[str, npt.NDArray[Any]], where: str) -> "Bits":
        """As the configuration ``value`` and the quantiser's own ``arrays``, by number, say.

        Raises:
            BadInput: another kind of quantiser, or numbers of bits that are none.
        """
        config = _config(value, where)
        kind = config.get("q_type")
        if not isinstance(kind, str) or kind not in KINDS:
            raise _refusal(where, "q_type", kind, ", ".join(KINDS))
        for key in _ABSENT:
            if config.get(key) is not None:
                raise _refusal(where, key, config[key], "None")
        unknown = [key for key in config if key not in {*_TRAINING, *_READ, *_ABSENT}]
        if unknown:
            allowed = ", ".join(sorted({*_TRAINING, *_READ, *_ABSENT}))
            raise BadInput(f"{where}: setting {short(unknown[0])}, allowed are {allowed}")
        rounding = _mode(config, "round_mode", ROUNDINGS, where)
        overflow = _mode(config, "overflow_mode", OVERFLOWS, where)
        is_weight = config.get("is_weight", False)
        if not isinstance(is_weight, bool):
            raise _refusal(where, "is_weight", is_weight, "True, False")
        named = _variables(kind, overflow == Overflow.WRAP, arrays, where)
        integer = named["i"]
        fraction = named["f"] if kind == "kif" else named["b"] - integer
        return cls(
            where=where,
            sign=named["k"],
            integer=integer,
            fraction=fraction,
            rounding=Rounding(rounding),
            overflow=Overflow(overflow),
            is_weight=is_weight,
        )

    def type(self) -> FixedPoint:
        """The one type of all elements.

        Raises:
            BadInput: they differ, have no bits or too many; the rounding may be left out.
        """
        if self.is_weight:
            raise _refusal(self.where, "is_weight", True, "False for values that are no weights")
        rows = np.stack([self.sign.ravel(), self.integer.ravel(), self.fraction.ravel()], axis=1)
        found = [FixedBits(*row) for row in np.unique(rows, axis=0).tolist()]
        if len(found) > 1:
            raise BadInput(
                f"{self.where}: elements of {found[0]} and of {found[1]}, allowed is one type for "
                "all: train with heterogeneous_axis=() on datalanes"
            )
        (bits,) = found
        if bits.width < 1:
            raise BadInput(
                f"{self.where}: {bits} leaves nothing but zeros, allowed is 1 bit or more"
            )
        try:
            return FixedPoint(
                bits.width,
                bits.sign + bits.integer,
                bool(bits.sign),
                self.rounding,
                # Symmetric about zero means nothing where nothing is below it.
                Overflow.SAT if self.overflow != Overflow.WRAP and not bits.sign else self.overflow,
            )
        except ValueError as error:
            raise BadInput(f"{self.where}: {bits}: {error}") from None


@dataclass(frozen=True)
class FixedBits:
    """Bits of one element, as HGQ2 counts them."""

    sign: int
    integer: int
    fraction: int

    @property
    def width(self) -> int:
        """All of them."""
        return self.sign + self.integer + self.fraction

    def __str__(self) -> str:
        """``k=1 i=2 f=6``."""
        return f"k={self.sign} i={self.integer} f={self.fraction}"


def _config(value: Any, where: str) -> dict[str, Any]:
    config = value.get("config") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(config, dict):
        raise BadInput(f"{where}: found {short(value)}, allowed is {CONFIG} of HGQ2")
    if not of_hgq(value) or class_of(value) != CONFIG:
        found = short(value.get("registered_name") or value.get("class_name"))
        raise BadInput(f"{where}: {found}, allowed is {CONFIG} of HGQ2")
    return config


def _mode(config: dict[str, Any], key: str, allowed: tuple[str, ...], where: str) -> str:
    """A rounding or overflow; HGQ2 takes small letters as well."""
    found = config.get(key)
    name = found.upper() if isinstance(found, str) else ""
    if key == "round_mode":
        name = name.removeprefix(STOCHASTIC)
    if name not in allowed:
        raise _refusal(where, key, found, ", ".join(allowed))
    return name


def _variables(
    kind: str, wraps: bool, arrays: Mapping[str, npt.NDArray[Any]], where: str
) -> dict[str, Integers]:
    """Bits by name. Keras stores what is trained first, and integer bits are not where it wraps."""
    trained = KINDS[kind]
    order = (trained, "k", "i", "decay") if wraps else ("b", "i", "k")
    if not wraps and kind == "kif":
        order = ("i", "f", "k")
    if list(arrays) != [str(number) for number in range(len(order))]:
        raise BadInput(
            f"{where}: {len(arrays)} arrays of bits, expected {', '.join(order)} of a {kind} "
            "quantiser"
        )
    named = dict(zip(order, arrays.values(), strict=True))
    named.pop("decay", None)
    shapes = {array.shape for array in named.values()}
    if len(shapes) > 1 or not all(array.size for array in named.values()):
        found = ", ".join(f"{name} {array.shape}" for name, array in named.items())
        raise BadInput(f"{where}: bits of shapes {found}, expected one shape")
    limits = {"k": (0, 1), "b": (0, MAX_BITS)}
    return {
        name: _whole(array, *limits.get(name, (-MAX_BITS, MAX_BITS)), f"{where}: {name}")
        for name, array in named.items()
    }


def _whole(array: npt.NDArray[Any], low: int, high: int, where: str) -> Integers:
    with np.errstate(invalid="ignore"):  # of a NaN, which is refused below
        # Clipped first, since not all numbers of a file are numbers of float32.
        rounded = np.rint(np.clip(array.astype(np.float64), -1e6, 1e6).astype(np.float32))
    outside = array[~((rounded >= low) & (rounded <= high))]
    if outside.size:
        raise BadInput(f"{where}={outside[0]:g}, allowed are {low} to {high}")
    return rounded.astype(np.int64)


def _refusal(where: str, key: str, found: Any, allowed: str) -> BadInput:
    return BadInput(f"{where}: {key}={short(found)}, allowed is {allowed}")
