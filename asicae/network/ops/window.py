"""A window that slides over an image: the geometry of a convolution.

A dense layer is the convolution of one pixel whose channels are all its inputs.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from asicae.network.ops.base import Indices, Shape, Shapes, Taps, Weighted

MAX_WINDOW = 64
"""Rows and columns of a window, and its steps; the longest side of an input image is 48."""
MAX_PAD = 64
"""Rows or columns of zeros on one side."""
Side = Annotated[int, Field(strict=True, ge=1, le=MAX_WINDOW)]
Pad = Annotated[int, Field(strict=True, ge=0, le=MAX_PAD)]
ExplicitPads = tuple[tuple[Pad, Pad], tuple[Pad, Pad]]
Pads = tuple[tuple[int, int], tuple[int, int]]
NO_PADS: Pads = ((0, 0), (0, 0))


@dataclass(frozen=True)
class Window:
    """Kernel (rows, columns, channels, filters) over an image (rows, columns, channels).

    ``pads``: ((top, bottom), (left, right)) rows and columns of zeros around the image.
    """

    image: tuple[int, int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: Pads
    filters: int

    @property
    def outputs(self) -> tuple[int, int, int]:
        """(rows, columns, filters); not positive where the kernel is larger than the image."""
        rows, columns = (
            (self.image[axis] + sum(self.pads[axis]) - self.kernel[axis]) // self.strides[axis] + 1
            for axis in (0, 1)
        )
        return rows, columns, self.filters

    def taps(self) -> Taps:
        """The products of every output; zeros around the image are left out."""
        (row, ky, y), (column, kx, x) = (self._along(axis) for axis in (0, 1))
        channels, filters = self.image[2], self.filters
        # Axes: places of the row, places of the column, channels, filters.
        channel, number = np.arange(channels)[:, None], np.arange(filters)
        pixel = (y[:, None] * self.image[1] + x)[..., None, None]
        window = (ky[:, None] * self.kernel[1] + kx)[..., None, None]
        position = (row[:, None] * self.outputs[1] + column)[..., None, None]
        source, weight, output = np.broadcast_arrays(
            pixel * channels + channel,
            (window * channels + channel) * filters + number,
            position * filters + number,
        )
        return Taps(source.ravel(), weight.ravel(), output.ravel())

    def _along(self, axis: int) -> tuple[Indices, Indices, Indices]:
        """(output, kernel, image) places along an axis, wherever all three are inside."""
        begins = np.arange(self.outputs[axis])[:, None] * self.strides[axis]
        places = begins - self.pads[axis][0] + np.arange(self.kernel[axis])
        output, kernel = np.nonzero((places >= 0) & (places < self.image[axis]))
        return output, kernel, places[output, kernel]


def channelwise(window: Window, channels: int, copies: int) -> Taps:
    """The taps where each channel has outputs of its own, ``copies`` of them a place.

    ``window``: of one filter on one channel. Weights are numbered (window, channel, copy), outputs
    (place, channel, copy).
    """
    one = window.taps()
    channel, copy = np.arange(channels)[:, None], np.arange(copies)
    source, weight, output = np.broadcast_arrays(
        one.source[:, None, None] * channels + channel,
        (one.weight[:, None, None] * channels + channel) * copies + copy,
        (one.output[:, None, None] * channels + channel) * copies + copy,
    )
    return Taps(source.ravel(), weight.ravel(), output.ravel())


def pads_of(
    padding: str | Pads, image: Shape, kernel: tuple[int, int], strides: tuple[int, int]
) -> Pads:
    """Zeros around an image (rows, columns, channels), of TensorFlow's "same" or "valid", or as
    given.
    """
    if padding == "valid":
        return NO_PADS
    if isinstance(padding, str):
        rows, columns = (same_pads(image[axis], kernel[axis], strides[axis]) for axis in (0, 1))
        return rows, columns
    return padding


def same_pads(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after an axis of ``size``: TensorFlow's rule of padding "same".

    All three are at least 1; where the zeros are odd in number, the spare one comes after.
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return (total // 2, total - total // 2)


class Windowed(Weighted):
    """A kind of layer with weights whose geometry is a window."""

    @abstractmethod
    def window(self, inputs: Shape) -> Window:
        """The window on an input of that shape."""

    def taps(self, inputs: Shapes) -> Taps:
        """Those of the window."""
        return self.window(*inputs).taps()

    def tap_counts(self, inputs: Shapes, live: npt.NDArray[np.bool_]) -> Indices:
        """Counted for one filter: all have the same."""
        window = self.window(*inputs)
        one = replace(window, filters=1)
        counts = one.taps().counts(live, math.prod(one.outputs))
        return np.repeat(counts, window.filters)
