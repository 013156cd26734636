"""Whether cells were read in the wrong order: then other cells than those that touch correlate."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.module.geometry import AE_FROM_SIMULATION, N_CELLS, ORDERS
from asicae.readout.options import Options
from asicae.readout.shape import NEAR, mean_of

_FROM_INPUT: Final = {"ae": np.arange(N_CELLS), "simulation": AE_FROM_SIMULATION}
"""Place in the input of every cell in AE order."""
_OTHER_END: Final = (np.arange(N_CELLS) // 4) * 4 + 3 - np.arange(N_CELLS) % 4
"""Input channels with the first cell of each word at its other end."""
_DEVIATIONS: Final = 6.0
"""Statistical errors of a difference that are taken for one."""
_FACTOR: Final = 1.25
"""How many times as much neighbours have to correlate in another order."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OtherOrder:
    """An order in which neighbouring cells correlate more than as they were read.

    Attributes:
        words: how to read the input instead.
        as_read: mean correlation of cells that touch.
        otherwise: the same in that order.
    """

    words: str
    as_read: float
    otherwise: float

    def __str__(self) -> str:
        return (
            f"the cells seem to stand in another order: those that touch correlate by"
            f" {self.as_read:.3f} as read, by {self.otherwise:.3f} {self.words}"
        )


def other_order(
    correlation: npt.NDArray[np.float64], modules: int, options: Options
) -> OtherOrder | None:
    """The order that fits clearly better than that in which the cells were read, if there is one.

    Args:
        correlation: of cells as they were read, float[48, 48] (AE order).
        modules: that it is the mean of.
        options: with which they were read.
    """
    as_read = mean_of(correlation, NEAR)
    pairs = np.count_nonzero(NEAR & np.isfinite(correlation)) / 2
    if not np.isfinite(as_read) or modules < 2 or not pairs:
        return None
    scores = {
        words: mean_of(correlation[np.ix_(cells, cells)], NEAR)
        for words, cells in _alternatives(options)
    }
    words = max(scores, key=scores.__getitem__)
    error = np.sqrt(2.0 / (modules * pairs))
    clearly = scores[words] - as_read > _DEVIATIONS * error
    if not (clearly and scores[words] > _FACTOR * max(as_read, 0.0)):
        return None
    return OtherOrder(words, as_read, scores[words])


def _alternatives(options: Options) -> Iterator[tuple[str, Integers]]:
    """Words, and the cells as read (AE order) that every true cell would be."""
    channel_of = np.array(options.mux)
    ends = [False, True] if len(set(options.mux)) == N_CELLS else [False]
    first = "low" if options.first_cell == "high" else "high"
    for assumed in ORDERS if options.order is None else (options.order,):
        read_at = np.argsort(_FROM_INPUT[assumed])  # cell as read of every place of the input
        for true in ORDERS:
            for other_end in ends:
                if true == assumed and not other_end:
                    continue
                place = _FROM_INPUT[true]
                if other_end:
                    place = np.argsort(channel_of)[_OTHER_END[channel_of[place]]]
                choices = [f"--order {true}"] if true != assumed else []
                choices += [f"--first-cell {first}"] if other_end else []
                told = "" if options.order else f" (if they were read as {assumed})"
                yield f"with {' '.join(choices)}{told}", read_at[place]
