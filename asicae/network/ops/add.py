"""The sum of several nodes."""

import math
from typing import Literal

import numpy as np

from asicae.network.ops.base import Rounded, Shape, Shapes, Taps
from asicae.network.ops.joining import Joining


class Add(Joining, Rounded):
    """The sum of what all inputs have at the same place, brought into a type of its own."""

    kind: Literal["add"] = "add"

    def require_inputs(self, inputs: Shapes) -> None:
        """Make sure that the layer can take inputs of those shapes.

        Raises:
            ValueError: names the layer, what was found and what is allowed.
        """
        super().require_inputs(inputs)
        if len(set(inputs)) > 1:
            found = " and ".join("x".join(map(str, shape)) for shape in inputs)
            raise ValueError(f"layer {self.name!r}: inputs of {found}, allowed is one shape")

    def output_shape(self, inputs: Shapes) -> Shape:
        """That of each input."""
        return inputs[0]

    def taps(self, inputs: Shapes) -> Taps:
        """One number of each input an output."""
        source = np.arange(sum(map(math.prod, inputs)))
        return Taps(source, np.zeros_like(source), source % math.prod(inputs[0]))
