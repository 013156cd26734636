"""Regimes: parts of the events, measured by themselves.

By how busy a module is, by its class, layer, pseudorapidity and pileup. One mean over modules of a
mixture is mostly one of quiet modules, on which most codes are lossless.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.metrics.images import Floats
from asicae.module.parameters import EM_LAYERS
from asicae.readout.module_class import module_links
from asicae.readout.occupancy import occupied_cells
from asicae.readout.readouts import Readouts

OCCUPANCY: Final = "occupancy"
"""By cells above the lowest code."""
CLASS: Final = "class"
"""By trigger links of the module in the public map."""
LAYER: Final = "layer"
"""By layer: three parts of CE-E, and CE-H."""
ETA: Final = "eta"
"""By absolute pseudorapidity of the centre of the module."""
PILEUP: Final = "pileup"
"""By mean collisions per crossing."""
BREAKDOWNS: Final = (OCCUPANCY, CLASS, LAYER, ETA, PILEUP)
OCCUPANCY_EDGES: Final = (1, 5, 10, 20)
"""Fewest cells of each interval."""
LAYER_EDGES: Final = (1, 9, 17, EM_LAYERS + 1)
"""First layer of each interval."""
ETA_EDGES: Final = (0.0, 1.5, 1.9, 2.3, 2.7)
"""Lower edge of each interval."""
UNKNOWN: Final = "unknown"
"""Modules without a value, beside those with one."""
NO_CLASS: Final = "none"
"""Modules that the map does not tell of, beside those of a class."""
FEWEST: Final = 20
"""A regime of fewer events is left out."""
RESAMPLES: Final = 500
SEED: Final = 1
"""Of the resampling."""
_BAND: Final = (15.87, 84.13)
"""Percent: as one standard deviation of a normal distribution to both sides."""

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Regime:
    """Some of m events.

    Attributes:
        breakdown: one of ``BREAKDOWNS``.
        name: which part: cells, layers and pseudorapidity as in ``"5-9"`` and ``"20+"``, links and
            collisions as in ``"7"``.
        rows: bool[m], its events.
    """

    breakdown: str
    name: str
    rows: Bools

    @property
    def events(self) -> int:
        """Number of its events."""
        return int(np.count_nonzero(self.rows))


@dataclass(frozen=True, eq=False)
class Regimes:
    """The regimes of a set of events.

    Attributes:
        measured: those with enough events, breakdown by breakdown.
        omitted: why a breakdown, as in ``"class"``, or a regime, as in ``"class 9"``, is left out.
    """

    measured: tuple[Regime, ...]
    omitted: Mapping[str, str]


@dataclass(frozen=True)
class MeanBand:
    """A mean over events.

    Attributes:
        mean: of the values.
        low: lower end of the 68 % band of the bootstrap.
        high: upper end.
    """

    mean: float
    low: float
    high: float


def regimes_of(readouts: Readouts, fewest: int = FEWEST) -> Regimes:
    """The regimes of the events with charge, which have a distance; their rows are of these only.

    Args:
        readouts: n modules.
        fewest: events that a regime needs.
    """
    charged = readouts.select(np.flatnonzero(readouts.calq.any(axis=1)))
    cells = occupied_cells(readouts)[readouts.calq.any(axis=1)]
    omitted: dict[str, str] = {}
    every = [
        *_by_occupancy(cells),
        *_by_class(charged, omitted),
        *_intervals(LAYER, charged.layer, LAYER_EDGES, width=1),
        *_by_eta(charged, omitted),
        *_by_pileup(charged, omitted),
    ]
    for regime in every:
        if regime.events < fewest:
            label = f"{regime.breakdown} {regime.name}"
            omitted[label] = f"{regime.events} events, {fewest} are needed"
    return Regimes(tuple(each for each in every if each.events >= fewest), omitted)


def mean_bands(values: Floats, seed: int = SEED) -> list[MeanBand]:
    """Mean and band of every row of ``values`` [c, m], m >= 1.

    The events are drawn again ``RESAMPLES`` times with replacement, the same for all rows.
    """
    generator, events = np.random.default_rng(seed), values.shape[1]
    means = np.empty((RESAMPLES, len(values)))
    for drawn in means:
        counts = np.bincount(generator.integers(0, events, events), minlength=events)
        drawn[:] = values @ counts / events
    low, high = np.percentile(means, _BAND, axis=0)
    # Rounding alone parts the mean from a band without width.
    return [
        MeanBand(float(mean), float(min(first, mean)), float(max(last, mean)))
        for mean, first, last in zip(values.mean(axis=1), low, high, strict=True)
    ]


def _by_occupancy(cells: Integers) -> Iterator[Regime]:
    """The intervals, and events without any cell above the lowest code where there are some."""
    if (cells == 0).any():
        yield Regime(OCCUPANCY, "0", cells == 0)
    yield from _intervals(OCCUPANCY, cells, OCCUPANCY_EDGES, width=1, empty=True)


def _by_class(charged: Readouts, omitted: dict[str, str]) -> Iterator[Regime]:
    links = module_links(charged)
    if not links.any():
        omitted[CLASS] = "no module has a place that is in the public link map"
        return
    for count in sorted(set(links[links > 0].tolist())):
        yield Regime(CLASS, str(count), links == count)
    if (links == 0).any():
        yield Regime(CLASS, NO_CLASS, links == 0)


def _by_eta(charged: Readouts, omitted: dict[str, str]) -> Iterator[Regime]:
    eta = np.abs(charged.eta.astype(np.float64))
    if not eta.any():
        omitted[ETA] = "no module has a known pseudorapidity"
        return
    yield from _intervals(ETA, np.where(eta == 0, np.nan, eta), ETA_EDGES)
    if (eta == 0).any():
        yield Regime(ETA, UNKNOWN, eta == 0)


def _by_pileup(charged: Readouts, omitted: dict[str, str]) -> Iterator[Regime]:
    found = sorted(set(charged.pileup.tolist()))
    if found == [-1]:
        omitted[PILEUP] = "no module has a known number of collisions"
    elif len(found) < 2:
        omitted[PILEUP] = "all modules have the same"
    else:
        for many in found:
            yield Regime(PILEUP, UNKNOWN if many < 0 else str(many), charged.pileup == many)


def _intervals(
    breakdown: str,
    values: npt.NDArray[Any],
    edges: Sequence[float],
    width: float = 0,
    empty: bool = False,
) -> Iterator[Regime]:
    """Intervals from each edge to the next, named by their ends; the last has none.

    Args:
        breakdown: of the regimes.
        values: of the events [m]; NaN is in none.
        edges: ascending.
        width: of one value, which the upper end is below the next edge.
        empty: name the intervals without events too.
    """
    for first, end in zip(edges, (*edges[1:], np.inf), strict=True):
        rows = (values >= first) & (values < end)
        if empty or rows.any():
            name = f"{first:g}+" if end == np.inf else f"{first:g}-{end - width:g}"
            yield Regime(breakdown, name, rows)
