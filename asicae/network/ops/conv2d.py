"""Convolution over (row, column)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from asicae.network.ops.base import MAX_SIZE, Shape
from asicae.network.ops.window import NO_PADS, Pads, Window, Windowed

MAX_WINDOW = 64
"""Rows and columns of a window, and its steps; the longest side of an input image is 48."""
MAX_PAD = 64
"""Rows or columns of zeros on one side."""
Filters = Annotated[int, Field(strict=True, ge=1, le=MAX_SIZE)]
Side = Annotated[int, Field(strict=True, ge=1, le=MAX_WINDOW)]
Pad = Annotated[int, Field(strict=True, ge=0, le=MAX_PAD)]
ExplicitPads = tuple[tuple[Pad, Pad], tuple[Pad, Pad]]


class Conv2D(Windowed):
    """Convolution with an HWIO kernel, as in TensorFlow.

    ``padding`` is TensorFlow's "same" or "valid", or rows and columns of zeros
    ((top, bottom), (left, right)). The output is (rows, columns, filters).
    """

    of_image: ClassVar[bool] = True

    kind: Literal["conv2d"] = "conv2d"
    filters: Filters
    kernel: tuple[Side, Side]
    strides: tuple[Side, Side] = (1, 1)
    padding: Literal["same", "valid"] | ExplicitPads = "same"

    def kernel_shape(self, inputs: Shape) -> Shape:
        """(rows, columns, channels, filters)."""
        return (*self.kernel, inputs[2], self.filters)

    def output_shape(self, inputs: Shape) -> Shape:
        """(rows, columns, filters)."""
        return self.window(inputs).outputs

    def window(self, inputs: Shape) -> Window:
        """The kernel on an image (rows, columns, channels)."""
        rows, columns, channels = inputs
        pads = self.pads(rows, columns)
        return Window((rows, columns, channels), self.kernel, self.strides, pads, self.filters)

    def pads(self, rows: int, columns: int) -> Pads:
        """((top, bottom), (left, right)) rows and columns of zeros for an input of that size."""
        if self.padding == "valid":
            return NO_PADS
        if self.padding != "same":
            return self.padding
        return (
            same_pads(rows, self.kernel[0], self.strides[0]),
            same_pads(columns, self.kernel[1], self.strides[1]),
        )


def same_pads(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after an axis of ``size``: TensorFlow's rule of padding "same".

    All three are at least 1; where the zeros are odd in number, the spare one comes after.
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return (total // 2, total - total // 2)
