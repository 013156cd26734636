"""Zero-delay activity of a netlist: how often each net changes from one event to the next.

Zero delay means that a net changes at most once a clock: glitches are not in these numbers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.estimation.evaluation import events_mask
from asicae.estimation.logic import Bits
from asicae.foundation.errors import BadInput

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Activity:
    """Per net: ``toggles`` a clock (0..1) and the share of events at one, ``ones`` (0..1)."""

    events: int
    toggles: Floats
    ones: Floats


def toggle_counts(values: Bits, events: int) -> npt.NDArray[np.int64]:
    """Changes of each row of packed events (rows, words) over its first ``events`` events."""
    following = values >> np.uint64(1)
    following[:, :-1] |= values[:, 1:] << np.uint64(63)
    changes = (values ^ following) & events_mask(events - 1, values.shape[1])
    counts: npt.NDArray[np.int64] = np.bitwise_count(changes).sum(axis=1, dtype=np.int64)
    return counts


def measure(values: Bits, events: int) -> Activity:
    """Activity from the values of every net.

    Raises:
        BadInput: fewer than two events.
    """
    if events < 2:
        raise BadInput(f"activity: {events} events, at least 2 are needed for a change")
    ones = np.bitwise_count(values & events_mask(events, values.shape[1])).sum(
        axis=1, dtype=np.int64
    )
    return Activity(events, toggle_counts(values, events) / (events - 1), ones / events)
