"""Spectra of charges in bins that are exact when small and narrow in proportion when large."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

EXACT: Final = 64
"""Values below this have a bin each."""
_PER_OCTAVE: Final = 32  # bins between powers of two above: 1/32 of the value wide at most
_OCTAVES: Final = 22  # 64 * 2**22 is more than 48 * (2**22 - 1), the largest sum of a module
N_BINS: Final = EXACT + _PER_OCTAVE * _OCTAVES

Integers = npt.NDArray[np.int64]


def bin_of(values: npt.NDArray[Any]) -> Integers:
    """Bins 0..N_BINS-1 of integers 0..2**28-1, any shape."""
    integers = values.astype(np.int64)
    octave = np.maximum(np.frexp(integers.astype(np.float64))[1] - 7, 0).astype(np.int64)
    fine = EXACT + _PER_OCTAVE * octave + ((integers >> (octave + 1)) & (_PER_OCTAVE - 1))
    return np.where(integers < EXACT, integers, fine)


def edges() -> Integers:
    """Lower edge of every bin and the upper edge of the last, int[N_BINS + 1]."""
    octave, place = np.divmod(np.arange(N_BINS - EXACT), _PER_OCTAVE)
    fine = (_PER_OCTAVE + place) << (octave + 1)
    return np.concatenate([np.arange(EXACT), fine, [EXACT << _OCTAVES]])


def quantiles(counts: Integers, percent: tuple[int, ...]) -> tuple[float, ...]:
    """Values below or at which so many per cent of the entries lie, 0 without entries.

    They are entries themselves below 64 and the middle of a bin (within 1.6 %) above.
    """
    total = int(counts.sum())
    if total == 0:
        return (0.0,) * len(percent)
    borders = edges()
    middle = (borders[:-1] + borders[1:] - 1) / 2.0
    rank = np.ceil(np.array(percent) / 100.0 * total).clip(1, total)
    return tuple(middle[np.searchsorted(np.cumsum(counts), rank)].tolist())
