"""A layer with weights, on its way from the model to the description, and its raw integers."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.importing.quantisers import Quantiser
from asicae.network.importing.walk import Step
from asicae.network.ops.base import Layer, Shape

NO_BIAS = FixedPoint(1, 1, signed=False)
"""Type of the bias where a layer has none: the least that can be loaded, a zero."""


@dataclass
class WeightedLayer:
    """A layer of the model that has weights, and what happens behind it."""

    step: Step
    layer: Layer
    """The op with its sizes, without name and types."""
    inputs: Shape
    """Shape of its input."""
    kernel: Quantiser
    bias: Quantiser | None
    output: FixedPoint | None = None
    relu: bool = False

    def description(self, name: str) -> dict[str, Any]:
        """Fields of the layer's description."""
        return {
            "kind": self.layer.kind,
            "name": name,
            "weight": _plain(self.kernel.type),
            "bias": _plain(self.bias.type) if self.bias else NO_BIAS,
            "output": self.output,
            "relu": self.relu,
            **self.layer.geometry(),
        }

    def raw_arrays(
        self, arrays: list[npt.NDArray[Any]], source: str, notes: list[str]
    ) -> dict[str, npt.NDArray[np.int32]]:
        """Raw integers of kernel and bias; ``notes`` takes what is worth knowing about them.

        Raises:
            BadInput: an array that is missing, has another shape, holds NaN, infinity or numbers
                beyond float32, or that QKeras itself does not bring into its type.
        """
        name = short(self.step.node.name)
        bias_shape = self.layer.bias_shape(self.inputs)
        wanted = {"kernel": (self.layer.kernel_shape(self.inputs), self.kernel)}
        if self.bias is not None:
            wanted["bias"] = (bias_shape, self.bias)
        if len(arrays) != len(wanted):
            raise BadInput(
                f"{source}: layer {name}: {len(arrays)} arrays of weights, "
                f"expected {' and '.join(wanted)}"
            )
        found = {"bias": np.zeros(bias_shape, dtype=np.int32)}
        for (key, (shape, quantiser)), array in zip(wanted.items(), arrays, strict=True):
            where = f"{source}: layer {name}: {key}"
            if array.shape != shape:
                raise BadInput(f"{where} has shape {array.shape}, expected {shape}")
            values = _float32(array, where)
            found[key] = _raw(values, quantiser, where)
            notes += [f"layer {name}: {note}" for note in _notes(values, quantiser, key)]
        return {"kernel": found["kernel"], "bias": found["bias"]}


def _plain(kind: FixedPoint) -> FixedPoint:
    """The type of loaded weights: they are never rounded, so its modes mean nothing."""
    return replace(kind, rounding=Rounding.RND_CONV, overflow=Overflow.SAT)


def _float32(array: npt.NDArray[Any], where: str) -> npt.NDArray[np.float32]:
    """The numbers as QKeras holds them."""
    if not np.isfinite(array).all():
        raise BadInput(f"{where} holds NaN or infinity, allowed are finite numbers")
    largest = np.finfo(np.float32).max
    for value in (array.min(), array.max()):
        if not -largest <= value <= largest:
            raise BadInput(f"{where} holds {value:g}, allowed are numbers of float32")
    return array.astype(np.float32)


def _raw(
    values: npt.NDArray[np.float32], quantiser: Quantiser, where: str
) -> npt.NDArray[np.int32]:
    """Raw integers; refused is what QKeras in float32 makes another code of."""
    missed = values[quantiser.missed(values)]
    if missed.size:
        raise BadInput(
            f"{where} holds {missed[0]:g}, so far outside {quantiser.type} that QKeras itself, in "
            "float32, does not bring it there"
        )
    return quantiser.raw(values).astype(np.int32)


def _notes(values: npt.NDArray[np.float32], quantiser: Quantiser, key: str) -> list[str]:
    """What saturates, and what QKeras gets wrong by a last bit."""
    notes = []
    outside = values[quantiser.outside(values)]
    if outside.size:
        largest = outside[np.argmax(abs(outside))]
        notes.append(
            f"{outside.size} of {values.size} values of the {key} lie outside {quantiser.grid} "
            f"and saturate, as in QKeras; the largest is {largest:g}"
        )
    inexact = quantiser.inexact_in_float32(values)
    if inexact:
        notes.append(
            f"QKeras is off by a last bit of float32 in {inexact} of {values.size} values of the "
            f"{key}; here they are exact"
        )
    return notes
