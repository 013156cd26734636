"""How close a decoded image is to the charges that entered the concentrator; no TensorFlow here."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.errors import BadInput, MissingTool
from asicae.readout.geometry import CENTRES, N_CELLS

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Distances:
    """Earth mover's distances of the events that have one.

    Attributes:
        values: float64[kept], distance in half trigger-cell pitches (adjacent cells = 2.0).
        kept: bool[n], false for an event whose reference or reconstruction sums to zero. Such an
            event has no distance; it is counted, never given a conventional value.
    """

    values: Floats
    kept: npt.NDArray[np.bool_]

    @property
    def mean(self) -> float:
        """Mean over the kept events; NaN when there is none."""
        return float(self.values.mean()) if self.values.size else float("nan")

    @property
    def excluded(self) -> int:
        """Number of events without a distance."""
        return int((~self.kept).sum())


@dataclass(frozen=True)
class EnergyScale:
    """Ratio of reconstructed to true module sum over the events whose true sum is not zero."""

    response: float
    """Mean ratio; 1 is perfect."""
    resolution: float
    """Standard deviation of the ratio."""


def ground_distances() -> Floats:
    """Euclidean distances between trigger-cell centres, float64[48,48]; adjacent cells = 2.0."""
    return np.asarray(np.linalg.norm(CENTRES[:, None] - CENTRES[None], axis=-1))


def emd(reference: npt.ArrayLike, reconstructed: npt.ArrayLike) -> Distances:
    """Exact earth mover's distance per event, both images scaled to unit sum (arXiv:2105.01683).

    The ground metric obeys the triangle inequality, so charge that both images have in a cell need
    not move in an optimal plan: only the difference is handed to POT's network simplex, which
    keeps the result exact and the problem small.

    Args:
        reference: [n,48] charges in AE order, any unit, finite, not negative.
        reconstructed: [n,48] likewise.

    Raises:
        BadInput: other shapes, negative or non-finite charges.
        MissingTool: POT is not installed.
    """
    truth = _charges(reference, "reference")
    decoded = _charges(reconstructed, "reconstructed")
    if truth.shape != decoded.shape:
        raise BadInput(f"emd: {len(truth)} reference and {len(decoded)} reconstructed events")
    true_sum, decoded_sum = truth.sum(axis=1), decoded.sum(axis=1)
    kept = (true_sum > 0) & (decoded_sum > 0)
    difference = truth[kept] / true_sum[kept, None] - decoded[kept] / decoded_sum[kept, None]
    emd2, distances = _exact_transport(), ground_distances()
    values = np.array([_transport(row, distances, emd2) for row in difference], dtype=np.float64)
    return Distances(values, kept)


def energy_scale(reference: npt.ArrayLike, reconstructed: npt.ArrayLike) -> EnergyScale:
    """Response and resolution of the module sum.

    Args:
        reference: [n,48] charges in AE order.
        reconstructed: [n,48] charges in the same unit.
    """
    truth = _charges(reference, "reference").sum(axis=1)
    decoded = _charges(reconstructed, "reconstructed").sum(axis=1)
    ratio = decoded[truth > 0] / truth[truth > 0]
    if not ratio.size:
        raise BadInput("energy scale: no event with charge, at least one is needed")
    return EnergyScale(float(ratio.mean()), float(ratio.std()))


def mean_image(calq: npt.ArrayLike) -> Floats:
    """Mean unit-sum image of the events with charge, float64[48]: the baseline that sends nothing.

    Args:
        calq: [n,48] charges in AE order, of the training events.
    """
    charges = _charges(calq, "mean image")
    charges = charges[charges.sum(axis=1) > 0]
    if not len(charges):
        raise BadInput("mean image: no event with charge, at least one is needed")
    return np.asarray((charges / charges.sum(axis=1, keepdims=True)).mean(axis=0))


def _charges(values: npt.ArrayLike, what: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != N_CELLS:
        raise BadInput(f"{what}: charges of shape {array.shape}, expected (events, {N_CELLS})")
    if not np.isfinite(array).all() or (array < 0).any():
        raise BadInput(f"{what}: charges must be finite and not negative")
    return array


def _exact_transport() -> Any:
    # POT imports every tensor library it finds; metrics need numpy only and should start fast.
    os.environ.setdefault("POT_BACKEND_DISABLE_TENSORFLOW", "1")
    os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")
    os.environ.setdefault("POT_BACKEND_DISABLE_JAX", "1")
    try:
        from ot import emd2
    except ImportError:
        raise MissingTool("POT", "pip install 'asicae[train]'") from None
    return emd2


def _transport(difference: Floats, distances: Floats, emd2: Any) -> float:
    sources, sinks = np.flatnonzero(difference > 0), np.flatnonzero(difference < 0)
    if not len(sources) or not len(sinks):
        return 0.0
    supply, demand = difference[sources], -difference[sinks]
    mass = supply.sum()
    # Both sums are equal up to rounding; the simplex wants them equal and of order one.
    cost = emd2(
        supply / mass,
        demand / demand.sum(),
        np.ascontiguousarray(distances[np.ix_(sources, sinks)]),
        check_marginals=False,
    )
    return float(cost * mass)
