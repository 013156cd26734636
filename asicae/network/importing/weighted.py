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
from asicae.network.importing.normalising import Factors
from asicae.network.importing.quantisers import Quantiser
from asicae.network.importing.read_layer import ReadLayer
from asicae.network.ops.base import Weighted

NO_BIAS = FixedPoint(1, 1, signed=False)
"""Type of the bias where a layer has none: the least that can be loaded, a zero."""


@dataclass(eq=False, kw_only=True)
class WeightedLayer(ReadLayer):
    """A layer that has weights.

    Attributes:
        kernel: what quantises its kernel.
        bias: what quantises its bias, None where it has none.
        folding: batch normalisation in kernel and bias, before they are quantised.
        factors: batch normalisation behind the sums.
    """

    layer: Weighted
    kernel: Quantiser
    bias: Quantiser | None
    folding: Folding | None = None
    factors: Factors | None = None

    def description(self, name: str, inputs: tuple[str, ...], source: str) -> dict[str, Any]:
        """Fields of the layer's description; ``inputs`` are the names of its operands.

        Raises:
            BadInput: the batch normalisation behind it needs a wider type than there is.
        """
        kernel, bias = self._types(source)
        weights = {"weight": _plain(kernel), "bias": _plain(bias)}
        return super().description(name, inputs, source) | weights

    def _integer_bits(self, seen: FixedPoint, source: str) -> tuple[bool, int]:
        if self.slope is None:
            raise BadInput(f"{source}: layer {short(self.step.node.name)}: sums without a type")
        return True, self.slope.integer_bits(source)

    def _fraction(self, seen: FixedPoint, source: str) -> int:
        kernel, bias = self._types(source)
        return max(kernel.fraction + seen.fraction, bias.fraction)

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
        bias_shape = self.layer.bias_shape(self.inputs)
        wanted = {"kernel": (self.layer.kernel_shape(self.inputs), self.kernel)}
        if self.bias is not None:
            wanted["bias"] = (bias_shape, self.bias)
        given = self._values(arrays, list(wanted), f"{source}: layer {name}")
        found = {"bias": np.zeros(bias_shape, dtype=np.int64)}
        for key, (shape, quantiser) in wanted.items():
            where = f"{source}: layer {name}: {key}"
            bounded = given[key]
            if bounded.values.shape != shape:
                raise BadInput(f"{where} has shape {bounded.values.shape}, expected {shape}")
            found[key] = bounded.raw(quantiser, where)
            notes += [f"layer {name}: {note}" for note in _notes(bounded.values, quantiser, key)]
        if self.factors is not None:
            bias_type = self.bias.type if self.bias else NO_BIAS
            found = {
                "kernel": self.factors.kernel(found["kernel"]),
                "bias": self.factors.bias(found["bias"], bias_type),
            }
        return {key: found[key].astype(np.int32) for key in ("kernel", "bias")}

    def _types(self, source: str) -> tuple[FixedPoint, FixedPoint]:
        """Of kernel and bias as they are loaded."""
        kernel, bias = self.kernel.type, self.bias.type if self.bias else NO_BIAS
        if self.factors is None:
            return kernel, bias
        where = f"{source}: layer {short(self.step.node.name)}"
        return (
            self.factors.kernel_type(kernel, f"{where}: kernel"),
            self.factors.bias_type(bias, f"{where}: bias"),
        )

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
        return {key: Bounded.exactly(array) for key, array in values.items()}


def _plain(kind: FixedPoint) -> FixedPoint:
    """The type of loaded weights: they are never rounded, so its modes mean nothing."""
    return replace(kind, rounding=Rounding.RND_CONV, overflow=Overflow.SAT)


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
