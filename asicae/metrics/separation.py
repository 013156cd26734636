"""How well two kinds of events are told apart by some figures of each.

A linear discriminant (R. A. Fisher, Annals of Eugenics 7 (1936) 179) is fitted to one half of the
events and used on the other, and the other way round. The area under its curve of shares kept is
the share of pairs in the right order, with its error from J. A. Hanley, B. J. McNeil, Radiology 143
(1982) 29.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import rankdata

from asicae.foundation.errors import BadInput
from asicae.metrics.images import Floats

KEPT: Final = 0.95
"""Share of the first kind that is kept."""
FEWEST: Final = 20
"""Events of each kind that are needed."""


@dataclass(frozen=True)
class Separation:
    """How well kinds are told apart.

    Attributes:
        area: probability that an event of the first kind looks more like it than one of the second
            does: 0.5 is chance, 1 is perfect.
        error: its standard error.
        others: share of the second kind that is kept where ``KEPT`` of the first is.
    """

    area: float
    error: float
    others: float


def separation(first: Floats, second: Floats) -> Separation:
    """Tell apart events by figures [a, f] and [b, f]; rows of a kind are in random order.

    Raises:
        BadInput: fewer than ``FEWEST`` events of a kind.
    """
    for many in (first, second):
        if len(many) < FEWEST:
            raise BadInput(f"separation: {len(many)} events of a kind, {FEWEST} are needed")
    found = []
    for mine, others in (
        (slice(0, None, 2), slice(1, None, 2)),
        (slice(1, None, 2), slice(0, None, 2)),
    ):
        direction = _discriminant(first[mine], second[mine])
        found.append(_told(first[others] @ direction, second[others] @ direction))
    areas, kept = zip(*found, strict=True)
    area = float(np.mean(areas))
    return Separation(area, _error(area, len(first), len(second)), float(np.mean(kept)))


def _discriminant(first: Floats, second: Floats) -> Floats:
    """Weights [f] of the figures; those that are the same in all events have none."""
    within = np.cov(first, rowvar=False) + np.cov(second, rowvar=False)
    apart = first.mean(axis=0) - second.mean(axis=0)
    return np.asarray(np.linalg.pinv(np.atleast_2d(within)) @ apart)


def _told(first: Floats, second: Floats) -> tuple[float, float]:
    """Area, and share of the second kind kept."""
    ranks = rankdata(np.concatenate([first, second]))[: len(first)]
    area = (ranks.sum() - len(first) * (len(first) + 1) / 2) / (len(first) * len(second))
    return float(area), float((second >= np.quantile(first, 1 - KEPT)).mean())


def _error(area: float, first: int, second: int) -> float:
    """Standard error of an area."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (first - 1) * (one - area**2) + (second - 1) * (two - area**2)
    return float(np.sqrt(spread / (first * second)))
