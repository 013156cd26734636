"""Earth mover's distance between images; no TensorFlow here."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.metrics.images import Floats, checked_charges
from asicae.metrics.transport import exact_solver, transport
from asicae.metrics.transport_process import share_out

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

    Raises:
        BadInput: see ``emd``.
        MissingTool: POT is not installed.
    """
    exact_solver()  # before any work: it may be missing
    parts = [scaled_differences(reference, image) for image in reconstructed]
    if not parts:
        return []
    differences, place = distinct_rows(np.concatenate([difference for difference, _ in parts]))
    processes = min(processes, len(differences) // EVENTS_PER_PROCESS)
    costs = share_out(differences, processes) if processes > 1 else transport(differences)
    costs = costs[place]
    borders = np.cumsum([len(difference) for difference, _ in parts])[:-1]
    return [
        Distances(values, kept)
        for values, (_, kept) in zip(np.split(costs, borders), parts, strict=True)
    ]


def distinct_rows(rows: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Rows that differ in a bit, float64[m,48], and which of them each row is, int[n].

    Ways to decode make one image of an event of which every cell was sent.
    """
    bits = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.itemsize * rows.shape[1])))
    _, first, place = np.unique(bits.ravel(), return_index=True, return_inverse=True)
    return rows[first], place


def scaled_differences(
    reference: npt.ArrayLike, reconstructed: npt.ArrayLike
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Difference of images of unit sum, float64[kept,48], and which events have one, bool[n]."""
    truth = checked_charges(reference, "reference")
    decoded = checked_charges(reconstructed, "reconstructed")
    if truth.shape != decoded.shape:
        raise BadInput(f"emd: {len(truth)} reference and {len(decoded)} reconstructed events")
    true_sum, decoded_sum = truth.sum(axis=1), decoded.sum(axis=1)
    kept = (true_sum > 0) & (decoded_sum > 0)
    scaled = truth[kept] / true_sum[kept, None] - decoded[kept] / decoded_sum[kept, None]
    return scaled, kept
