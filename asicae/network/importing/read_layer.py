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
from asicae.network.ops.leaky_relu import LeakyRelu
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
        slope: the leaky ReLU that takes its sums, with all their fractional bits.
        wrapped: the type that its rectified numbers wrap to in the model, where ``output``
            saturates, which is the same only if they never leave it.
    """

    step: Step
    layer: Layer
    operands: tuple["Origin", ...]
    inputs: Shapes
    output: FixedPoint | None = None
    relu: bool = False
    slope: "SlopedLayer | None" = None
    wrapped: FixedPoint | None = None

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
                self.output = self._all_bits(seen, source)
        except ValueError as error:
            kinds = " and ".join(str(kind.exact) for kind in operands)
            lacks = "no quantiser" if self.slope is None else "a leaky ReLU"
            raise BadInput(f"{where}: {lacks} behind it, and of {kinds} {error}") from None
        return self.output

    def _all_bits(self, seen: FixedPoint, source: str) -> FixedPoint:
        """A type that rounds none of its sums of numbers of type ``seen``, and saturates only those
        that saturate all the same behind a slope.

        Raises:
            BadInput: nothing saturates there.
            ValueError: it would be too wide.
        """
        signed, integer = self._integer_bits(seen, source)
        return FixedPoint(integer + self._fraction(seen, source), integer, signed)

    def _integer_bits(self, seen: FixedPoint, source: str) -> tuple[bool, int]:
        """Whether its sums have a sign, and integer bits that are enough for them."""
        bits = seen.integer + (len(self.operands) - 1).bit_length()
        if self.slope is not None and self.slope.output is not None:
            bits = min(bits, self.slope.integer_bits(source) - (not seen.signed))
        return seen.signed, bits

    def _fraction(self, seen: FixedPoint, source: str) -> int:
        """Fractional bits of its sums."""
        del source
        return seen.fraction + self.layer.halvings

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


@dataclass(eq=False, kw_only=True)
class SlopedLayer(ReadLayer):
    """A leaky ReLU.

    Attributes:
        cuts: whether its input saturates to the range of its output, as in QKeras's quantized_relu,
            whose smallest value is that of the range times the slope.
    """

    layer: LeakyRelu
    cuts: bool

    def integer_bits(self, source: str) -> int:
        """Of its input, sign included; what has more saturates behind it all the same.

        Raises:
            BadInput: no quantiser behind it says where that is.
        """
        if self.output is None:
            node = self.step.node
            raise BadInput(
                f"{source}: layer {short(node.name)} ({node.kind}): no quantised activation behind "
                "it, and it takes sums that are not rounded"
            )
        return self.output.integer + (0 if self.cuts else self.layer.halvings)

    def take(self, owner: "Origin") -> str:
        """Have ``owner`` give it numbers as the model does; the reason if it cannot."""
        if isinstance(owner, ReadLayer) and owner.output is None:
            owner.slope = self
            return "" if not owner.relu else "a ReLU in front of it"
        if not self.cuts or self.output is None:
            return ""
        if owner.output is None:
            return "values of an input that the model does not quantise"
        low, least = owner.output, -(2.0 ** (self.output.integer - 1))
        if low.limits[0] * low.lsb >= least or owner.relu:
            return ""
        return f"values of {low}, allowed are none below {least:g}, where QKeras cuts them"


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
