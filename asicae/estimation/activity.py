"""Zero-delay activity of a netlist: how often each net changes from one event to the next.

Zero delay means that a net changes at most once a clock: glitches are not in these numbers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.errors import BadInput
from asicae.estimation.logic import ALL_ONES, Bits

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
    changes = (values ^ following) & _mask(events - 1, values.shape[1])
    return np.bitwise_count(changes).sum(axis=1, dtype=np.int64)


def measure(values: Bits, events: int) -> Activity:
    """Activity from the values of every net.

    Raises:
        BadInput: fewer than two events.
    """
    if events < 2:
        raise BadInput(f"activity: {events} events, at least 2 are needed for a change")
    ones = np.bitwise_count(values & _mask(events, values.shape[1])).sum(axis=1, dtype=np.int64)
    return Activity(events, toggle_counts(values, events) / (events - 1), ones / events)


def _mask(events: int, words: int) -> Bits:
    mask = np.zeros(words, np.uint64)
    mask[: events // 64] = ALL_ONES
    if events % 64:
        mask[events // 64] = (np.uint64(1) << np.uint64(events % 64)) - np.uint64(1)
    return mask
