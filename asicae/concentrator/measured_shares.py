"""Share of a group's charge in its largest cell, by the size of the sum, for frames without a run.

Measured with ``group_spreading.PeakShare`` on 60,000 modules of the synthetic source, half of them
pileup 200 without signal; docs/compare.md says how. A run measures its own.
"""

from typing import Final

import numpy as np

from asicae.concentrator.group_spreading import SIZES, PeakShare

_SHARES: Final = {
    4: (1.0, 1.0, 1.0, 0.99, 0.80, 0.69, 0.61, 0.57, 0.65, 0.79, 0.82, 0.83),
    16: (1.0, 1.0, 1.0, 0.98, 0.72, 0.58, 0.48, 0.39, 0.33, 0.37, 0.67, 0.72, 0.74),
}
"""Cells of a group -> share for sums of 2**i to 2**(i + 1) - 1; larger ones have the last."""


def measured_share(cells: int) -> PeakShare:
    """The share for groups of 4 or 16 cells."""
    shares = _SHARES[cells]
    return PeakShare(np.array(shares + shares[-1:] * (SIZES - len(shares))))
