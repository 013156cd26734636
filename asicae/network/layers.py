"""What one layer is: the frozen choices, as they stand in the description file."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator

from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint

# Layer names become Verilog instance and file names, so they are held to a safe alphabet.
LAYER_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
RESERVED_NAMES = frozenset(
    "always and assign begin buf case casex casez codes deassign default defparam design disable "
    "edge else end endcase endfunction endgenerate endmodule endtask event for force forever fork "
    "function generate genvar if initial inout input instance integer join keep latents localparam "
    "module nand negedge nor not or output parameter posedge primitive real realtime reg release "
    "repeat scalared signed specify supply0 supply1 table task time tri unsigned vectored wait "
    "wand weights while wire wor xnor xor".split()
)
MAX_SIZE = 4096
"""Filters of a convolution, units of a dense layer."""
MAX_WINDOW = 64
"""Rows and columns of a window, and its steps; the longest side of an input image is 48."""
MAX_PAD = 64
"""Rows or columns of zeros on one side."""
Pads = tuple[tuple[int, int], tuple[int, int]]
Size = Annotated[int, Field(strict=True, ge=1, le=MAX_SIZE)]
Window = Annotated[int, Field(strict=True, ge=1, le=MAX_WINDOW)]
Pad = Annotated[int, Field(strict=True, ge=0, le=MAX_PAD)]
ExplicitPads = tuple[tuple[Pad, Pad], tuple[Pad, Pad]]


class Layer(BaseModel):
    """What Conv2D and Dense share: types of weight, bias and output, and the activation.

    After the accumulator each layer rounds, overflows (both as ``output`` says) and then applies
    ReLU where ``relu`` is true, once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    weight: FixedPoint
    bias: FixedPoint
    output: FixedPoint
    relu: StrictBool = True

    @field_validator("name")
    @classmethod
    def _safe_name(cls, name: str) -> str:
        if not LAYER_NAME.fullmatch(name) or name in RESERVED_NAMES:
            raise ValueError(
                f"{short(name)} is no layer name; allowed: a-z, 0-9, _, no reserved word"
            )
        return name


class Conv2D(Layer):
    """Convolution over (row, column), HWIO kernel, as in TensorFlow.

    ``padding`` is TensorFlow's "same" or "valid", or rows and columns of zeros
    ((top, bottom), (left, right)).
    """

    kind: Literal["conv2d"] = "conv2d"
    filters: Size
    kernel: tuple[Window, Window]
    strides: tuple[Window, Window] = (1, 1)
    padding: Literal["same", "valid"] | ExplicitPads = "same"

    def pads(self, rows: int, columns: int) -> Pads:
        """((top, bottom), (left, right)) rows and columns of zeros for an input of that size."""
        if self.padding == "valid":
            return ((0, 0), (0, 0))
        if self.padding != "same":
            return self.padding
        return (
            same_pads(rows, self.kernel[0], self.strides[0]),
            same_pads(columns, self.kernel[1], self.strides[1]),
        )


class Dense(Layer):
    """Fully connected layer; its input is flattened as (row * columns + column) * filters + f."""

    kind: Literal["dense"] = "dense"
    units: Size


AnyLayer = Annotated[Conv2D | Dense, Field(discriminator="kind")]


def same_pads(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after an axis of ``size``: TensorFlow's rule of padding "same".

    All three are at least 1; where the zeros are odd in number, the spare one comes after.
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return (total // 2, total - total // 2)
