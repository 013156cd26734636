"""Everything that follows from a layer's choices: shapes, live taps, accumulator widths."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from asicae.network.fixed_point import FixedPoint
from asicae.network.layers import Conv2D, Dense, Pads

Shape = tuple[int, ...]
Taps = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
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
        return int(np.prod(self.shape))

    @property
    def bits(self) -> int:
        """Bits in the image."""
        return self.count * self.type.width


@dataclass(frozen=True)
class LayerPlan:
    """A layer in its place in the chain; every number here is derived, none is chosen."""

    layer: Conv2D | Dense
    input_shape: Shape
    input_type: FixedPoint
    input_low: int
    live: tuple[bool, ...]
    """Which flat inputs can be non-zero: dead cells of the arrangement are False."""
    kernel: Parameter
    bias: Parameter

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.layer.name

    @property
    def kind(self) -> Literal["conv2d", "dense"]:
        """``conv2d`` or ``dense``."""
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

    @property
    def padding(self) -> Pads:
        """((top, bottom), (left, right)); all zero for Dense."""
        if isinstance(self.layer, Dense):
            return ((0, 0), (0, 0))
        return self.layer.pads(*self.input_shape[:2])

    @property
    def output_shape(self) -> Shape:
        """(rows, columns, filters) or (units,)."""
        if isinstance(self.layer, Dense):
            return (self.layer.units,)
        sizes = (
            (self.input_shape[axis] + sum(self.padding[axis]) - self.layer.kernel[axis])
            // self.layer.strides[axis]
            + 1
            for axis in (0, 1)
        )
        return (*sizes, self.layer.filters)

    @property
    def positions(self) -> list[tuple[int, int]]:
        """(row, column) of every output position; a Dense layer has the single (0, 0)."""
        if isinstance(self.layer, Dense):
            return [(0, 0)]
        rows, columns, _ = self.output_shape
        return [(row, column) for row in range(rows) for column in range(columns)]

    @property
    def channels(self) -> int:
        """Outputs per position: filters or units."""
        return self.output_shape[-1]

    def live_taps(self, row: int = 0, column: int = 0) -> Taps:
        """Taps of one output position that can see a non-zero input.

        Returns (flat input indices, flat kernel indices without the output channel), ordered by
        kernel index; taps on padding or dead cells are left out. A Dense layer's taps are all its
        inputs that are live.
        """
        return self._taps[(row, column)]

    @cached_property
    def _taps(self) -> dict[tuple[int, int], Taps]:
        live = np.asarray(self.live)
        return {position: self._taps_at(*position, live) for position in self.positions}

    def _taps_at(self, row: int, column: int, live: npt.NDArray[np.bool_]) -> Taps:
        if isinstance(self.layer, Dense):
            index = np.flatnonzero(live)
            return index, index
        height, width, channels = self.input_shape
        top = row * self.layer.strides[0] - self.padding[0][0]
        left = column * self.layer.strides[1] - self.padding[1][0]
        ky, y = _inside(top, self.layer.kernel[0], height)
        kx, x = _inside(left, self.layer.kernel[1], width)
        channel = np.arange(channels)
        index = (((y[:, None] * width + x) * channels)[..., None] + channel).ravel()
        window = (
            ((ky[:, None] * self.layer.kernel[1] + kx) * channels)[..., None] + channel
        ).ravel()
        used = live[index]
        return index[used], window[used]

    @property
    def macs(self) -> int:
        """Multiply-accumulates per inference that can be non-zero."""
        taps = sum(len(self.live_taps(*position)[0]) for position in self.positions)
        return taps * self.channels

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
        taps = max(len(self.live_taps(*position)[0]) for position in self.positions)
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


def _inside(begin: int, kernel: int, size: int) -> Taps:
    """Places in a window that begins at ``begin``, and in the axis of ``size``, where both are."""
    window = np.arange(max(-begin, 0), max(min(kernel, size - begin), 0))
    return window, begin + window
