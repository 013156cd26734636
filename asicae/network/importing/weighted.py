"""A layer with weights, on its way from the model to the description, and its raw integers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.importing.folding import Bounded, Folding, numbers_of_float32
from asicae.network.importing.quantisers import Quantiser
from asicae.network.importing.walk import Step
from asicae.network.ops.base import Shape, Weighted

NO_BIAS = FixedPoint(1, 1, signed=False)
"""Type of the bias where a layer has none: the least that can be loaded, a zero."""


@dataclass
class WeightedLayer:
    """A layer of the model that has weights, and what happens behind it."""

    step: Step
    layer: Weighted
    """The op with its sizes, without name and types."""
    inputs: Shape
    """Shape of its input."""
    kernel: Quantiser
    bias: Quantiser | None
    folding: Folding | None = None
    """Batch normalisation in kernel and bias."""
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
        self, arrays: Mapping[str, npt.NDArray[Any]], source: str, notes: list[str]
    ) -> dict[str, npt.NDArray[np.int32]]:
        """Raw integers of kernel and bias; ``notes`` takes what is worth knowing about them.

        Raises:
            BadInput: an array that is missing, has another shape, holds NaN, infinity or numbers
                beyond float32, or that QKeras itself does not bring into its type, or not on every
                machine into the same number.
        """
        name = short(self.step.node.name)
        bias_shape = self.layer.bias_shape((self.inputs,))
        wanted = {"kernel": (self.layer.kernel_shape((self.inputs,)), self.kernel)}
        if self.bias is not None:
            wanted["bias"] = (bias_shape, self.bias)
        given = self._values(arrays, list(wanted), f"{source}: layer {name}")
        found = {"bias": np.zeros(bias_shape, dtype=np.int32)}
        for key, (shape, quantiser) in wanted.items():
            where = f"{source}: layer {name}: {key}"
            bounded = given[key]
            if bounded.values.shape != shape:
                raise BadInput(f"{where} has shape {bounded.values.shape}, expected {shape}")
            found[key] = _raw(bounded, quantiser, where)
            notes += [f"layer {name}: {note}" for note in _notes(bounded.values, quantiser, key)]
        return {"kernel": found["kernel"], "bias": found["bias"]}

    def _values(
        self, arrays: Mapping[str, npt.NDArray[Any]], wanted: list[str], where: str
    ) -> dict[str, Bounded]:
        """What is quantised: the arrays, or what the normalisation makes of them."""
        if self.folding is not None:
            return self.folding.folded(arrays)
        if len(arrays) != len(wanted):
            raise BadInput(
                f"{where}: {len(arrays)} arrays of weights, expected {' and '.join(wanted)}"
            )
        values = {
            key: numbers_of_float32(array, f"{where}: {key}")
            for key, array in zip(wanted, arrays.values(), strict=True)
        }
        return {key: Bounded(array, array, array) for key, array in values.items()}


def _plain(kind: FixedPoint) -> FixedPoint:
    """The type of loaded weights: they are never rounded, so its modes mean nothing."""
    return replace(kind, rounding=Rounding.RND_CONV, overflow=Overflow.SAT)


def _raw(bounded: Bounded, quantiser: Quantiser, where: str) -> npt.NDArray[np.int32]:
    """Raw integers; refused is what QKeras in float32 makes another code of."""
    values = bounded.values
    missed = values[quantiser.missed(values)]
    if missed.size:
        raise BadInput(
            f"{where} holds {missed[0]:g}, so far outside {quantiser.type} that QKeras itself, in "
            "float32, does not bring it there"
        )
    raws = quantiser.raw(values)
    unsure = (quantiser.raw(bounded.low) != raws) | (quantiser.raw(bounded.high) != raws)
    if unsure.any():
        raise BadInput(
            f"{where}: {np.count_nonzero(unsure)} of {values.size} numbers that the batch "
            f"normalisation makes, {values[unsure][0]:.9g} among them, lie so close to the middle "
            "of two codes that QKeras may round them otherwise on another machine; import the "
            "layer without it, with the weights of its get_folded_weights()"
        )
    return raws.astype(np.int32)


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
