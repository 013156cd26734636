"""Batch normalisation that QKeras folds into kernel and bias before it quantises them.

``QConv2DBatchnorm`` (``qkeras/qconv2d_batchnorm.py``, QKeras 0.9.0 and qkeras-v3 1.2.1) and
``QDenseBatchnorm`` of qkeras-v3 compute in use, whatever ``folding_mode`` and ``ema_freeze_delay``
say of the training, with the moving statistics: ``f = gamma / sqrt(variance + epsilon)``, the
kernel is the quantised ``f * kernel``, the bias the quantised ``f * (bias - mean) + beta``.

They do so in float32, with a reciprocal square root that libraries round differently. So each
number is bounded, and taken only where all that lies between its bounds is quantised alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing import fields
from asicae.network.importing.architecture import Node
from asicae.network.importing.model_file import named
from asicae.network.importing.quantisers import Quantiser

FOLDED: Final = ("QConv2DBatchnorm", "QDenseBatchnorm")
EPSILON: Final = 0.001
"""Where the file says none, as in Keras."""
RELATIVE: Final = 2.0**-21
"""Of a product: sum, root, reciprocal and two products in float32, the root to two last bits."""
SMALLEST: Final = 2.0**-125
"""Below it float32 may become zero."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Bounded:
    """Numbers as QKeras computes them, within what its libraries may make of them.

    Attributes:
        values: the nearest of float32.
        low: not above any of them.
        high: not below any of them.
    """

    values: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, exact: npt.NDArray[np.float64], error: npt.NDArray[np.float64]) -> "Bounded":
        """Numbers that are off by no more than ``error``; infinite where float32 ends."""
        with np.errstate(over="ignore"):
            low, high = (exact - error).astype(np.float32), (exact + error).astype(np.float32)
            values = exact.astype(np.float32)
        down, up = np.float32(-np.inf), np.float32(np.inf)
        return cls(values, np.nextafter(low, down), np.nextafter(high, up))

    @classmethod
    def exactly(cls, values: Floats) -> "Bounded":
        """Numbers that are what they are."""
        return cls(values, values, values)

    def raw(self, quantiser: Quantiser, where: str) -> npt.NDArray[np.int64]:
        """Raw integers.

        Raises:
            BadInput: QKeras in float32 makes another code of one, or may on another machine.
        """
        missed = self.values[quantiser.missed(self.values)]
        if missed.size:
            raise BadInput(
                f"{where} holds {missed[0]:g}, so far outside {quantiser.type} that QKeras itself, "
                "in float32, does not bring it there"
            )
        raws = quantiser.raw(self.values)
        unsure = (quantiser.raw(self.low) != raws) | (quantiser.raw(self.high) != raws)
        if unsure.any():
            raise BadInput(
                f"{where}: {np.count_nonzero(unsure)} of {raws.size} numbers that the batch "
                f"normalisation makes, {self.values[unsure][0]:.9g} among them, lie so close to "
                "the middle of two codes that QKeras may round them otherwise on another machine; "
                "import the layer without it, with the weights of its get_folded_weights()"
            )
        return raws


@dataclass(frozen=True)
class Folding:
    """The normalisation of one layer; ``where`` names file and layer.

    Attributes:
        epsilon: added to the variance.
        scale: whether there is a gamma.
        use_bias: whether the layer itself has a bias.
        width: output channels.
    """

    where: str
    epsilon: float
    scale: bool
    use_bias: bool
    width: int

    @classmethod
    def of(
        cls, source: str, node: Node, width: int, *, of_image: bool, training: bool
    ) -> "Folding":
        """As the configuration says; ``of_image`` where it normalises images.

        Raises:
            BadInput: a normalisation over other axes, without beta, or with statistics of the
                events themselves.
        """
        axes = (-1, [-1], 3, [3]) if of_image else (-1, [-1], 1, [1])
        fields.require(source, node, "axis", *axes)
        fields.require(source, node, "center", True, None)
        for key in ("renorm", "virtual_batch_size"):
            fields.require(source, node, key, False, None)
        if training:
            raise fields.refusal(source, node, "training=True, so it normalises by the events")
        epsilon = node.config.get("epsilon", EPSILON)
        if (
            isinstance(epsilon, bool)
            or not isinstance(epsilon, int | float)
            or not 0 <= epsilon < 1
        ):
            raise fields.refusal(source, node, f"epsilon={short(epsilon)}, allowed are 0 to 1")
        gamma, bias = (node.config.get(key, True) is not False for key in ("scale", "use_bias"))
        where = f"{source}: layer {short(node.name)}"
        return cls(where, float(epsilon), gamma, bias, width)

    def folded(self, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Bounded]:
        """Kernel and bias before they are quantised.

        Raises:
            BadInput: an array is missing, of another shape, or holds what is no number of float32;
                a variance with ``epsilon`` is not above zero.
        """
        own = ("kernel", "bias") if self.use_bias else ("kernel",)
        given = self._given(named(arrays, own, self._statistics), own)
        factor = self._factor(given)
        kernel = factor * given["kernel"]
        moved = factor * (given.get("bias", np.float64(0)) - given["moving_mean"])
        bias = moved + given["beta"]
        error = abs(moved) * RELATIVE + abs(bias) * 2.0**-23
        return {
            "kernel": Bounded.of(kernel, _error(kernel, abs(kernel) * RELATIVE)),
            "bias": Bounded.of(bias, _error(moved, error)),
        }

    def statistics(
        self, arrays: Mapping[str, npt.NDArray[Any]]
    ) -> tuple[Bounded, Bounded, Bounded]:
        """Factor, beta and mean of a normalisation that is a layer of its own.

        Raises:
            BadInput: as ``folded``.
        """
        given = self._given(named(arrays, self._statistics), ())
        factor = self._factor(given)
        beta, mean = (
            Bounded.exactly(given[name].astype(np.float32)) for name in ("beta", "moving_mean")
        )
        return Bounded.of(factor, _error(factor, abs(factor) * RELATIVE)), beta, mean

    @property
    def _statistics(self) -> tuple[str, ...]:
        return (*(("gamma",) if self.scale else ()), "beta", "moving_mean", "moving_variance")

    def _given(
        self, found: Mapping[str, npt.NDArray[Any]], own: tuple[str, ...]
    ) -> dict[str, npt.NDArray[np.float64]]:
        """The arrays of that name and the statistics, checked."""
        names = (*own, *self._statistics)
        missing = [name for name in names if name not in found]
        if missing:
            raise BadInput(f"{self.where}: no array {missing[0]} among {short(sorted(found))}")
        for name in names[1 if own else 0 :]:
            if found[name].shape != (self.width,):
                raise BadInput(
                    f"{self.where}: {name} has shape {found[name].shape}, expected {(self.width,)}"
                )
        return {name: self._numbers(found[name], name) for name in names}

    def _factor(self, given: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """``gamma / sqrt(variance + epsilon)``."""
        variance = given["moving_variance"] + np.float32(self.epsilon)
        if (variance <= 0).any():
            raise BadInput(
                f"{self.where}: moving_variance holds {given['moving_variance'].min():g}, allowed "
                f"are numbers above -{self.epsilon:g}"
            )
        return np.asarray(given.get("gamma", np.float64(1)) / np.sqrt(variance))

    def _numbers(self, array: npt.NDArray[Any], name: str) -> npt.NDArray[np.float64]:
        return numbers_of_float32(array, f"{self.where}: {name}").astype(np.float64)


def numbers_of_float32(array: npt.NDArray[Any], where: str) -> Floats:
    """The numbers as QKeras holds them.

    Raises:
        BadInput: NaN, infinity, or numbers beyond float32.
    """
    if not np.isfinite(array).all():
        raise BadInput(f"{where} holds NaN or infinity, allowed are finite numbers")
    largest = np.finfo(np.float32).max
    for value in (array.min(), array.max()) if array.size else ():
        if not -largest <= value <= largest:
            raise BadInput(f"{where} holds {value:g}, allowed are numbers of float32")
    return array.astype(np.float32)


def _error(
    computed: npt.NDArray[np.float64], error: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """``error`` with what is lost near zero; a zero stays one."""
    return np.asarray(np.where(computed == 0, error, error + SMALLEST))
