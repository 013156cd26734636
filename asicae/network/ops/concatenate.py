"""Several nodes as one, channel beside channel."""

import math
from typing import ClassVar, Literal

import numpy as np
from pydantic import StrictBool

from asicae.network.ops.base import Indices, Shape, Shapes, Taps
from asicae.network.ops.joining import Joining


class Concatenate(Joining):
    """The channels of the first input, then those of the second, and so on, at every place.

    With ``flatten`` each input is a row, as a dense layer sees it: all numbers of the first, then
    all of the second. It rounds nothing: its type is the narrowest that holds the numbers of all
    inputs.
    """

    unsaid: ClassVar[tuple[str, ...]] = (*Joining.unsaid, "flatten")

    kind: Literal["concatenate"] = "concatenate"
    flatten: StrictBool = False

    @property
    def by_place(self) -> bool:
        """Rows need no common places."""
        return not self.flatten

    def output_shape(self, inputs: Shapes) -> Shape:
        """(rows, columns, channels of all) or (units of all,)."""
        if self.flatten:
            return (sum(map(math.prod, inputs)),)
        return (*inputs[0][:-1], sum(shape[-1] for shape in inputs))

    def taps(self, inputs: Shapes) -> Taps:
        """One input an output."""
        axis = 0 if self.flatten else 1
        whole = [_places(inputs, place) for place in range(len(inputs))]
        if self.flatten:
            whole = [part.ravel() for part in whole]
        source: Indices = np.concatenate(whole, axis=axis).ravel()
        return Taps(source, np.zeros_like(source), np.arange(source.size))


def _places(inputs: Shapes, place: int) -> Indices:
    """Flat inputs (places, channels) of one of the nodes."""
    shape, before = inputs[place], sum(map(math.prod, inputs[:place]))
    return (before + np.arange(math.prod(shape))).reshape(-1, shape[-1])
