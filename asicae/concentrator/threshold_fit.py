"""Lengths of Threshold Sum frames, and the threshold at which they fill the links on average."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.frames import FEWEST_IN_BITMAP, Bytes
from asicae.foundation.errors import BadInput
from asicae.module.calq import checked_calq
from asicae.module.codes import CALQ_MAX
from asicae.module.geometry import N_CELLS

_WORDS_PER_LINK = 2


def _frame_words() -> Bytes:
    number = np.arange(N_CELLS + 1)
    listed = np.where(number == 0, 16, 19 + 13 * number)
    bits = np.where(number < FEWEST_IN_BITMAP, listed, 64 + 7 * number)
    return (-(-bits // WORD_BITS)).astype(np.uint8)


FRAME_WORDS: Final = _frame_words()
"""Words of a frame with 0..48 cells, uint8[49]; never falls from one number to the next."""


def mean_bits(calq: npt.NDArray[np.int32], threshold: int) -> float:
    """Mean bits of a frame of CALQ [n, 48] at a common threshold, nothing truncated."""
    number = np.count_nonzero(calq >= threshold, axis=1)
    return float(FRAME_WORDS[number].mean()) * WORD_BITS


class ThresholdFit:
    """Words that all events seen so far take at every common threshold, in 32 MB.

    Frames have their whole length, as with an endless buffer. An event whose largest charges are
    c1 >= c2 >= ... takes one word, and what its k-th cell adds as long as the threshold is not
    above ck.
    """

    def __init__(self) -> None:
        self._events = 0
        self._added = np.zeros(CALQ_MAX + 1, dtype=np.int64)

    def add(self, calq: npt.ArrayLike) -> None:
        """Count events of CALQ [n, 48].

        Raises:
            BadInput: CALQ of another shape or out of range.
        """
        charges = np.sort(checked_calq(calq), axis=1)[:, ::-1]
        self._events += len(charges)
        for words, column in zip(np.diff(FRAME_WORDS.astype(np.int64)), charges.T, strict=True):
            if words:
                values, counts = np.unique(column, return_counts=True)
                self._added[values] += words * counts

    def lowest(self, links: int) -> int:
        """The lowest threshold at which the mean frame fits ``links`` links.

        Raises:
            BadInput: no events, or charges that do not fit at any threshold.
        """
        return self.lowest_of(links, [1.0])[0]

    def lowest_of(self, links: int, loads: Sequence[float]) -> list[int]:
        """Those at which it takes these shares of them at most.

        Raises:
            BadInput: as :meth:`lowest`.
        """
        if not self._events:
            raise BadInput("threshold: no events, at least one is needed")
        # Words added at threshold t are those of all charges from t on.
        added = np.cumsum(self._added[::-1])[::-1]
        return [self._lowest(added, links, load) for load in loads]

    def _lowest(self, added: npt.NDArray[np.int64], links: int, load: float) -> int:
        words = int(self._events * _WORDS_PER_LINK * links * load)
        room = words - self._events * int(FRAME_WORDS[0])
        if added[-1] > room:
            share = "" if load == 1 else f"{load:g} of "
            raise BadInput(
                f"threshold: the mean frame does not fit {share}{links} links at any threshold"
            )
        # They never grow with the threshold.
        return len(added) - int(np.searchsorted(added[::-1], room, side="right"))


def lowest_threshold(calq: npt.ArrayLike, links: int) -> int:
    """The lowest common threshold at which the mean frame of CALQ [n, 48] fits ``links`` links.

    Raises:
        BadInput: no events, CALQ out of range, or charges that do not fit at any threshold.
    """
    fit = ThresholdFit()
    fit.add(calq)
    return fit.lowest(links)
