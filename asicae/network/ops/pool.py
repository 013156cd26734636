"""A window that slides over each channel by itself, without weights."""

from typing import ClassVar

from asicae.network.ops.base import Layer, Shape, Shapes, Taps
from asicae.network.ops.window import NO_PADS, Pads, Side, Window, channelwise


class Pool(Layer):
    """One output a window and channel of an image (rows, columns, channels)."""

    of_image: ClassVar[bool] = True

    pool: tuple[Side, Side]
    strides: tuple[Side, Side]

    def pads(self, image: Shape) -> Pads:
        """((top, bottom), (left, right)) rows and columns around an image that are not there."""
        return NO_PADS

    def window(self, image: Shape) -> Window:
        """The window on one channel of an image (rows, columns, channels)."""
        rows, columns, _ = image
        return Window((rows, columns, 1), self.pool, self.strides, self.pads(image), 1)

    def output_shape(self, inputs: Shapes) -> Shape:
        """(rows, columns, channels)."""
        return (*self.window(*inputs).outputs[:2], inputs[0][2])

    def taps(self, inputs: Shapes) -> Taps:
        """What lies in each window."""
        return channelwise(self.window(*inputs), inputs[0][2], 1)

    def connections(self, inputs: Shapes) -> int:
        """A window each output."""
        rows, columns, channels = self.output_shape(inputs)
        return rows * columns * channels * self.pool[0] * self.pool[1]
