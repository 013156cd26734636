"""How close a decoded image is to the charges that entered the concentrator; no TensorFlow here."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput, MissingTool
from asicae.module.geometry import CENTRES, N_CELLS

Floats = npt.NDArray[np.float64]

EVENTS_PER_PROCESS = 20_000
"""Starting a process takes about a second, in which one core does so many distances."""


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
    def error(self) -> float:
        """Standard error of the mean over independent events; NaN for fewer than two."""
        if self.values.size < 2:
            return float("nan")
        return float(self.values.std(ddof=1) / np.sqrt(self.values.size))

    @property
    def excluded(self) -> int:
        """Number of events without a distance."""
        return int((~self.kept).sum())


@dataclass(frozen=True)
class EnergyScale:
    """Ratio of reconstructed to true charge over the events that have true charge.

    Of the module sum (``energy_scale``) or of the hottest cell (``hottest_cell_scale``).
    """

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
    return emd_of_many(reference, [reconstructed])[0]


def emd_of_many(
    reference: npt.ArrayLike, reconstructed: Iterable[npt.ArrayLike], processes: int = 1
) -> list[Distances]:
    """Distances of several reconstructions [n,48] of the same events; see ``emd``.

    Args:
        reference: [n,48] charges.
        reconstructed: as many as wanted; each is looked at once.
        processes: at most so many share the work, each with ``EVENTS_PER_PROCESS`` or more.
    """
    emd2 = _exact_transport()
    parts = [_differences(reference, image) for image in reconstructed]
    differences = np.concatenate([difference for difference, _ in parts])
    processes = min(processes, len(differences) // EVENTS_PER_PROCESS)
    if processes > 1:
        from asicae.metrics.transport_process import share_out

        costs = share_out(differences, processes)
    else:
        costs = transport(differences, emd2)
    borders = np.cumsum([len(difference) for difference, _ in parts])[:-1]
    return [
        Distances(values, kept)
        for values, (_, kept) in zip(np.split(costs, borders), parts, strict=True)
    ]


def transport(differences: Floats, emd2: Any = None) -> Floats:
    """Cost float64[n] of moving the surplus of rows [n,48] (AE order, each sums to 0) home."""
    solver, distances = emd2 or _exact_transport(), ground_distances()
    return np.array([_transport(row, distances, solver) for row in differences], dtype=np.float64)


def energy_scale(reference: npt.ArrayLike, reconstructed: npt.ArrayLike) -> EnergyScale:
    """Response and resolution of the module sum.

    Args:
        reference: [n,48] charges in AE order.
        reconstructed: [n,48] charges in the same unit.
    """
    truth = _charges(reference, "reference").sum(axis=1)
    decoded = _charges(reconstructed, "reconstructed").sum(axis=1)
    return _scale(truth, decoded)


def hottest_cell_scale(reference: npt.ArrayLike, reconstructed: npt.ArrayLike) -> EnergyScale:
    """Response and resolution of the cell that truly has the largest charge; the lowest of several.

    Args:
        reference: [n,48] charges in AE order.
        reconstructed: [n,48] charges in the same unit.
    """
    truth = _charges(reference, "reference")
    decoded = _charges(reconstructed, "reconstructed")
    hottest = truth.argmax(axis=1)[:, None]
    charge, found = (np.take_along_axis(image, hottest, axis=1)[:, 0] for image in (truth, decoded))
    return _scale(charge, found)


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


def _scale(truth: Floats, decoded: Floats) -> EnergyScale:
    ratio = decoded[truth > 0] / truth[truth > 0]
    if not ratio.size:
        raise BadInput("energy scale: no event with charge, at least one is needed")
    return EnergyScale(float(ratio.mean()), float(ratio.std()))


def _differences(
    reference: npt.ArrayLike, reconstructed: npt.ArrayLike
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Difference of images of unit sum, float64[kept,48], and which events have one, bool[n]."""
    truth = _charges(reference, "reference")
    decoded = _charges(reconstructed, "reconstructed")
    if truth.shape != decoded.shape:
        raise BadInput(f"emd: {len(truth)} reference and {len(decoded)} reconstructed events")
    true_sum, decoded_sum = truth.sum(axis=1), decoded.sum(axis=1)
    kept = (true_sum > 0) & (decoded_sum > 0)
    scaled = truth[kept] / true_sum[kept, None] - decoded[kept] / decoded_sum[kept, None]
    return scaled, kept


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
        center_dual=False,
    )
    return float(cost * mass)
