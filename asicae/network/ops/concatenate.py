"""Several nodes as one, channel beside channel."""

import math
from typing import Literal

import numpy as np

from asicae.network.ops.base import Indices, Shape, Shapes, Taps
from asicae.network.ops.joining import Joining


class Concatenate(Joining):
    """The channels of the first input, then those of the second, and so on, at every place.

    It rounds nothing: its type is the narrowest that holds the numbers of all inputs.
    """

    kind: Literal["concatenate"] = "concatenate"

    def output_shape(self, inputs: Shapes) -> Shape:
        """(rows, columns, channels of all) or (units of all,)."""
        return (*inputs[0][:-1], sum(shape[-1] for shape in inputs))

    def taps(self, inputs: Shapes) -> Taps:
        """One input an output."""
        whole = np.concatenate([_places(inputs, place) for place in range(len(inputs))], axis=1)
        source: Indices = whole.ravel()
        return Taps(source, np.zeros_like(source), np.arange(source.size))


def _places(inputs: Shapes, place: int) -> Indices:
    """Flat inputs (places, channels) of one of the nodes."""
    shape, before = inputs[place], sum(map(math.prod, inputs[:place]))
    return (before + np.arange(math.prod(shape))).reshape(-1, shape[-1])
