"""What all kinds of layers share, and what each of them must tell.

Every output of a layer is one sum: the bias of its channel plus products of inputs and weights.
A kind tells which products (``Layer.taps``); with that its integer meaning is complete. What comes
after the sum is the same for all: round, overflow (both as ``output`` says), ReLU, once.
"""

import math
import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt
from pydantic import StrictBool, field_validator

from asicae.foundation.validation import Exact, short
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
Shape = tuple[int, ...]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Taps:
    """The products of a layer: output ``output[k]`` sums ``input[source[k]] * kernel[weight[k]]``.

    All three are flat indices (C order) in arrays of the same length; no output has an input twice.
    """

    source: Indices
    weight: Indices
    output: Indices

    def where(self, live: npt.NDArray[np.bool_]) -> "Taps":
        """Those whose input is ``live`` (flat inputs)."""
        used = live[self.source]
        return Taps(self.source[used], self.weight[used], self.output[used])

    def counts(self, live: npt.NDArray[np.bool_], outputs: int) -> Indices:
        """How many of those whose input is ``live`` each of ``outputs`` flat outputs has."""
        return np.bincount(self.output[live[self.source]], minlength=outputs)

    def equals(self, other: "Taps") -> bool:
        """Whether both are the same products in the same order."""
        mine, theirs = vars(self).values(), vars(other).values()
        return all(np.array_equal(*pair) for pair in zip(mine, theirs, strict=True))


class Layer(Exact):
    """A layer as it stands in the description: types of weight, bias and output, the activation.

    A kind of layer is a subclass with a ``kind`` of its own, its sizes as fields, and the geometry
    that follows from them and from the shape of the input.
    """

    of_image: ClassVar[bool] = False
    """Whether it takes images (rows, columns, channels) only; others see their input as a row."""

    name: str
    weight: FixedPoint
    bias: FixedPoint
    output: FixedPoint
    relu: StrictBool = True
    kind: str

    @field_validator("name")
    @classmethod
    def _safe_name(cls, name: str) -> str:
        if not LAYER_NAME.fullmatch(name) or name in RESERVED_NAMES:
            raise ValueError(
                f"{short(name)} is no layer name; allowed: a-z, 0-9, _, no reserved word"
            )
        return name

    @classmethod
    def sized(cls, **sizes: Any) -> Self:
        """The geometry alone: a layer of checked sizes without name and types."""
        made: Any = cls.model_construct(None, **sizes)
        return cast(Self, made)

    def require_input(self, inputs: Shape) -> None:
        """Make sure that the layer can take an input of that shape.

        Raises:
            ValueError: names the layer and what it cannot follow.
        """
        if self.of_image and len(inputs) != 3:
            raise ValueError(f"layer {self.name!r}: a convolution cannot follow a dense layer")

    @abstractmethod
    def kernel_shape(self, inputs: Shape) -> Shape:
        """Shape of the weights for an input of that shape."""

    @abstractmethod
    def output_shape(self, inputs: Shape) -> Shape:
        """Shape of the output, channels last; (channels,) where there are no places."""

    @abstractmethod
    def taps(self, inputs: Shape) -> Taps:
        """All products; what is sure to be zero (padding) is left out."""

    def tap_counts(self, inputs: Shape, live: npt.NDArray[np.bool_]) -> Indices:
        """How many products of each flat output have an input that is ``live`` (flat inputs)."""
        return self.taps(inputs).counts(live, math.prod(self.output_shape(inputs)))

    def geometry(self) -> dict[str, Any]:
        """The fields that only this kind has: those that say which products there are."""
        return self.model_dump(exclude=set(Layer.model_fields))

    def bias_shape(self, inputs: Shape) -> Shape:
        """Shape of the biases: one a channel of the output."""
        return self.output_shape(inputs)[-1:]
