"""Everything that follows from a layer's choices: shapes, live taps, accumulator widths."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.network.fixed_point import FixedPoint, common_type
from asicae.network.ops.base import Layer, Number, Rounded, Shape, Shapes, Taps, Weighted

MAX_ACCUMULATOR_BITS = 53  # golden computes exact integers in doubles
FLOAT32_EXACT_BITS = 24
"""Accumulators up to this width are exact in float32, the arithmetic of QKeras."""
Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Parameter:
    """One array of the weight image.

    ``offset`` and ``count * type.width`` are bits; element k (C order of ``shape``) starts at
    ``offset + k * type.width``.
    """

    name: str
    shape: Shape
    type: FixedPoint
    offset: int

    @property
    def count(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def bits(self) -> int:
        """Bits in the image."""
        return self.count * self.type.width


@dataclass(frozen=True)
class Operand:
    """What a layer sees of a node: the outputs of another layer, or the image of the codes.

    Attributes:
        name: of the node.
        shape: channels last.
        type: of each number.
        low: the smallest of them, raw.
        live: which flat numbers can be other than zero.
    """

    name: str
    shape: Shape
    type: FixedPoint
    low: int
    live: tuple[bool, ...]


@dataclass(frozen=True)
class LayerPlan:
    """A layer in its place in the network; every number here is derived, none is chosen.

    It sees its operands side by side, one after the other, in the one type that holds them all.
    Without weights each of its outputs is the sum of its taps, or the largest of them.
    """

    layer: Layer
    operands: tuple[Operand, ...]

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.layer.name

    @property
    def kind(self) -> str:
        """Key of the layer's kind in the table of ops."""
        return self.layer.kind

    @property
    def relu(self) -> bool:
        """Whether negative outputs become zero."""
        return self.layer.rectifies

    @property
    def clips(self) -> bool:
        """Whether no output is negative: by ReLU, or because its type has no sign."""
        return self.relu or not self.output_type.signed

    # -- what it sees ----------------------------------------------------------------------------

    @property
    def input_shapes(self) -> Shapes:
        """Of the operands."""
        return tuple(operand.shape for operand in self.operands)

    @property
    def input_shape(self) -> Shape:
        """Of the only operand.

        Raises:
            ValueError: there are several.
        """
        (shape,) = self.input_shapes
        return shape

    @cached_property
    def input_type(self) -> FixedPoint:
        """The type in which it sees all operands."""
        return common_type([operand.type for operand in self.operands])

    @property
    def input_shifts(self) -> tuple[int, ...]:
        """By how many bits each operand is shifted left to be of that type."""
        return tuple(self.input_type.fraction - each.type.fraction for each in self.operands)

    @property
    def input_low(self) -> int:
        """Smallest raw input."""
        shifted = zip(self.operands, self.input_shifts, strict=True)
        return min(operand.low << shift for operand, shift in shifted)

    @cached_property
    def live(self) -> tuple[bool, ...]:
        """Which flat inputs can be non-zero: dead cells of the arrangement are False."""
        return tuple(alive for operand in self.operands for alive in operand.live)

    @property
    def inputs(self) -> int:
        """Flat inputs."""
        return len(self.live)

    def joined(self, values: Mapping[str, Integers]) -> npt.NDArray[np.int64]:
        """Raw flat inputs (events, inputs), of raw values (events, *shape) of nodes by name."""
        shifted = zip(self.operands, self.input_shifts, strict=True)
        parts = [
            values[operand.name].reshape(-1, prod(operand.shape)).astype(np.int64) << shift
            for operand, shift in shifted
        ]
        found: npt.NDArray[np.int64] = np.concatenate(parts, axis=1) * np.asarray(self.live)
        return found

    # -- what it gives ---------------------------------------------------------------------------

    @property
    def output_type(self) -> FixedPoint:
        """Type of the layer's outputs."""
        return self.layer.output_type(self.input_type)

    @cached_property
    def output_shape(self) -> Shape:
        """Shape of the output, channels last: (rows, columns, filters) or (units,)."""
        return self.layer.output_shape(self.input_shapes)

    @property
    def outputs(self) -> int:
        """Flat outputs."""
        return prod(self.output_shape)

    @property
    def channels(self) -> int:
        """Outputs per position: filters or units."""
        return self.output_shape[-1]

    @property
    def output(self) -> Operand:
        """What a layer behind it sees."""
        return Operand(self.name, self.output_shape, self.output_type, self._low, self._live)

    @property
    def _low(self) -> int:
        if not isinstance(self.layer, Rounded):
            return self.input_low
        return 0 if self.relu else self.output_type.limits[0]

    @property
    def _live(self) -> tuple[bool, ...]:
        return tuple(map(bool, self.tap_counts > 0))

    # -- how -------------------------------------------------------------------------------------

    @cached_property
    def taps(self) -> Taps:
        """The products that can be non-zero: not those with padding or dead cells."""
        return self.layer.taps(self.input_shapes).where(np.asarray(self.live))

    @cached_property
    def tap_counts(self) -> npt.NDArray[np.int64]:
        """How many products that can be non-zero each flat output has."""
        return self.layer.tap_counts(self.input_shapes, np.asarray(self.live))

    @property
    def connections(self) -> int:
        """Of all outputs with inputs; no taps are made for it."""
        return self.layer.connections(self.input_shapes)

    @property
    def macs(self) -> int:
        """Multiply-accumulates per inference that can be non-zero."""
        return 0

    @property
    def weight_fraction(self) -> int:
        """Fractional bits that a product has more than its input."""
        return self.layer.halvings

    @property
    def accumulator_fraction(self) -> int:
        """Fractional bits of the accumulator; bias and products are aligned to it."""
        return max(self.weight_fraction + self.input_type.fraction, self.output_type.fraction)

    @property
    def product_shift(self) -> int:
        """Left shift that aligns a raw product to the accumulator."""
        return self.accumulator_fraction - self.weight_fraction - self.input_type.fraction

    @property
    def shift(self) -> int:
        """Right shift, with rounding, from accumulator to output; never negative."""
        return self.accumulator_fraction - self.output_type.fraction

    def gathered(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Sums, or the largest, of the taps of each output, in units of ``2**-halvings``: of flat
        inputs (events, inputs) those (events, outputs); inputs that are not live are zero.
        """
        sources, starts = self._sources
        join = np.maximum if self.layer.takes_largest else np.add
        found: npt.NDArray[Number] = join.reduceat(values[:, sources], starts, axis=1)
        return self.layer.in_halvings(found)

    @cached_property
    def _sources(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The inputs of all outputs, one output after the other, and where each begins.

        Dead ones too: of several inputs a zero may be the largest.
        """
        taps = self.layer.taps(self.input_shapes)
        counts = np.bincount(taps.output, minlength=self.outputs)
        return taps.source[np.argsort(taps.output, kind="stable")], np.cumsum(counts) - counts

    @property
    def wiring(self) -> tuple[int | None, ...] | None:
        """Of each output the flat input that it is, None where that is dead, if the layer does
        nothing but put its inputs in another order.
        """
        if isinstance(self.layer, Rounded) or self.layer.takes_largest:
            return None
        sources = self._sources[0].tolist()
        return tuple(source if self.live[source] else None for source in sources)

    def accumulators(
        self, arrays: Mapping[str, Integers], values: Integers
    ) -> npt.NDArray[np.int64]:
        """Accumulators (events, outputs) of raw flat inputs (events, inputs).

        ``arrays`` are those of a weight set of the network.
        """
        return self.gathered(values.astype(np.int64)) << self.product_shift

    @cached_property
    def accumulator_range(self) -> tuple[int, int]:
        """Smallest and largest accumulator over every weight, bias and input of their types."""
        most = 1 if self.layer.takes_largest else int(self.tap_counts.max())
        products = (most * limit << self.product_shift for limit in self._product_range)
        low, high = (sum(both) for both in zip(products, self._bias_range, strict=True))
        return low, high

    @property
    def _product_range(self) -> tuple[int, int]:
        """Smallest and largest of a raw product, and zero, which is what lacks."""
        ends = np.array([min(self.input_low, 0), max(self.input_type.raw_max, 0)], dtype=np.int64)
        low, high = self.layer.in_halvings(ends).tolist()
        return low, high

    @property
    def _bias_range(self) -> tuple[int, int]:
        """Smallest and largest of a bias as the accumulator has it."""
        return 0, 0

    @property
    def accumulator_width(self) -> int:
        """Bits of the signed accumulator; it cannot overflow."""
        low, high = self.accumulator_range
        return max((-low - 1).bit_length(), high.bit_length()) + 1


@dataclass(frozen=True)
class WeightedPlan(LayerPlan):
    """A layer with weights in its place, and where these lie in the weight image."""

    layer: Weighted
    kernel: Parameter
    bias: Parameter

    @classmethod
    def placed(cls, layer: Weighted, operands: tuple[Operand, ...]) -> "WeightedPlan":
        """``layer`` with inputs that it can take; its arrays are not yet in the image."""
        shapes = tuple(operand.shape for operand in operands)
        kernel = Parameter(f"{layer.name}.kernel", layer.kernel_shape(shapes), layer.weight, 0)
        bias = Parameter(f"{layer.name}.bias", layer.bias_shape(shapes), layer.bias, 0)
        return cls(layer, operands, kernel, bias)

    @property
    def _live(self) -> tuple[bool, ...]:
        return (True,) * self.outputs  # by their biases

    @property
    def macs(self) -> int:
        """Multiply-accumulates per inference that can be non-zero."""
        return int(self.tap_counts.sum())

    def matrix(self, kernel: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        """The live products as (inputs, outputs) matrix of the raw weights of ``kernel``."""
        matrix = np.zeros((self.inputs, self.outputs), dtype=np.float64)
        matrix[self.taps.source, self.taps.output] = kernel.reshape(-1)[self.taps.weight]
        return matrix

    def biases(self, bias: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """The raw bias of every flat output."""
        return np.tile(bias.astype(np.int64), self.outputs // self.channels)

    def accumulators(
        self, arrays: Mapping[str, Integers], values: Integers
    ) -> npt.NDArray[np.int64]:
        """Accumulators (events, outputs) of raw flat inputs (events, inputs).

        ``arrays`` are those of a weight set of the network.
        """
        # Sums below 2**53 are exact in doubles, and the description allows no larger ones.
        sums = values.astype(np.float64) @ self.matrix(arrays[self.kernel.name])
        bias = self.biases(arrays[self.bias.name]) << self.bias_shift
        return (sums.astype(np.int64) << self.product_shift) + bias

    @property
    def weight_fraction(self) -> int:
        """Fractional bits of a weight."""
        return self.layer.weight.fraction

    @property
    def accumulator_fraction(self) -> int:
        """Fractional bits of the accumulator; bias and products are aligned to it."""
        return max(super().accumulator_fraction, self.layer.bias.fraction)

    @property
    def bias_shift(self) -> int:
        """Left shift that aligns a raw bias to the accumulator."""
        return self.accumulator_fraction - self.layer.bias.fraction

    @property
    def _bias_range(self) -> tuple[int, int]:
        bias = self.layer.bias
        return bias.raw_min << self.bias_shift, bias.raw_max << self.bias_shift

    @property
    def _product_range(self) -> tuple[int, int]:
        weight = self.layer.weight
        corners = [
            w * x
            for w in (weight.raw_min, weight.raw_max)
            for x in (self.input_low, self.input_type.raw_max)
        ]
        return min(*corners, 0), max(*corners, 0)


def plan_of(layer: Layer, operands: tuple[Operand, ...]) -> LayerPlan:
    """``layer`` with those inputs; its arrays are not yet in the image.

    Raises:
        ValueError: the layer cannot take such inputs.
    """
    shapes = tuple(operand.shape for operand in operands)
    layer.require_inputs(shapes)
    try:
        common_type([operand.type for operand in operands])
    except ValueError as error:
        kinds = " and ".join(str(operand.type.exact) for operand in operands)
        raise ValueError(f"layer {layer.name!r}: no type for {kinds}: {error}") from None
    if isinstance(layer, Weighted):
        return WeightedPlan.placed(layer, operands)
    return LayerPlan(layer, operands)
