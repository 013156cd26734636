"""Weights whose output channels have scales of their own, all powers of two.

``quantized_bits`` of QKeras has them as an array in place of alpha, or computed by ``auto_po2`` and
kept in ``post_training_scale``. The integers of all channels then count steps of the smallest.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint

Raw = npt.NDArray[np.int64]
Rounded = Callable[[npt.NDArray[np.float32]], Raw]
MAX_EXPONENT = 40


@dataclass(frozen=True)
class Scales:
    """Scales that fit an array of weights as NumPy broadcasts them.

    Attributes:
        powers: log2 of each.
        frozen: whether ``auto_po2`` computed them: values are rounded to multiples of the scale,
            halves away from zero. Else they scale what was rounded.
        where: names file, layer and key.
    """

    powers: Raw
    frozen: bool
    where: str

    @classmethod
    def of(cls, values: Any, frozen: bool, where: str) -> "Scales":
        """From nested lists of numbers.

        Raises:
            BadInput: they are no powers of two.
        """
        try:
            numbers = np.array(values)
        except ValueError:  # rows of different lengths, or too deep
            numbers = np.array([])
        if not numbers.size or numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
            raise BadInput(f"{where}={short(values)}, allowed are powers of two")
        mantissas, powers = np.frexp(numbers)
        wrong = numbers[(mantissas != 0.5) | (abs(powers) > MAX_EXPONENT)]
        if wrong.size:
            raise BadInput(f"{where} holds {wrong[0]:g}, allowed are powers of two")
        return cls(powers.astype(np.int64) - 1, frozen, where)

    def spread(self, kind: FixedPoint) -> FixedPoint:
        """The type that holds values of ``kind`` times any of the scales.

        Raises:
            ValueError: it would be too wide.
        """
        highest, lowest = int(self.powers.max()), int(self.powers.min())
        width, integer = kind.width + highest - lowest, kind.integer + highest
        return replace(kind, width=width, integer=integer)

    def rounded(self, kind: FixedPoint) -> Rounded:
        """How values become integers of ``spread(kind)``, as QKeras computes them.

        What is returned raises ``BadInput`` for an array that the scales do not fit.
        """
        codes = self._multiples(kind) if self.frozen else kind.quantise

        def raw(values: npt.NDArray[np.float32]) -> Raw:
            self._require_fit(values.shape)
            return np.asarray(codes(values) << (self.powers - self.powers.min()))

        return raw

    def _multiples(self, kind: FixedPoint) -> Rounded:
        """In float32 like QKeras, where a half is added that may itself be rounded."""
        steps = np.ldexp(np.float32(kind.lsb), self.powers).astype(np.float32)

        def codes(values: npt.NDArray[np.float32]) -> Raw:
            sizes = np.minimum(np.floor(abs(values) / steps + np.float32(0.5)), kind.raw_max)
            return np.asarray(np.copysign(sizes, values).astype(np.int64))

        return codes

    def _require_fit(self, shape: tuple[int, ...]) -> None:
        own = self.powers.shape
        behind = shape[len(shape) - len(own) :]
        if len(own) > len(shape) or any(
            n not in (1, size) for n, size in zip(own, behind, strict=True)
        ):
            raise BadInput(f"{self.where} has shape {own}, the weights have {shape}")
