"""Golden execution of the encoder: exact integers, vectorised.

Accumulators are computed by floating-point matrix products whose every partial sum is an integer
that the type represents exactly (the bound is derived from the description), so the order of the
additions does not matter and nothing is ever rounded before the layer's own rounding.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.chunks import for_each_chunk
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import Overflow, Rounding
from asicae.network.graph import INPUT
from asicae.network.plan import LayerPlan, WeightedPlan
from asicae.network.weights import Weights

FLOAT32_EXACT = 1 << 24
Real = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class _Stage:
    """One layer: what it sees, and its accumulators in units of the output's LSB."""

    plan: LayerPlan
    inputs: tuple[tuple[str, float], ...]
    """The nodes that it sees by name, each with the factor that brings it to the input type."""
    sums: Callable[[Real], Real]
    """Of inputs (events, inputs) the accumulators (events, outputs), in an array of their own."""

    def run(self, values: Mapping[str, Real]) -> Real:
        """Raw outputs (events, outputs) of the flat raw values of nodes by name."""
        parts = [values[name] if one == 1 else values[name] * one for name, one in self.inputs]
        found = self.sums(parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1))
        _requantise(found, self.plan)
        return found


class GoldenEncoder:
    """A network with one weight set (one of that network), ready to encode many events."""

    def __init__(self, encoder: Encoder) -> None:
        network, weights = encoder.network, encoder.weights
        self.network = network
        # A layer with weights sees cells as well as pixels, of which there are more.
        seers = {p.name for p in network.plans if INPUT in (each.name for each in p.operands)}
        self._of_cells = seers <= {p.name for p in network.weighted}
        cells = network.cells.pixels if self._of_cells else None
        self._stages = tuple(
            _stage(plan, weights, cells if plan.name in seers else None) for plan in network.plans
        )

    def encode(self, codes: npt.ArrayLike, threads: int | None = None) -> npt.NDArray[np.int32]:
        """Latents of codes.

        ``codes``: raw integers (events, 48) of the input type, in AE order;
        ``threads``: all cores unless given.
        Returns raw latents (events, latents), before the keep mask.

        Raises:
            BadInput: wrong shape or a code outside the input type.
        """
        checked = self._checked(codes)
        latents = np.empty((len(checked), self.network.latents), dtype=np.int32)

        def encode_chunk(chunk: slice) -> None:
            latents[chunk] = self._run(checked[chunk])[self.network.plans[-1].name]

        for_each_chunk(len(checked), encode_chunk, threads)
        return latents

    def activations(self, codes: npt.ArrayLike) -> dict[str, npt.NDArray[np.int32]]:
        """Raw outputs of every layer, by layer name, each (events, *output_shape).

        ``codes`` and errors are those of ``encode``; all events are held at once.
        """
        outputs = self._run(self._checked(codes))
        return {
            plan.name: outputs[plan.name].astype(np.int32).reshape(-1, *plan.output_shape)
            for plan in self.network.plans
        }

    def _run(self, codes: npt.NDArray[np.integer]) -> dict[str, Real]:
        """Raw values (events, count) of all nodes by name, of the input of cells or pixels."""
        seen = codes if self._of_cells else self.network.image(codes).reshape(len(codes), -1)
        values: dict[str, Real] = {INPUT: seen.astype(np.float32)}
        for stage in self._stages:
            values[stage.plan.name] = stage.run(values)
        return values

    def _checked(self, codes: npt.ArrayLike) -> npt.NDArray[np.integer]:
        array = np.asarray(codes)
        cells = len(self.network.cells.pixels)
        if array.ndim != 2 or array.shape[1] != cells or array.dtype.kind not in "iu":
            raise BadInput(
                f"codes: {array.dtype} array of shape {array.shape}, "
                f"expected integers of shape (events, {cells})"
            )
        low, high = self.network.input.raw_min, self.network.input.raw_max
        if array.size and (array.min() < low or array.max() > high):
            raise BadInput(f"codes: {array.min()} to {array.max()}, allowed are {low} to {high}")
        return array


def encode(encoder: Encoder, codes: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Raw latents (events, latents) of codes (events, 48).

    Raises:
        BadInput: as ``GoldenEncoder.encode``.
    """
    return GoldenEncoder(encoder).encode(codes)


def activations(encoder: Encoder, codes: npt.ArrayLike) -> dict[str, npt.NDArray[np.int32]]:
    """Raw outputs of every layer by name, each (events, *output_shape), of codes (events, 48).

    Raises:
        BadInput: as ``GoldenEncoder.encode``.
    """
    return GoldenEncoder(encoder).activations(codes)


def _stage(plan: LayerPlan, weights: Weights, rows: npt.NDArray[np.int64] | None) -> _Stage:
    """A layer ready to run; ``rows`` are the flat inputs that it sees, where it sees not all."""
    bound = max(abs(limit) for limit in plan.accumulator_range)
    # Rounding half up adds 2**(shift - 1) to the accumulator, hence the second term.
    exact_in_float32 = bound + (1 << plan.shift) <= FLOAT32_EXACT
    dtype = np.float32 if exact_in_float32 else np.float64
    shifted = zip(plan.operands, plan.input_shifts, strict=True)
    inputs = tuple((operand.name, 2.0**shift) for operand, shift in shifted)
    if isinstance(plan, WeightedPlan):
        return _Stage(plan, inputs, _products(plan, weights, rows, dtype))
    return _Stage(plan, inputs, _gathered(plan, dtype))


def _products(
    plan: WeightedPlan, weights: Weights, rows: npt.NDArray[np.int64] | None, dtype: npt.DTypeLike
) -> Callable[[Real], Real]:
    """The layer as (inputs, outputs) matrix and (outputs,) bias in units of the output's LSB."""
    whole = plan.matrix(weights.arrays[plan.kernel.name])
    whole *= 2.0 ** (plan.product_shift - plan.shift)  # which is exact
    matrix = np.asarray(whole if rows is None else whole[rows], dtype=dtype)
    bias = plan.biases(weights.arrays[plan.bias.name]) * 2.0 ** (plan.bias_shift - plan.shift)
    bias = np.asarray(bias, dtype=dtype)

    def sums(values: Real) -> Real:
        found: Real = np.matmul(values.astype(dtype, copy=False), matrix)
        found += bias
        return found

    return sums


def _gathered(plan: LayerPlan, dtype: npt.DTypeLike) -> Callable[[Real], Real]:
    """A layer without weights, in units of the output's LSB."""
    live = np.asarray(plan.live, dtype=dtype)
    unit = 2.0 ** (plan.product_shift - plan.shift)

    def sums(values: Real) -> Real:
        seen: Real = values.astype(dtype, copy=False) * live
        return plan.gathered(seen) * unit

    return sums


def _requantise(values: Real, plan: LayerPlan) -> None:
    """Round, overflow, activation, in place; ``values`` count in LSBs of the output type."""
    kind = plan.output_type
    low, high = kind.limits
    if plan.shift > 0:
        _round(values, kind.rounding)
    if kind.overflow is Overflow.WRAP:
        span = 1 << kind.width
        values -= span * np.floor((values - kind.raw_min) / span)
    elif kind.overflow is Overflow.SAT_ZERO:
        values[(values < low) | (values > high)] = 0
    else:
        np.clip(values, max(low, 0) if plan.relu else low, high, out=values)
        return
    if plan.relu:
        np.maximum(values, 0, out=values)


def _round(values: Real, rounding: Rounding) -> None:
    """Round in place; adding a half is exact (see ``_unrolled``)."""
    match rounding:
        case Rounding.TRN:
            np.floor(values, out=values)
        case Rounding.TRN_ZERO:
            np.trunc(values, out=values)
        case Rounding.RND:
            np.floor(values + 0.5, out=values)
        case Rounding.RND_MIN_INF:
            np.ceil(values - 0.5, out=values)
        case Rounding.RND_INF:
            np.trunc(values + np.copysign(0.5, values), out=values)
        case Rounding.RND_ZERO:
            np.copysign(np.ceil(np.abs(values) - 0.5), values, out=values)
        case Rounding.RND_CONV:
            np.rint(values, out=values)
        case Rounding.RND_CONV_ODD:
            down = np.floor(values)
            rest = values - down
            up = (rest > 0.5) | ((rest == 0.5) & (down % 2 == 0))
            np.add(down, up, out=values)
