"""A layer on its way from the model to the description, and what of it another layer takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint, common_type
from asicae.network.importing.codes import Codes
from asicae.network.importing.walk import Step
from asicae.network.ops.base import Layer, Rounded, Shape, Shapes
from asicae.network.ops.window import NO_PADS, Pads


@dataclass(eq=False)
class ReadLayer:
    """A layer of the model that becomes one of the network, and what happens behind it.

    Attributes:
        layer: the op with its sizes, without name, inputs and types.
        operands: what it sees.
        inputs: shapes of these in the network.
        output: the type that a quantiser behind it brings its numbers to.
        relu: whether negative ones become zero.
    """

    step: Step
    layer: Layer
    operands: tuple["Origin", ...]
    inputs: Shapes
    output: FixedPoint | None = None
    relu: bool = False

    @cached_property
    def shape(self) -> Shape:
        """Of its output in the network."""
        return self.layer.output_shape(self.inputs)

    @cached_property
    def owners(self) -> tuple["Origin", ...]:
        """What a quantiser behind it becomes part of: itself, where it rounds sums.

        What only chooses among its inputs, the largest of them too, may do so before or behind a
        function that rises with every value, such as quantisers and ReLU are.
        """
        if isinstance(self.layer, Rounded):
            return (self,)
        return tuple(dict.fromkeys(owner for each in self.operands for owner in each.owners))

    def type_of(self, operands: Sequence[FixedPoint], source: str) -> FixedPoint:
        """Type of its numbers for operands of these types: all bits where nothing rounds them.

        Raises:
            BadInput: they are too many.
        """
        where = f"{source}: layer {short(self.step.node.name)} ({self.step.node.kind})"
        try:
            seen = common_type(operands)
            if not isinstance(self.layer, Rounded):
                return self.layer.output_type(seen)
            if self.output is None:
                carries = (len(operands) - 1).bit_length()
                width = seen.width + carries + self.layer.halvings
                self.output = FixedPoint(width, seen.integer + carries, seen.signed)
        except ValueError as error:
            kinds = " and ".join(str(kind.exact) for kind in operands)
            raise BadInput(f"{where}: no quantiser behind it, and of {kinds} {error}") from None
        return self.output

    def description(self, name: str, inputs: tuple[str, ...], source: str) -> dict[str, Any]:
        """Fields of the layer's description; ``inputs`` are the names of its operands.

        Raises:
            BadInput: it needs a wider type than there is.
        """
        del source
        rounded = {"output": self.output, "relu": self.relu}
        return {
            "kind": self.layer.kind,
            "name": name,
            "inputs": inputs,
            **(rounded if isinstance(self.layer, Rounded) else {}),
            **self.layer.geometry(),
        }


Origin = Codes | ReadLayer


@dataclass(frozen=True)
class Tensor:
    """The output of a layer of the model.

    Attributes:
        origin: the layer of the network, or the codes, that its numbers are of.
        shape: as the model has it, with the zeros around it.
        pads: rows and columns of zeros around it.
        shared: whether several layers take it, or what it is made of, as it is.
    """

    origin: Origin
    shape: Shape
    pads: Pads = NO_PADS
    shared: bool = False

    @property
    def is_image(self) -> bool:
        """Whether it has rows and columns."""
        return len(self.shape) == 3

    @property
    def own(self) -> Shape:
        """Its shape in the network, which flattens nothing; of codes as the model has them."""
        return self.inner if isinstance(self.origin, Codes) else self.origin.shape

    @property
    def inner(self) -> Shape:
        """Its shape without the zeros around it."""
        if self.pads == NO_PADS:
            return self.shape
        (top, bottom), (left, right) = self.pads
        rows, columns, *channels = self.shape
        return (rows - top - bottom, columns - left - right, *channels)
