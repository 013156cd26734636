"""Trigger links of the modules of the detector, and the classes of modules that they make.

The public map (``link_map.csv``, which names its source) lists one sector of 120 degrees of a
geometry with two layers more of CE-E and one more of CE-H than ``detector`` has. In CE-E both have
the same lattice, so a module is found by layer and place, turned into the sector. In CE-H the
lattices of the public layers are shifted against each other; all full modules there have the
same number of links, and so have ours.
"""

import csv
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.module.parameters import EM_LAYERS

MAP_EM_LAYERS: Final = 28
"""Layers of CE-E in the geometry of the public map."""
CLASSES: Final = {"quiet": 2, "typical": 5, "dense": 7}
"""Named classes: trigger links of their modules."""

Integers = npt.NDArray[np.int64]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class LinkMap:
    """The silicon modules of one sector that have trigger links, in step.

    Attributes:
        layer: of the public geometry, from 1.
        u: place in the layer, axes as in ``detector.Modules``.
        v: the other axis.
        high_density: whether a trigger cell has 9 sensor cells and not 4.
        full: whether the module has all of its 48 trigger cells.
        links: trigger links (of 32 bits each crossing).
        cells: mean trigger cells above 1.35 transverse MIP at pileup 200, full simulation.
    """

    layer: Integers
    u: Integers
    v: Integers
    high_density: npt.NDArray[np.bool_]
    full: npt.NDArray[np.bool_]
    links: Integers
    cells: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.layer)

    def at(self, index: Any) -> "LinkMap":
        """The modules at ``index``."""
        return LinkMap(*(getattr(self, field.name)[index] for field in fields(self)))


@cache
def link_map() -> LinkMap:
    """The public map, one row a module."""
    text = Path(__file__).with_suffix(".csv").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    table = list(csv.DictReader(rows))

    def integers(name: str) -> Integers:
        return np.array([int(row[name]) for row in table])

    return LinkMap(
        layer=integers("layer"),
        u=integers("u"),
        v=integers("v"),
        high_density=integers("density") == 0,
        full=np.array([row["shape"] == "F" for row in table]),
        links=integers("links"),
        cells=np.array([float(row["cells"]) for row in table]),
    )


def in_sector(u: Array, v: Array) -> tuple[Integers, Integers]:
    """Places (u, v), turned by 0, 120 or 240 degrees into the sector of the map: u > 0, v >= 0.

    The centre (0, 0), which holds no module, stays.
    """
    first, second = np.asarray(u, dtype=np.int64), np.asarray(v, dtype=np.int64)
    for _ in range(2):
        outside = (first <= 0) | (second < 0)
        turned = second - first, -first
        first, second = np.where(outside, turned[0], first), np.where(outside, turned[1], second)
    return first, second


def links_of(layer: Array, u: Array, v: Array) -> Integers:
    """Trigger links int[n] of full modules at places of ``detector``; 0 where the map has none."""
    rows = _rows(layer, u, v)
    links = np.where(rows >= 0, link_map().links[rows], 0)
    behind = np.asarray(layer) > EM_LAYERS
    return np.where(behind, _links_behind(), links)


def published_cells(layer: Array, u: Array, v: Array) -> npt.NDArray[np.float64]:
    """Mean cells above 1.35 transverse MIP at pileup 200 that are published, float[n].

    NaN where the map has no full module, and in CE-H, where its places are not ours.
    """
    rows = _rows(layer, u, v)
    return np.where(rows >= 0, link_map().cells[rows], np.nan)


def class_links(text: str) -> int:
    """Trigger links of a class from its name or the number itself, as in ``dense`` or ``7``.

    Raises:
        BadInput: no class of this name, no full module with so many links.
    """
    every = link_map()
    found = sorted(set(every.links[every.full].tolist()))
    if text in CLASSES:
        return CLASSES[text]
    if text not in map(str, found):
        names = ", ".join(f"{name} ({links})" for name, links in CLASSES.items())
        raise BadInput(
            f"class: found {short(text)}, allowed are {names} and the trigger links of full"
            f" modules, {found[0]}..{found[-1]}"
        )
    return int(text)


@cache
def _links_behind() -> int:
    """Links of every full module of CE-H."""
    every = link_map()
    (links,) = set(every.links[every.full & (every.layer > MAP_EM_LAYERS)].tolist())
    return int(links)


def _rows(layer: Array, u: Array, v: Array) -> Integers:
    """Rows of full modules of CE-E in the map, -1 elsewhere."""
    keys, order = _sorted_keys()
    wanted = _key(np.asarray(layer, dtype=np.int64), *in_sector(u, v))
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    here = (keys[found] == wanted) & (np.asarray(layer) <= EM_LAYERS)
    return np.where(here, order[found], -1)


@cache
def _sorted_keys() -> tuple[Integers, Integers]:
    every = link_map()
    full = np.flatnonzero(every.full)
    keys = _key(every.layer[full], every.u[full], every.v[full])
    order = np.argsort(keys)
    return keys[order], full[order]


def _key(layer: Integers, u: Integers, v: Integers) -> Integers:
    return (layer * 100 + u) * 100 + v
