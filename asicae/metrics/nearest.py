"""Which of many reconstructions is the nearest on average, without measuring them all.

A potential that is optimal for one reconstruction of an event bounds from below how far every other
one of it is (``transport.transport_and_potentials``), and ways to decode differ little. So most are
farther than the nearest one for certain before any distance of theirs is known.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.metrics.distances import distinct_rows, scaled_differences
from asicae.metrics.images import Floats
from asicae.metrics.transport import ground_distances, transport_and_potentials

_BLOCK: Final = 50
"""Events that are measured before a look at whether the others still matter."""
_MARGIN: Final = 1 + 1e-9
"""Beyond what bounds may be wrong by, of which each is a sum of 48 products."""


def nearest_of(reference: npt.ArrayLike, reconstructed: Sequence[npt.ArrayLike]) -> int:
    """Place of the smallest mean distance (``distances.emd``); of equal ones the first.

    Args:
        reference: [n,48] charges; events without any do not count.
        reconstructed: [n,48] each, with charge wherever the reference has it.

    Raises:
        BadInput: no reconstruction, no event with charge, a reconstruction that lacks one; shapes
            and charges that do not fit.
        MissingTool: POT is not installed.
    """
    parts = [scaled_differences(reference, image) for image in reconstructed]
    charged = np.asarray(reference).any(axis=1)
    if not parts or not charged.any():
        raise BadInput("nearest: no reconstruction or no event with charge, both are needed")
    for place, (_, kept) in enumerate(parts):
        if not np.array_equal(kept, charged):
            row = int(np.flatnonzero(kept != charged)[0])
            raise BadInput(f"nearest: reconstruction {place} of event {row} has no charge")
    if len(parts) == 1:
        return 0
    return _Race(np.stack([part for part, _ in parts])).won()


class _Race:
    """Reconstructions by what is known of their distances."""

    def __init__(self, every: Floats) -> None:
        """Take differences float64[c,n,48] of c reconstructions."""
        self._every = every
        rows, place = distinct_rows(every.reshape(-1, every.shape[2]))
        self._costs = np.full(len(rows), np.nan)
        self._row = place.reshape(every.shape[:2])
        # Charge that moves goes to the next cell at least.
        ground = ground_distances()
        self._lower = ground[ground > 0].min() * np.abs(every).sum(axis=2) / 2

    def won(self) -> int:
        """The nearest; whoever may be nearer than those that are known is looked at next."""
        means: dict[int, float] = {}
        waiting = set(range(len(self._every)))
        while waiting:
            bounds = {each: self._bound(each) for each in waiting}
            each = min(bounds, key=lambda one: (bounds[one], one))
            limit = _MARGIN * min(means.values(), default=np.inf)
            if bounds[each] > limit:
                break
            waiting.remove(each)
            if self._measured(each, limit):
                means[each] = float(self._costs[self._row[each]].mean())
        return min(means, key=lambda one: (means[one], one))

    def _bound(self, each: int) -> float:
        """What its mean distance is at least; the mean itself where all are known."""
        known = self._costs[self._row[each]]
        return float(np.where(np.isnan(known), self._lower[each], known).mean())

    def _measured(self, each: int, limit: float) -> bool:
        """Measure one, unless it turns out to be beyond the limit; whether it is known now."""
        for events in self._unknown(each):
            rows = self._every[:, events]
            costs, potentials = transport_and_potentials(rows[each])
            self._costs[self._row[each, events]] = costs
            bounds = np.abs(np.einsum("cnk,nk->cn", rows, potentials))
            self._lower[:, events] = np.maximum(self._lower[:, events], bounds)
            if self._bound(each) > limit:
                return False
        return True

    def _unknown(self, each: int) -> Iterator[npt.NDArray[np.intp]]:
        events = np.flatnonzero(np.isnan(self._costs[self._row[each]]))
        for start in range(0, len(events), _BLOCK):
            yield events[start : start + _BLOCK]
