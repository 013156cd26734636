"""A window that slides over an image: the geometry of a convolution.

A dense layer is the convolution of one pixel whose channels are all its inputs.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from asicae.network.ops.base import Indices, Layer, Shape, Taps

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


class Windowed(Layer):
    """A kind of layer whose geometry is a window."""

    @abstractmethod
    def window(self, inputs: Shape) -> Window:
        """The window on an input of that shape."""

    def taps(self, inputs: Shape) -> Taps:
        """Those of the window."""
        return self.window(inputs).taps()

    def tap_counts(self, inputs: Shape, live: npt.NDArray[np.bool_]) -> Indices:
        """Counted for one filter: all have the same."""
        window = self.window(inputs)
        one = replace(window, filters=1)
        counts = one.taps().counts(live, math.prod(one.outputs))
        return np.repeat(counts, window.filters)
