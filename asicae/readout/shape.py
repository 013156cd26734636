"""How charge lies in modules: occupancy, share of the hottest cell, correlations of cells.

Collected by layer, interval of pseudorapidity and density of the module. The front end sends a
code for each cell, and code 0 is decoded to 1 or 4 (``codes.decode_4e3m``): where no cell of a
density is ever 0, the charges of that density still hold the decoded code 0, and a cell with it is
empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.module.geometry import CENTRES, N_CELLS
from asicae.readout.readouts import Readouts

ETA_EDGES: Final = (0.0, 1.5, 1.7, 1.9, 2.1, 2.3, 2.5, 2.7, 3.0)
"""Lower edges of the intervals of |eta|."""
UNKNOWN_ETA: Final = -1
"""Stands for the interval of modules whose eta is unknown."""
_DISTANCE: Final = np.linalg.norm(CENTRES[:, None] - CENTRES[None], axis=-1)
NEAR: Final = np.isclose(_DISTANCE, 2.0)
"""Pairs of cells that touch, bool[48, 48]."""
FAR: Final = _DISTANCE > 8.0
"""Pairs of cells that are more than four cells apart, bool[48, 48]."""
FEWEST: Final = 30
"""Degrees of freedom without which no correlation is given."""

Integers = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """How charge lies in some modules.

    Attributes:
        modules: how many.
        occupancy: mean number of cells above the lowest code.
        hottest: mean share of the largest charge in the sum, of modules with charge; 0 without.
        near: mean correlation of ln(1 + CALQ) between cells that touch, within groups of equal
            layer, pseudorapidity and density, of full modules; NaN where these are too few.
        far: the same of cells that are more than four cells apart.
    """

    modules: int
    occupancy: float
    hottest: float
    near: float
    far: float


@dataclass
class _Group:
    """Sums over modules; first axis: charges above 0, charges above the decoded code 0."""

    occupancy: Integers = field(default_factory=lambda: np.zeros((2, N_CELLS + 1), np.int64))
    hottest: Array = field(default_factory=lambda: np.zeros(2))
    charged: Integers = field(default_factory=lambda: np.zeros(2, np.int64))
    full: int = 0
    first: Array = field(default_factory=lambda: np.zeros(N_CELLS))
    second: Array = field(default_factory=lambda: np.zeros((N_CELLS, N_CELLS)))

    def add(self, calq: npt.NDArray[np.int32], partial: npt.NDArray[np.bool_], least: int) -> None:
        """Count modules of one density whose code 0 is decoded to ``least``."""
        for row, charges in enumerate((calq, np.where(calq > least, calq, 0))):
            self.occupancy[row] += np.bincount((charges > 0).sum(axis=1), minlength=N_CELLS + 1)
            total = charges.sum(axis=1, dtype=np.int64)
            filled = total > 0
            self.hottest[row] += (charges.max(axis=1)[filled] / total[filled]).sum()
            self.charged[row] += int(filled.sum())
        amplitude = np.log1p(calq[~partial].astype(np.float64))
        self.full += len(amplitude)
        self.first += amplitude.sum(axis=0)
        self.second += amplitude.T @ amplitude

    def scatter(self) -> Array:
        """Sum of products of deviations from the mean of the group, float[48, 48]."""
        return self.second - np.outer(self.first, self.first) / max(self.full, 1)


class Shapes:
    """Collects modules a chunk at a time."""

    def __init__(self, least: tuple[int, int]) -> None:
        """``least``: what code 0 is decoded to in modules of low and of high density."""
        self.least = least
        self._groups: dict[tuple[int, int, int], _Group] = {}
        self._zeros, self._full = [False, False], [False, False]

    def add(self, readouts: Readouts) -> None:
        """Count one chunk."""
        eta = np.searchsorted(ETA_EDGES, np.abs(readouts.eta), side="right") - 1
        eta = np.where(readouts.eta == 0, UNKNOWN_ETA, eta)
        keys = np.stack([readouts.layer, eta, readouts.high_density], axis=1).astype(np.int64)
        found, index = np.unique(keys, axis=0, return_inverse=True)
        for row, key in enumerate(found.tolist()):
            here = np.flatnonzero(index.ravel() == row)
            group = self._groups.setdefault((key[0], key[1], key[2]), _Group())
            calq, partial = readouts.calq[here], readouts.partial[here]
            group.add(calq, partial, self.least[key[2]])
            # Cells that a partial module lacks are 0 in any case.
            self._zeros[key[2]] |= bool((calq[~partial] == 0).any())
            self._full[key[2]] |= not partial.all()

    def lowest(self) -> tuple[int, int]:
        """Largest charge that is empty, in modules of low and of high density."""
        return self._lowest(0), self._lowest(1)

    def _lowest(self, dense: int) -> int:
        return self.least[dense] if self._full[dense] and not self._zeros[dense] else 0

    def layers(self) -> list[int]:
        """The layers that are present."""
        return sorted({key[0] for key in self._groups})

    def etas(self) -> list[int]:
        """The intervals of |eta| that are present, as places in ``ETA_EDGES``."""
        return sorted({key[1] for key in self._groups})

    def occupancy(self, layer: int) -> Integers:
        """Modules of a layer with 0..48 cells above the lowest code, int64[49]."""
        chosen = [key for key in self._groups if key[0] == layer]
        return np.asarray(sum(self._groups[key].occupancy[self._row(key)] for key in chosen))

    def shape(self, layer: int | None = None, eta: int | None = None) -> Shape:
        """Of the modules of a layer, an interval of |eta|, or all."""
        chosen = self._chosen(layer, eta)
        counts = sum(self._groups[key].occupancy[self._row(key)] for key in chosen)
        charged = sum(int(self._groups[key].charged[self._row(key)]) for key in chosen)
        hottest = sum(float(self._groups[key].hottest[self._row(key)]) for key in chosen)
        modules = int(np.sum(counts))
        correlation = self.correlation(layer, eta)
        return Shape(
            modules,
            float((counts * np.arange(N_CELLS + 1)).sum() / modules),
            hottest / charged if charged else 0.0,
            mean_of(correlation, NEAR),
            mean_of(correlation, FAR),
        )

    def correlation(self, layer: int | None = None, eta: int | None = None) -> Array:
        """Correlation of ln(1 + CALQ) of cells within groups, float[48, 48]; NaN is unknown."""
        groups = [self._groups[key] for key in self._chosen(layer, eta)]
        if sum(max(group.full - 1, 0) for group in groups) < FEWEST:
            return np.full((N_CELLS, N_CELLS), np.nan)
        scatter = np.sum([group.scatter() for group in groups], axis=0)
        # A group whose cells are all alike has no scatter but that of rounding.
        size = np.sqrt(np.maximum(np.diag(scatter), 0.0))
        known = size > 1e-6 * np.sqrt(max(sum(group.full for group in groups), 1))
        with np.errstate(invalid="ignore", divide="ignore"):
            both = known[:, None] & known[None]
            return np.where(both, scatter / np.outer(size, size), np.nan)

    def full_modules(self) -> int:
        """Modules behind the correlation of all."""
        return sum(group.full for group in self._groups.values())

    def _chosen(self, layer: int | None, eta: int | None) -> Sequence[tuple[int, int, int]]:
        return [
            key
            for key in self._groups
            if (layer is None or key[0] == layer) and (eta is None or key[1] == eta)
        ]

    def _row(self, key: tuple[int, int, int]) -> int:
        return int(self._lowest(key[2]) > 0)


def mean_of(correlation: Array, pairs: npt.NDArray[np.bool_]) -> float:
    """Mean correlation of pairs of cells, NaN where none is known."""
    values = correlation[pairs]
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else float("nan")


def eta_words(place: int) -> str:
    """An interval of |eta| in words."""
    if place == UNKNOWN_ETA:
        return "unknown"
    if place + 1 == len(ETA_EDGES):
        return f"{ETA_EDGES[place]:g} and more"
    return f"{ETA_EDGES[place]:g}-{ETA_EDGES[place + 1]:g}"
