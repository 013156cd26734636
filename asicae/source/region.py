"""The modules of a layer range and a sector, and the places where particles meet them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.module.link_map import in_sector
from asicae.module.plane import cells_at
from asicae.source import parameters as par
from asicae.source import places

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MARGIN_CM: Final = detector.MODULE_RADIUS_CM + par.PILEUP_MARGIN_CM
"""How far from the centres of the outermost modules particles are followed."""
_REACH: Final = 15  # no module is further along u or v


@dataclass(frozen=True)
class Region:
    """Modules, and where to look them up.

    Attributes:
        modules: of the region, by layers.
        layers: the different layers, ascending.
        rows: row of a module by index of the layer, u and v + 15, int[layers, 31, 31]; -1 = none.
        inner_cm: distance from the beam from which particles are followed, per layer.
        outer_cm: distance up to which they are.
    """

    modules: detector.Modules
    layers: Integers
    rows: Integers
    inner_cm: Array
    outer_cm: Array

    @property
    def z_cm(self) -> Array:
        """Distance of the layers from the collision point."""
        return detector.layers().z_cm[self.layers - 1]

    @property
    def slopes(self) -> tuple[float, float]:
        """Least and largest distance from the beam per distance along it."""
        return float((self.inner_cm / self.z_cm).min()), float((self.outer_cm / self.z_cm).max())

    def near(self, layer: int, place: npt.NDArray[np.complex128]) -> Bools:
        """Which places (cm) are within the region or its margin in the layer of this index."""
        distance = np.abs(place)
        inside = (distance >= self.inner_cm[layer]) & (distance <= self.outer_cm[layer])
        for azimuth, side in zip(detector.SECTOR_AZIMUTHS, (1.0, -1.0), strict=True):
            inside &= side * (place * np.exp(-1j * azimuth)).imag >= -MARGIN_CM
        return np.asarray(inside)

    def cells(self, layer: Integers, x_cm: Array, y_cm: Array) -> tuple[Integers, Integers]:
        """Rows of modules and cells (AE order) that hold places in layers by index; -1 outside."""
        u, v, cell = cells_at(x_cm, y_cm)
        known = (np.abs(u) <= _REACH) & (np.abs(v) <= _REACH)
        row = self.rows[layer, np.where(known, u, 0) + _REACH, np.where(known, v, 0) + _REACH]
        return np.where(known, row, -1), cell


@lru_cache(maxsize=8)
def region_of(
    partial: bool,
    layers: tuple[int, ...] | None,
    links: int | None,
    radius_cm: tuple[float, float] | None,
) -> Region:
    """The modules of the sector of the link map; arguments as in the settings of the source.

    Raises:
        BadInput: no module is left.
    """
    every = detector.modules(partial)
    u, v = in_sector(every.u, every.v)
    chosen = places.chosen(partial, layers, links, radius_cm) & (u == every.u) & (v == every.v)
    modules = every.at(np.flatnonzero(chosen))
    found, index = np.unique(modules.layer, return_inverse=True)
    rows = np.full((len(found), 2 * _REACH + 1, 2 * _REACH + 1), -1)
    rows[index, modules.u + _REACH, modules.v + _REACH] = np.arange(len(modules))

    def ends(choose: Any) -> Array:
        return np.array([choose(modules.radius_cm[modules.layer == layer]) for layer in found])

    inner = np.maximum(ends(np.min) - MARGIN_CM, 1.0)
    return Region(modules, found, rows, inner, ends(np.max) + MARGIN_CM)
