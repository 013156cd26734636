"""Convolution over (row, column)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from asicae.network.ops.base import MAX_SIZE, Shape, Shapes
from asicae.network.ops.window import ExplicitPads, Side, Window, Windowed, pads_of

Filters = Annotated[int, Field(strict=True, ge=1, le=MAX_SIZE)]


class Conv2D(Windowed):
    """Convolution with an HWIO kernel, as in TensorFlow.

    ``padding`` is TensorFlow's "same" or "valid", or rows and columns of zeros
    ((top, bottom), (left, right)). The output is (rows, columns, filters).
    """

    of_image: ClassVar[bool] = True
    since: ClassVar[Literal[1, 2]] = 1

    kind: Literal["conv2d"] = "conv2d"
    filters: Filters
    kernel: tuple[Side, Side]
    strides: tuple[Side, Side] = (1, 1)
    padding: Literal["same", "valid"] | ExplicitPads = "same"

    def kernel_shape(self, inputs: Shapes) -> Shape:
        """(rows, columns, channels, filters)."""
        return (*self.kernel, inputs[0][2], self.filters)

    def output_shape(self, inputs: Shapes) -> Shape:
        """(rows, columns, filters)."""
        return self.window(*inputs).outputs

    def window(self, inputs: Shape) -> Window:
        """The kernel on an image (rows, columns, channels)."""
        rows, columns, channels = inputs
        pads = pads_of(self.padding, inputs, self.kernel, self.strides)
        return Window((rows, columns, channels), self.kernel, self.strides, pads, self.filters)
