"""Everything that follows from a layer's choices: shapes, live taps, accumulator widths."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.base import Layer, Shape, Taps

MAX_ACCUMULATOR_BITS = 53  # golden computes exact integers in doubles
FLOAT32_EXACT_BITS = 24
"""Accumulators up to this width are exact in float32, the arithmetic of QKeras."""


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
class LayerPlan:
    """A layer in its place in the chain; every number here is derived, none is chosen."""

    layer: Layer
    input_shape: Shape
    input_type: FixedPoint
    input_low: int
    live: tuple[bool, ...]
    """Which flat inputs can be non-zero: dead cells of the arrangement are False."""
    kernel: Parameter
    bias: Parameter

    @classmethod
    def placed(
        cls, layer: Layer, shape: Shape, kind: FixedPoint, low: int, live: tuple[bool, ...]
    ) -> "LayerPlan":
        """``layer`` behind an input of that shape and type; its arrays are not yet in the image.

        Raises:
            ValueError: the layer cannot take such an input.
        """
        layer.require_input(shape)
        kernel = Parameter(f"{layer.name}.kernel", layer.kernel_shape(shape), layer.weight, 0)
        bias = Parameter(f"{layer.name}.bias", layer.bias_shape(shape), layer.bias, 0)
        return cls(layer, shape, kind, low, live, kernel, bias)

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
        return self.layer.relu

    @property
    def clips(self) -> bool:
        """Whether no output is negative: by ReLU, or because its type has no sign."""
        return self.relu or not self.output_type.signed

    @property
    def output_type(self) -> FixedPoint:
        """Type of the layer's outputs."""
        return self.layer.output

    @cached_property
    def output_shape(self) -> Shape:
        """Shape of the output, channels last: (rows, columns, filters) or (units,)."""
        return self.layer.output_shape(self.input_shape)

    @property
    def inputs(self) -> int:
        """Flat inputs."""
        return len(self.live)

    @property
    def outputs(self) -> int:
        """Flat outputs."""
        return prod(self.output_shape)

    @property
    def channels(self) -> int:
        """Outputs per position: filters or units."""
        return self.output_shape[-1]

    @cached_property
    def taps(self) -> Taps:
        """The products that can be non-zero: not those with padding or dead cells."""
        return self.layer.taps(self.input_shape).where(np.asarray(self.live))

    @cached_property
    def tap_counts(self) -> npt.NDArray[np.int64]:
        """How many products that can be non-zero each flat output has."""
        return self.layer.tap_counts(self.input_shape, np.asarray(self.live))

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
        self, arrays: Mapping[str, npt.NDArray[np.integer]], values: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int64]:
        """Accumulators (events, outputs) of raw flat inputs (events, inputs).

        ``arrays`` are those of a weight set of the network.
        """
        # Sums below 2**53 are exact in doubles, and the description allows no larger ones.
        sums = values.astype(np.float64) @ self.matrix(arrays[self.kernel.name])
        bias = self.biases(arrays[self.bias.name]) << self.bias_shift
        return (sums.astype(np.int64) << self.product_shift) + bias

    @property
    def accumulator_fraction(self) -> int:
        """Fractional bits of the accumulator; bias and products are aligned to it."""
        product = self.layer.weight.fraction + self.input_type.fraction
        return max(product, self.layer.bias.fraction, self.layer.output.fraction)

    @property
    def product_shift(self) -> int:
        """Left shift that aligns a raw product to the accumulator."""
        return self.accumulator_fraction - self.layer.weight.fraction - self.input_type.fraction

    @property
    def bias_shift(self) -> int:
        """Left shift that aligns a raw bias to the accumulator."""
        return self.accumulator_fraction - self.layer.bias.fraction

    @property
    def shift(self) -> int:
        """Right shift, with rounding, from accumulator to output; never negative."""
        return self.accumulator_fraction - self.layer.output.fraction

    @cached_property
    def accumulator_range(self) -> tuple[int, int]:
        """Smallest and largest accumulator over every weight, bias and input of their types."""
        taps = int(self.tap_counts.max())
        weight, bias = self.layer.weight, self.layer.bias
        corners = [
            w * x
            for w in (weight.raw_min, weight.raw_max)
            for x in (self.input_low, self.input_type.raw_max)
        ]
        low = (taps * min(*corners, 0) << self.product_shift) + (bias.raw_min << self.bias_shift)
        high = (taps * max(*corners, 0) << self.product_shift) + (bias.raw_max << self.bias_shift)
        return low, high

    @property
    def accumulator_width(self) -> int:
        """Bits of the signed accumulator; it cannot overflow."""
        low, high = self.accumulator_range
        return max((-low - 1).bit_length(), high.bit_length()) + 1
