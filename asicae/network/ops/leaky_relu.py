"""ReLU that lets a share of what is below zero through."""

import math
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from asicae.network.fixed_point import MAX_WIDTH
from asicae.network.ops.base import Number, Rounded, Shape, Shapes, Taps

MAX_HALVINGS = MAX_WIDTH - 1
"""A number of all bits that is halved once more is no step of its type any longer."""


class LeakyRelu(Rounded):
    """Each number as it is, or times ``negative_slope`` below zero, brought into a type of its own.

    Slopes are 1/2, 1/4, 1/8 ...: in hardware wires. A number is rounded once, behind the slope.
    """

    unsaid: ClassVar[tuple[str, ...]] = (*Rounded.unsaid, "relu")

    kind: Literal["leaky_relu"] = "leaky_relu"
    negative_slope: Annotated[float, Field(strict=True)]
    relu: Literal[False] = False

    @field_validator("negative_slope")
    @classmethod
    def _halves(cls, slope: float) -> float:
        if halvings_of(slope) is None:
            raise ValueError(
                f"a slope of {slope:g}; allowed are powers of two from 2**-{MAX_HALVINGS} to 0.5"
            )
        return slope

    @property
    def halvings(self) -> int:
        """How often a number below zero is halved."""
        return -int(math.log2(self.negative_slope))

    def output_shape(self, inputs: Shapes) -> Shape:
        """That of the input."""
        return inputs[0]

    def taps(self, inputs: Shapes) -> Taps:
        """One number an output."""
        source = np.arange(math.prod(inputs[0]))
        return Taps(source, np.zeros_like(source), source)

    def in_halvings(self, sums: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """What is below zero counts once, all else as often as it is not halved."""
        found: npt.NDArray[Number] = sums * np.where(sums < 0, 1, 1 << self.halvings).astype(
            sums.dtype
        )
        return found


def halvings_of(slope: Any) -> int | None:
    """How often a number is halved that is multiplied by ``slope``; None for what is no slope that
    a layer may have.
    """
    if not isinstance(slope, float | int) or not 0 < slope < 1:
        return None
    mantissa, exponent = math.frexp(slope)
    halvings = 1 - exponent
    return halvings if mantissa == 0.5 and halvings <= MAX_HALVINGS else None
