"""Batch normalisation as a layer of its own, between a layer's sums and its activation.

``output = sum * f + (beta - mean * f)``, ``f = gamma / sqrt(variance + epsilon)`` (Keras'
``BatchNormalization``, ``qkeras/qnormalization.py`` of qkeras-v3 1.2.1). In integers it can only be
part of kernel and bias, so that all of ``f``, ``beta`` and ``mean`` must be quantised:
``QBatchNormalization`` with an ``inverse_quantizer``, which quantises ``f``. Else it is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint
from asicae.network.importing.folding import Folding
from asicae.network.importing.quantisers import Quantiser

NORMALISING: Final = ("BatchNormalization", "QBatchNormalization")
STATISTICS: Final = ("inverse", "beta", "mean")
"""What has a quantiser."""
Raw = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Factors:
    """A factor and a term for each output channel, in integers.

    Attributes:
        factors: raw, in steps of 2^-``fraction``.
        fraction: bits behind the point of a factor.
        terms: raw, in steps of 2^-``term_fraction``.
        term_fraction: bits behind the point of a term.
    """

    factors: Raw
    fraction: int
    terms: Raw
    term_fraction: int

    @classmethod
    def of(
        cls,
        folding: Folding,
        arrays: Mapping[str, npt.NDArray[Any]],
        quantisers: Mapping[str, Quantiser | None],
    ) -> "Factors":
        """As QKeras quantises the statistics of a layer.

        Args:
            folding: the normalisation.
            arrays: of the layer.
            quantisers: of ``inverse``, ``beta`` and ``mean``, None where there is none.

        Raises:
            BadInput: one is not quantised, an array is missing or of another shape, a factor is
                quantised otherwise on another machine.
        """
        given = dict(zip(STATISTICS, folding.statistics(arrays), strict=True))
        found: dict[str, tuple[Raw, int]] = {}
        for name, values in given.items():
            quantiser = quantisers[name]
            if quantiser is None:
                what = "factors" if name == "inverse" else name
                low, high = float(values.values.min()), float(values.values.max())
                raise BadInput(
                    f"{folding.where}: {what} from {low:g} to {high:g} that are not quantised have "
                    "no integers; allowed is QConv2DBatchnorm or QDenseBatchnorm in place of it "
                    "and the layer before, trained further, or QBatchNormalization with quantisers "
                    "of inverse, beta and mean"
                )
            raw = values.raw(quantiser, f"{folding.where}: {name}")
            found[name] = raw, quantiser.type.fraction
        (factors, fraction), (terms, term_fraction), (centres, centre_fraction) = found.values()
        product = fraction + centre_fraction
        common = max(product, term_fraction)
        moved = (terms << common - term_fraction) - (centres * factors << common - product)
        factors, fraction = _shortest(factors, fraction)
        return cls(factors, fraction, *_shortest(moved, common))

    def kernel_type(self, kind: FixedPoint, where: str) -> FixedPoint:
        """Type of a kernel of ``kind`` with the factors."""
        return _spanning(*self._products(kind), kind.fraction + self.fraction, where)

    def bias_type(self, kind: FixedPoint, where: str) -> FixedPoint:
        """Type of a bias of ``kind`` with factors and terms."""
        low, high = self._products(kind)
        product, common = self._aligned(kind)
        terms = self.terms << common - self.term_fraction
        return _spanning((low << product) + terms, (high << product) + terms, common, where)

    def kernel(self, raw: Raw) -> Raw:
        """Raw kernel with the factors; its last axes are the channels of the output."""
        channels = raw.reshape(-1, len(self.factors))
        return np.asarray(channels * self.factors).reshape(raw.shape)

    def bias(self, raw: Raw, kind: FixedPoint) -> Raw:
        """Raw bias of ``kind`` with factors and terms."""
        product, common = self._aligned(kind)
        terms = self.terms << common - self.term_fraction
        return np.asarray((raw * self.factors << product) + terms)

    def _aligned(self, kind: FixedPoint) -> tuple[int, int]:
        """Left shift of a product, and the bits behind the point of a sum."""
        own = kind.fraction + self.fraction
        common = max(own, self.term_fraction)
        return common - own, common

    def _products(self, kind: FixedPoint) -> tuple[Raw, Raw]:
        ends = [self.factors * limit for limit in kind.limits]
        return np.minimum(*ends), np.maximum(*ends)


def _shortest(raw: Raw, fraction: int) -> tuple[Raw, int]:
    """The same numbers without zeros that all of them end in."""
    if not raw.any():
        return raw, 0
    while not (raw & 1).any():
        raw, fraction = raw >> 1, fraction - 1
    return raw, fraction


def _spanning(low: Raw, high: Raw, fraction: int, where: str) -> FixedPoint:
    """The narrowest type with a sign from the lowest to the highest number."""
    width = max((-int(low.min()) - 1).bit_length(), int(high.max()).bit_length(), 1) + 1
    try:
        return FixedPoint(width, width - fraction)
    except ValueError as error:
        raise BadInput(
            f"{where}: with the batch normalisation behind it {short(str(error))}"
        ) from None
