"""Trigger towers: transverse energy of whole crossings in bins of pseudorapidity and azimuth.

Neighbouring modules and all layers of an event add to a tower. Binning: github.com/cms-sw/cmssw,
``L1Trigger/L1THGCal/python/hgcalTowerMapProducer_cfi.py``; cells belong to the tower that holds
their centre. Energies: CALQ is transverse charge, times what a MIP stands for in its layer.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.metrics.crossing import Crossing
from asicae.metrics.images import Floats, checked_charges

ETA_EDGES: Final = np.linspace(1.479, 3.0, 19)
PHI_BINS: Final = 72
"""Of 5 degrees each, from -180 on."""
FEWEST_GEV: Final = 1.0
"""Transverse energy from which on a tower has a response."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Towers:
    """The towers of some events that cells of their modules reach, t in all.

    Attributes:
        crossing: the modules.
        event: int64[t], row of the event.
        tower: int64[t], bin of pseudorapidity times ``PHI_BINS`` plus bin of azimuth.
        index: int64[n, 48], which of these each cell belongs to; t where it is outside.
    """

    crossing: Crossing
    event: Integers
    tower: Integers
    index: Integers

    def __len__(self) -> int:
        return len(self.tower)

    def energies(self, charges: npt.ArrayLike) -> Floats:
        """Transverse energy float64[t] in GeV of charges [n, 48] in CALQ units, AE order.

        Raises:
            BadInput: charges that are none, or of another number of modules.
        """
        checked = checked_charges(charges, "tower")
        if checked.shape != self.index.shape:
            raise BadInput(f"towers: charges of {len(checked)} modules, not {len(self.index)}")
        energy = checked * self.crossing.weight[:, None]
        every = np.bincount(self.index.ravel(), energy.ravel(), len(self) + 1)
        return np.asarray(every[: len(self)])


@dataclass(frozen=True)
class TowerEnergy:
    """Decoded beside true energies of towers.

    Attributes:
        error: sum of the absolute differences over the sum of the true energies. What modules of
            different classes do adds up to no more than the mean of their errors by energy, so
            what holds for each class holds for a sector.
        towers: how many have ``FEWEST_GEV`` and more.
        response: mean of decoded over true energy of these; None without any.
        resolution: standard deviation of that.
    """

    error: float
    towers: int
    response: float | None
    resolution: float | None


def towers_of(crossing: Crossing) -> Towers:
    """The towers that modules reach."""
    eta = np.arcsinh(1.0 / np.abs(crossing.slope))
    row = np.searchsorted(ETA_EDGES, eta, side="right") - 1
    turn = (np.angle(crossing.slope) + np.pi) / (2.0 * np.pi)
    column = np.minimum((turn * PHI_BINS).astype(np.int64), PHI_BINS - 1)
    rows = len(ETA_EDGES) - 1
    inside = (row >= 0) & (row < rows)
    towers = rows * PHI_BINS
    key = np.where(inside, crossing.event[:, None] * towers + row * PHI_BINS + column, -1)
    keys, index = np.unique(key, return_inverse=True)
    index = index.reshape(key.shape).astype(np.int64)
    if keys[0] < 0:  # outside comes first, and goes last
        keys, index = keys[1:], np.where(index == 0, len(keys) - 1, index - 1)
    return Towers(crossing, keys // towers, keys % towers, index)


def tower_energy(true: Floats, decoded: Floats) -> TowerEnergy:
    """Compare energies [t] of the same towers.

    Raises:
        BadInput: no true energy.
    """
    total = true.sum()
    if not total > 0:
        raise BadInput("towers: no energy in any, at least one is needed")
    high = true >= FEWEST_GEV
    ratios = decoded[high] / true[high]
    return TowerEnergy(
        error=float(np.abs(decoded - true).sum() / total),
        towers=int(high.sum()),
        response=float(ratios.mean()) if ratios.size else None,
        resolution=float(ratios.std()) if ratios.size else None,
    )
