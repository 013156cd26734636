"""Convolution over (row, column) of each channel by itself."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from asicae.network.ops.base import MAX_SIZE, Shape, Shapes, Taps, Weighted
from asicae.network.ops.window import ExplicitPads, Side, Window, channelwise, pads_of

Multiplier = Annotated[int, Field(strict=True, ge=1, le=MAX_SIZE)]


class DepthwiseConv2D(Weighted):
    """Convolution with a kernel (rows, columns, channels, multiplier), as in TensorFlow.

    Output channel ``channel * multiplier + number`` sees that channel of the input only.
    ``padding`` is TensorFlow's "same" or "valid", or rows and columns of zeros
    ((top, bottom), (left, right)).
    """

    of_image: ClassVar[bool] = True

    kind: Literal["depthwise_conv2d"] = "depthwise_conv2d"
    multiplier: Multiplier = 1
    kernel: tuple[Side, Side]
    strides: tuple[Side, Side] = (1, 1)
    padding: Literal["same", "valid"] | ExplicitPads = "same"

    def window(self, image: Shape) -> Window:
        """The kernel on one channel of an image (rows, columns, channels)."""
        rows, columns, _ = image
        pads = pads_of(self.padding, image, self.kernel, self.strides)
        return Window((rows, columns, 1), self.kernel, self.strides, pads, 1)

    def kernel_shape(self, inputs: Shapes) -> Shape:
        """(rows, columns, channels, multiplier)."""
        return (*self.kernel, inputs[0][2], self.multiplier)

    def output_shape(self, inputs: Shapes) -> Shape:
        """(rows, columns, channels * multiplier)."""
        return (*self.window(*inputs).outputs[:2], inputs[0][2] * self.multiplier)

    def taps(self, inputs: Shapes) -> Taps:
        """Those of the window, channel by channel."""
        return channelwise(self.window(*inputs), inputs[0][2], self.multiplier)
