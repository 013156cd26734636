"""The input of a model: the codes of the cells, their type, and which cell each value is."""

import math
from dataclasses import dataclass, replace

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.module.geometry import ARRANGEMENTS
from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.importing import fields
from asicae.network.importing.architecture import Node
from asicae.network.ops.base import Shape

INPUTS: dict[Shape, str] = {
    (8, 8, 1): "8x8",
    (8, 8): "8x8",
    (64,): "8x8",
    (4, 4, 3): "4x4x3",
    (1, 48, 1): "flat",
    (48,): "flat",
}
"""The arrangement that the shape of an input means, unless the user says another."""


@dataclass(eq=False)
class Codes:
    """What all layers begin at; ``source`` names the file in messages.

    Attributes:
        shape: without the batch.
        output: their type, where the model quantises its input.
        relu: whether the model takes no codes below zero.
        image: (height, width, channels) that layers take it for; None where all take its values in
            their order.
    """

    source: str
    shape: Shape
    output: FixedPoint | None = None
    relu: bool = False
    image: Shape | None = None

    @property
    def owners(self) -> tuple["Codes", ...]:
        """What a quantiser behind them becomes part of."""
        return (self,)

    def take_image(self, node: Node, shape: Shape) -> None:
        """A layer takes the codes for an image of that shape.

        Raises:
            BadInput: another layer takes them for another one.
        """
        if self.image not in (None, shape):
            raise fields.refusal(
                self.source, node, f"images of {shape} of an input that is also one of {self.image}"
            )
        self.image = shape

    def rectified(self) -> bool:
        """Whether the type lost its sign: codes behind a ReLU need none.

        Steps, rounding and largest value stay as they are.

        Raises:
            ValueError: nothing is left of the type, or it wraps.
        """
        kind = self.output
        if not self.relu or kind is None or not kind.signed:
            return False
        if kind.overflow is Overflow.WRAP:
            raise ValueError("which wraps to values below zero, allowed is one that saturates")
        width, integer = kind.width - 1, kind.integer - 1
        self.output = replace(
            kind, width=width, integer=integer, signed=False, overflow=Overflow.SAT
        )
        return True

    def arrangement(self, chosen: str | None) -> str:
        """Which cell each value of the input is: as ``chosen``, or as the input's shape says.

        A reshaping keeps the values in their order, so it does not change their cells either.

        Raises:
            BadInput: ``chosen`` is unknown, the shape says nothing, or the model makes images of
                the input that are not those of the arrangement.
        """
        if chosen is None and self.shape not in INPUTS:
            allowed = ", ".join(str(shape) for shape in INPUTS)
            raise BadInput(f"{self.source}: input of {self.shape}, allowed are {allowed}")
        name = chosen or INPUTS[self.shape]
        if name not in ARRANGEMENTS:
            raise BadInput(f"arrangement {short(name)}, allowed are {', '.join(ARRANGEMENTS)}")
        shape = ARRANGEMENTS[name].shape
        if self.image is None:
            if math.prod(self.shape) == math.prod(shape):
                return name
            raise BadInput(
                f"{self.source}: arrangement {name} has images of {shape}, "
                f"the input is of {self.shape}"
            )
        if self.image == shape:
            return name
        others = [other for other, a in ARRANGEMENTS.items() if a.shape == self.image]
        hint = f"; if its values are such images, say --arrangement {others[0]}" if others else ""
        raise BadInput(
            f"{self.source}: input of {self.shape}: arrangement {name} has images of "
            f"{shape}, the model makes {self.image} of it{hint}"
        )
