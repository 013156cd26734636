"""What all kinds of layers share, and what each of them must tell.

A layer is a node of the network: it sees the outputs of the nodes that it names, all of them side
by side. Every output is one sum: of a layer with weights the bias of its channel plus products of
inputs and weights. A kind tells which products (``Layer.taps``); with that its integer meaning is
complete. What comes after the sum is the same for all: round, overflow (both as ``output`` says),
ReLU, once.
"""

import math
import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeVar, cast

import numpy as np
import numpy.typing as npt
from pydantic import (
    SerializerFunctionWrapHandler,
    StrictBool,
    field_validator,
    model_serializer,
)

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
MAX_INPUTS = 8
"""Nodes that a layer may see."""
MAX_SIZE = 4096
"""Filters of a convolution, units of a dense layer."""
NAMED_INPUTS = 2
"""The schema of descriptions in which layers came to name their inputs."""
Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]
"""Of all inputs of a layer, in their order."""
Indices = npt.NDArray[np.int64]
Number = TypeVar("Number", bound=np.number[Any])


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
    """A layer as it stands in the description.

    ``inputs`` names the nodes that it sees, ``input`` the image of the codes; without it that is
    the layer in front. A kind of layer is a subclass with a ``kind`` of its own, its sizes as
    fields, and the geometry that follows from them and from the shapes of the inputs.
    """

    of_image: ClassVar[bool] = False
    """Whether it takes images (rows, columns, channels) only; others see their input as a row."""
    since: ClassVar[Literal[1, 2]] = 2
    """The schema of descriptions in which the kind came."""
    unsaid: ClassVar[tuple[str, ...]] = ("inputs",)
    """Fields that a description leaves out where they have their default."""
    takes_largest: ClassVar[bool] = False
    """Whether an output is the largest of its inputs; of others it is their sum."""

    name: str
    inputs: tuple[str, ...] | None = None
    kind: str

    @field_validator("name")
    @classmethod
    def _safe_name(cls, name: str) -> str:
        if not LAYER_NAME.fullmatch(name) or name in RESERVED_NAMES:
            raise ValueError(
                f"{short(name)} is no layer name; allowed: a-z, 0-9, _, no reserved word"
            )
        return name

    @model_serializer(mode="wrap")
    def _as_ever(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """In the order of the first schema, which knew no inputs."""
        found: dict[str, Any] = handler(self)
        for key in self.unsaid:
            if getattr(self, key) == type(self).model_fields[key].default:
                found.pop(key, None)
        return {key: found[key] for key in FIRST if key in found} | found

    @classmethod
    def sized(cls, **sizes: Any) -> Self:
        """The geometry alone: a layer of checked sizes without name and types."""
        made: Any = cls.model_construct(None, **sizes)
        return cast(Self, made)

    def require_inputs(self, inputs: Shapes) -> None:
        """Make sure that the layer can take inputs of those shapes.

        Raises:
            ValueError: names the layer and what it cannot follow.
        """
        if len(inputs) != 1:
            raise ValueError(f"layer {self.name!r}: {len(inputs)} inputs, allowed is 1")
        if self.of_image and len(inputs[0]) != 3:
            raise ValueError(f"layer {self.name!r}: {self.kind} cannot follow a dense layer")

    @abstractmethod
    def output_shape(self, inputs: Shapes) -> Shape:
        """Shape of the output, channels last; (channels,) where there are no places."""

    def output_type(self, inputs: FixedPoint) -> FixedPoint:
        """Type of the outputs for inputs of that type: the same, where nothing is rounded."""
        return inputs.exact

    @property
    def schema_version(self) -> int:
        """The oldest schema of descriptions that can say it."""
        return self.since if self.inputs is None else max(self.since, NAMED_INPUTS)

    @property
    def rectifies(self) -> bool:
        """Whether negative outputs become zero."""
        return False

    @property
    def halvings(self) -> int:
        """How often a sum is halved."""
        return 0

    def in_halvings(self, sums: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """What sums count in units of ``2**-halvings``: those that are halved their own number."""
        return sums

    @abstractmethod
    def taps(self, inputs: Shapes) -> Taps:
        """All products; what is sure to be zero (padding) is left out.

        Flat inputs are those of all nodes that the layer sees, one node after the other.
        """

    def tap_counts(self, inputs: Shapes, live: npt.NDArray[np.bool_]) -> Indices:
        """How many products of each flat output have an input that is ``live`` (flat inputs)."""
        return self.taps(inputs).counts(live, math.prod(self.output_shape(inputs)))

    def connections(self, inputs: Shapes) -> int:
        """How many inputs all outputs have together, each output counted with all that it may."""
        return sum(map(math.prod, inputs))

    def geometry(self) -> dict[str, Any]:
        """The fields that only this kind has: those that say which products there are."""
        return self.model_dump(exclude={*Layer.model_fields, *Weighted.model_fields})


class Rounded(Layer):
    """A layer whose sums are brought into a type of its own, with its activation."""

    output: FixedPoint
    relu: StrictBool = True

    def output_type(self, inputs: FixedPoint) -> FixedPoint:
        """As the description says."""
        return self.output

    @property
    def rectifies(self) -> bool:
        """As the description says."""
        return self.relu


class Weighted(Rounded):
    """A layer with weights and biases, and the types of both."""

    weight: FixedPoint
    bias: FixedPoint

    @abstractmethod
    def kernel_shape(self, inputs: Shapes) -> Shape:
        """Shape of the weights for inputs of those shapes."""

    def bias_shape(self, inputs: Shapes) -> Shape:
        """Shape of the biases: one a channel of the output."""
        return self.output_shape(inputs)[-1:]

    def connections(self, inputs: Shapes) -> int:
        """Inputs times outputs: golden holds them as a matrix."""
        return super().connections(inputs) * math.prod(self.output_shape(inputs))


FIRST = ("name", "weight", "bias", "output", "relu", "kind")
"""Fields in front of the others in a description that is written."""
