"""Reconstructed over true charge: response and resolution."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.metrics.images import Floats, checked_charges


@dataclass(frozen=True)
class EnergyScale:
    """Ratio of reconstructed to true charge over the events that have true charge.

    Of the module sum (``energy_scale``) or of the hottest cell (``hottest_cell_scale``).
    """

    response: float
    """Mean ratio; 1 is perfect."""
    resolution: float
    """Standard deviation of the ratio."""


def energy_scale(reference: npt.ArrayLike, reconstructed: npt.ArrayLike) -> EnergyScale:
    """Response and resolution of the module sum.

    Args:
        reference: [n,48] charges in AE order.
        reconstructed: [n,48] charges in the same unit.

    Raises:
        BadInput: no event with true charge, charges that are none.
    """
    truth = checked_charges(reference, "reference").sum(axis=1)
    decoded = checked_charges(reconstructed, "reconstructed").sum(axis=1)
    return _scale(_ratios(truth, decoded))


def hottest_cell_scale(reference: npt.ArrayLike, reconstructed: npt.ArrayLike) -> EnergyScale:
    """Response and resolution of the hottest cell, see ``hottest_cell_ratios``.

    Raises:
        BadInput: no event with true charge, charges that are none.
    """
    return _scale(hottest_cell_ratios(reference, reconstructed))


def hottest_cell_ratios(reference: npt.ArrayLike, reconstructed: npt.ArrayLike) -> Floats:
    """Reconstructed over true charge of the cell that truly has the most; the lowest of several.

    Args:
        reference: [n,48] charges in AE order.
        reconstructed: [n,48] charges in the same unit.

    Returns:
        float64[m], one of each event with true charge.

    Raises:
        BadInput: charges that are none.
    """
    truth = checked_charges(reference, "reference")
    decoded = checked_charges(reconstructed, "reconstructed")
    hottest = truth.argmax(axis=1)[:, None]
    charge, found = (np.take_along_axis(image, hottest, axis=1)[:, 0] for image in (truth, decoded))
    return _ratios(charge, found)


def _ratios(truth: Floats, decoded: Floats) -> Floats:
    return np.asarray(decoded[truth > 0] / truth[truth > 0])


def _scale(ratios: Floats) -> EnergyScale:
    if not ratios.size:
        raise BadInput("energy scale: no event with charge, at least one is needed")
    return EnergyScale(float(ratios.mean()), float(ratios.std()))
