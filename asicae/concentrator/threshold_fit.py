"""The threshold at which Threshold Sum fills the links on average."""

import numpy as np
import numpy.typing as npt

from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.links import LINK_BITS
from asicae.concentrator.threshold_sum import FRAME_WORDS
from asicae.errors import BadInput
from asicae.readout.codes import CALQ_MAX
from asicae.readout.dataset import checked_calq


def mean_bits(calq: npt.NDArray[np.int32], threshold: int) -> float:
    """Mean bits of a frame of CALQ [n, 48] at a common threshold, nothing truncated."""
    number = np.count_nonzero(calq >= threshold, axis=1)
    return float(FRAME_WORDS[number].mean()) * WORD_BITS


def lowest_threshold(calq: npt.ArrayLike, links: int) -> int:
    """The lowest common threshold at which the mean frame of CALQ [n, 48] fits ``links`` links.

    Frames have their whole length, as with an endless buffer. A frame never grows with the
    threshold, so the interval is halved until one value is left.

    Raises:
        BadInput: no events, CALQ out of range, or charges that do not fit at any threshold.
    """
    charges = checked_calq(calq)
    if not len(charges):
        raise BadInput("threshold: no events, at least one is needed")
    low, high = 0, CALQ_MAX
    if mean_bits(charges, high) > LINK_BITS * links:
        raise BadInput(f"threshold: the mean frame does not fit {links} links at any threshold")
    while low < high:
        middle = (low + high) // 2
        if mean_bits(charges, middle) <= LINK_BITS * links:
            high = middle
        else:
            low = middle + 1
    return low
