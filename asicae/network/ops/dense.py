"""Fully connected layer."""

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from asicae.network.ops.base import MAX_SIZE, Shape, Shapes
from asicae.network.ops.window import NO_PADS, Window, Windowed

Units = Annotated[int, Field(strict=True, ge=1, le=MAX_SIZE)]


class Dense(Windowed):
    """Fully connected layer; its input is flattened as (row * columns + column) * filters + f.

    The output is (units,).
    """

    since: ClassVar[Literal[1, 2]] = 1

    kind: Literal["dense"] = "dense"
    units: Units

    def kernel_shape(self, inputs: Shapes) -> Shape:
        """(inputs, units)."""
        return (math.prod(inputs[0]), self.units)

    def output_shape(self, inputs: Shapes) -> Shape:
        """(units,)."""
        return (self.units,)

    def window(self, inputs: Shape) -> Window:
        """One pixel whose channels are all inputs."""
        return Window((1, 1, math.prod(inputs)), (1, 1), (1, 1), NO_PADS, self.units)
