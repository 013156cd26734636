"""QKeras quantisers as fixed-point types, or the reason why they are none.

The formulas are those of the classes in ``qkeras/quantizers.py`` (QKeras 0.9.0 and qkeras-v3
1.2.1, which agree here). ``quantized_bits(b, i)`` is ``fixed<b,i+1>``, ``quantized_relu(b, i)`` is
``ufixed<b,i>``, both rounding half to even and saturating.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.importing import scales
from asicae.network.importing.specs import PARAMETERS, Spec, is_quantiser
from asicae.network.ops.leaky_relu import halvings_of

Raw = npt.NDArray[np.int64]
_LOG2_MARGIN = 1e-5
"""float32 logarithms of different libraries agree to better than this."""
_TRAINING = frozenset({"use_stochastic_rounding", "use_ste", "use_variables", "var_name"})
"""Parameters without an effect on what a trained quantiser computes."""
_BY_DATA = frozenset({"scale_axis", "elements_per_scale", "min_po2_exponent", "max_po2_exponent"})
"""Parameters of the scales that are computed from the data, which are refused anyway."""
_OTHERS: dict[str, frozenset[str]] = {
    "quantized_bits": _BY_DATA | {"post_training_scale"},
    "quantized_linear": _BY_DATA,
    "quantized_relu": frozenset({"relu_upper_bound", "is_quantized_clip"}),
    "quantized_po2": frozenset({"quadratic_approximation", "log2_rounding"}),
    "quantized_relu_po2": frozenset({"quadratic_approximation", "log2_rounding"}),
}
"""Parameters that are only given by name."""


@dataclass(frozen=True)
class Quantiser:
    """A quantiser that has a fixed-point meaning.

    Attributes:
        text: how a user would write it.
        type: its values; for an activation also its rounding and overflow.
        relu: whether it is a ReLU as well.
        raw: raw integers of ``type`` for real numbers, as QKeras computes them.
        activation_refusal: why it cannot follow an accumulator, empty if it can.
        slope: with which values below zero count, for an activation; 0 for none.
        grid: to which values are rounded before alpha scales them; None for a sign.
        bounds: to which QKeras clips x before it adds the difference (see ``inexact_in_float32``).
    """

    text: str
    type: FixedPoint
    relu: bool
    raw: Callable[[npt.NDArray[np.float32]], Raw]
    activation_refusal: str = ""
    bounds: tuple[float, float] = (-math.inf, math.inf)
    grid: FixedPoint | None = None
    slope: float = 0.0

    def outside(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Which ``values`` saturate. A sign has no range that could be left."""
        if self.grid is None:
            return np.zeros(values.shape, dtype=bool)
        low, high = self.grid.limits
        steps = np.rint(np.ldexp(values.astype(np.float64), self.grid.fraction))
        return np.asarray((steps < low) | (steps > high))

    def missed(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Which ``values`` are so far outside that QKeras makes another code of them.

        Its x + (q - x) loses q beside an x of 2**24 steps or more.
        """
        computed = np.rint(self.in_float32(values).astype(np.float64) / self.type.lsb)
        return np.asarray(computed != self.raw(values))

    def inexact_in_float32(self, values: npt.NDArray[np.float32]) -> int:
        """How many quantised ``values`` QKeras itself misses.

        For the sake of gradients it computes x + (q - x) in float32. That is q wherever q is
        within a factor of two of x or at zero, but not always where a sign becomes +-1.
        """
        exact = (self.raw(values) * self.type.lsb).astype(np.float32)
        return int(np.count_nonzero(self.in_float32(values) != exact))

    def in_float32(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Quantised ``values`` as QKeras computes them."""
        exact = (self.raw(values) * self.type.lsb).astype(np.float32)
        low, high = map(np.float32, self.bounds)
        inside = np.minimum(np.maximum(values, low), high)
        return np.asarray(inside + (exact - inside), dtype=np.float32)


def quantiser_of(
    spec: Spec, where: str, of_kernel: bool = False, of_sums: bool = False
) -> Quantiser:
    """The fixed-point meaning of a quantiser.

    ``of_kernel``: a kernel's quantiser without alpha computes a scale from the data. ``of_sums``:
    an activation may have a slope below zero.

    Raises:
        BadInput: an unknown quantiser, or parameters that no fixed-point type can express;
            names ``where``, parameter and value.
    """
    if not is_quantiser(spec):
        allowed = ", ".join(PARAMETERS)
        raise BadInput(f"{where}: quantiser {short(spec.name)} is unknown, allowed are {allowed}")
    reader = _Reader(spec, where)
    reader.require_known_keys()
    if reader.real("qnoise_factor", 1.0) != 1.0:
        raise reader.refusal("qnoise_factor", "1 (values are only partly quantised)")
    if spec.name in ("quantized_po2", "quantized_relu_po2"):
        return _power_of_two(reader)
    if spec.name == "quantized_relu":
        return _relu(reader, of_sums)
    return _linear(reader, of_kernel)


def _linear(reader: "_Reader", of_kernel: bool) -> Quantiser:
    """``quantized_bits`` and ``quantized_linear``, which differ in what alpha scales."""
    bits, integer = reader.integer("bits", 8), reader.integer("integer", 0)
    negative = reader.flag("keep_negative", True)
    by_channel = reader.by_channel()
    if by_channel is not None:
        if not negative or bits < 2:
            raise reader.refusal("bits" if negative else "keep_negative", "2 and more with a sign")
        return _by_channel(reader, bits, integer, by_channel)
    exponent = reader.scale_exponent(of_kernel)
    scales_input = reader.spec.name == "quantized_linear"
    if bits == 1 and negative:
        return _sign(reader, integer if scales_input else 1, exponent, scales_input)
    symmetric = negative and reader.flag("symmetric", scales_input)
    plain = reader.fixed(bits, integer + int(negative), negative)
    if symmetric:
        plain = replace(plain, overflow=Overflow.SAT_SYM)
    scaled = reader.fixed(bits, plain.integer + exponent, negative, plain.overflow)
    grid = scaled if scales_input else plain
    refusal = ""
    if exponent and not scales_input:
        refusal = f"alpha={2.0**exponent:g} scales after rounding; use quantized_linear or alpha=1"
    return Quantiser(str(reader.spec), scaled, False, grid.quantise, refusal, grid=grid)


def _by_channel(reader: "_Reader", bits: int, integer: int, given: scales.Scales) -> Quantiser:
    """Weights whose channels have scales of their own."""
    symmetric = given.frozen or reader.flag("symmetric", False)
    plain = reader.fixed(bits, integer + 1, True, Overflow.SAT_SYM if symmetric else Overflow.SAT)
    try:
        kind = given.spread(plain)
    except ValueError as error:
        raise BadInput(f"{given.where} of {given.powers.size} channels: {error}") from None
    refusal = "scales of channels are for weights alone"
    return Quantiser(str(reader.spec), kind, False, given.rounded(plain), refusal)


def _sign(reader: "_Reader", integer: int, exponent: int, scales_input: bool) -> Quantiser:
    """One bit with sign: +-2**(integer - 1), never zero; the sign of zero is plus."""
    kind = reader.fixed(2, integer + 1 + exponent, True)

    def raw(values: npt.NDArray[np.float32]) -> Raw:
        if not scales_input:
            return np.where(values < 0, -1, 1).astype(np.int64)
        # As in QKeras, in float32: what is lost beside the half rounds to plus.
        with np.errstate(over="ignore"):  # infinity is clipped like all that is large
            scaled = values / np.float32(2.0 ** (integer + exponent))
        halves = np.clip(scaled, np.float32(-0.5), np.float32(0.5)) - np.float32(0.5)
        return np.where(np.rint(halves) < 0, -1, 1).astype(np.int64)

    return Quantiser(str(reader.spec), kind, False, raw, "1 bit is a sign, not a rounding")


def _relu(reader: "_Reader", of_sums: bool) -> Quantiser:
    if reader.real("use_sigmoid", 0.0):
        raise reader.refusal("use_sigmoid", "0")
    bits, integer = reader.integer("bits", 8), reader.integer("integer", 0)
    slope = reader.real("negative_slope", 0.0)
    if slope:
        halvings = halvings_of(slope) if of_sums else None
        if halvings is None or halvings >= bits:
            # Of smaller slopes QKeras cuts off at less than a step below zero.
            allowed = f"0 or a power of two from 2**-{bits - 1} to 0.5" if of_sums else "0"
            raise reader.refusal("negative_slope", allowed)
    kind = reader.fixed(bits, integer + int(slope != 0), slope != 0)
    bound = reader.optional_real("relu_upper_bound")
    largest = kind.raw_max * kind.lsb
    # QKeras looks at the bound only without is_quantized_clip, its default, which it never saves.
    told = reader.spec.as_text or "is_quantized_clip" in reader.spec.values
    if bound is not None and bound < largest:
        if not told:
            raise BadInput(
                f"{reader.where}: quantized_relu with relu_upper_bound={bound:g}, which holds only "
                "where is_quantized_clip is False, and QKeras does not save that: the trained "
                f"model saturates at {bound:g} or at {largest:g}; allowed is no bound, or "
                "is_quantized_clip=true beside it where that is what was trained"
            )
        if not reader.flag("is_quantized_clip", True):
            raise reader.refusal("relu_upper_bound", f"none below the largest value {largest:g}")
    bounds = (kind.raw_min * kind.lsb, largest)
    return Quantiser(
        str(reader.spec), kind, not slope, kind.quantise, bounds=bounds, grid=kind, slope=slope
    )


def _power_of_two(reader: "_Reader") -> Quantiser:
    """Weights +-2**e. There is no zero: it becomes +2**(smallest e)."""
    if reader.flag("quadratic_approximation", False):
        raise reader.refusal("quadratic_approximation", "False")
    if reader.spec.values.get("log2_rounding", "rnd") != "rnd":
        raise reader.refusal("log2_rounding", "rnd")
    signed = reader.spec.name == "quantized_po2"
    if not signed and reader.real("negative_slope", 0.0):
        raise reader.refusal("negative_slope", "0")
    largest = reader.optional_real("max_value")
    if largest is not None and largest <= 0:
        raise reader.refusal("max_value", "a positive number")
    exponent_sign = int(largest is None or largest > 1)
    room = reader.integer("bits", 8) - int(signed) - exponent_sign
    if not 0 <= room <= 4:
        raise reader.refusal("bits", f"exponents of at most 4 bits, here they have {room}")
    low, high = -(2**room), 2**room - 1
    top = high if largest is None else min(high, math.ceil(math.log2(largest) - 0.5))
    if top < low:
        raise reader.refusal("max_value", f"at least 2**{low}")
    kind = reader.fixed(top - low + 1 + int(signed), top + 1 + int(signed), signed)

    def raw(values: npt.NDArray[np.float32]) -> Raw:
        exponents = np.clip(_exponents(abs(values), low, largest, reader.where), low, high)
        positive = np.int64(1) << (exponents - low)
        return np.where(values < 0, -positive if signed else 1, positive)

    bounds = (-math.inf, math.inf) if signed else (0.0, largest or math.inf)
    refusal = "powers of two are no rounding"
    return Quantiser(str(reader.spec), kind, False, raw, refusal, bounds, kind)


def _exponents(sizes: npt.NDArray[np.float32], low: int, largest: float | None, where: str) -> Raw:
    epsilon = 1e-7  # keras.backend.epsilon(): below it QKeras takes the smallest exponent
    clipped = np.maximum(sizes.astype(np.float64), epsilon)
    if largest is not None:
        clipped = np.minimum(clipped, largest)
    logarithm = np.log2(clipped)
    exponents = np.rint(logarithm)
    beside = abs(logarithm - np.floor(logarithm) - 0.5)
    unsure = (beside < _LOG2_MARGIN) & (logarithm > low) & (sizes >= epsilon)
    if unsure.any():
        raise BadInput(
            f"{where}: {sizes[unsure][0]:g} lies between two powers of two so closely that "
            "libraries round it differently"
        )
    return np.where(sizes < epsilon, low, exponents).astype(np.int64)


@dataclass(frozen=True)
class _Reader:
    """Parameters of a quantiser, each checked when it is read."""

    spec: Spec
    where: str

    def require_known_keys(self) -> None:
        known = _TRAINING | _OTHERS[self.spec.name] | {*PARAMETERS[self.spec.name], "qnoise_factor"}
        for key, value in self.spec.values.items():
            if key not in known:
                raise BadInput(
                    f"{self.where}: {self.spec.name} with {short(key)}: {short(value)}, "
                    "which no such quantiser of QKeras has"
                )

    def refusal(self, key: str, allowed: str) -> BadInput:
        found = short(self.spec.values.get(key))
        return BadInput(f"{self.where}: {self.spec.name} with {key}={found}, allowed is {allowed}")

    def optional_real(self, key: str) -> float | None:
        value = _unwrapped(self.spec.values.get(key))
        if value is None:
            return None
        if isinstance(value, bool | int | float) and abs(value) < 2.0**60:
            return float(value)
        raise self.refusal(key, "a number")

    def real(self, key: str, default: float) -> float:
        value = self.optional_real(key)
        return float(default) if value is None else value

    def integer(self, key: str, default: int) -> int:
        value = self.real(key, default)
        if not value.is_integer():
            raise self.refusal(key, "a whole number")
        return int(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.real(key, default)
        if value not in (0.0, 1.0):
            raise self.refusal(key, "True, False")
        return bool(value)

    def by_channel(self) -> scales.Scales | None:
        """Scales that were computed and kept, or an alpha of different numbers; None without."""
        values = self.spec.values
        kept = _unwrapped(values.get("post_training_scale"))
        if kept is not None and isinstance(values.get("alpha"), str):
            return scales.Scales.of(kept, True, f"{self.where}: post_training_scale")
        alpha = _uniform(values.get("alpha"))
        if isinstance(alpha, list) and self.spec.name == "quantized_bits":
            return scales.Scales.of(alpha, False, f"{self.where}: alpha")
        return None

    def scale_exponent(self, of_kernel: bool) -> int:
        """log2 of alpha."""
        alpha = _uniform(self.spec.values.get("alpha"))
        if alpha is None and not of_kernel:
            return 0
        if alpha is None or isinstance(alpha, str):
            raise self.refusal(
                "alpha",
                "a power of two (None on a kernel, auto and auto_po2 scale by the data; asicae "
                "freeze fixes auto_po2 of weights)",
            )
        if isinstance(alpha, bool | int | float) and 0 < alpha < 2.0**60:
            mantissa, exponent = math.frexp(alpha)
            if mantissa == 0.5 and abs(exponent) < 40:
                return exponent - 1
        raise self.refusal("alpha", "one power of two")

    def fixed(
        self, bits: int, integer: int, signed: bool, overflow: Overflow = Overflow.SAT
    ) -> FixedPoint:
        try:
            return FixedPoint(bits, integer, signed, overflow=overflow)
        except ValueError as error:
            raise BadInput(f"{self.where}: {self.spec.name}: {error}") from None


def _uniform(alpha: Any) -> Any:
    """Alpha as one number where it is an array of equal ones."""
    alpha = _unwrapped(alpha)
    while isinstance(alpha, list) and alpha and all(entry == alpha[0] for entry in alpha):
        alpha = alpha[0]
    return alpha


def _unwrapped(value: Any) -> Any:
    """The number or list where Keras writes an array or a variable (``use_variables=True``)."""
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        return value["config"].get("value", value)
    return value
