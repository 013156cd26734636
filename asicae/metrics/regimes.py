"""Regimes: parts of the events, by how busy a module is and by its class, measured by themselves.

One mean over modules of a mixture is mostly one of quiet modules, on which most codes are lossless.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.metrics.images import Floats
from asicae.readout.module_class import module_links
from asicae.readout.occupancy import occupied_cells
from asicae.readout.readouts import Readouts

OCCUPANCY: Final = "occupancy"
"""By cells above the lowest code."""
CLASS: Final = "class"
"""By trigger links of the module in the public map."""
OCCUPANCY_EDGES: Final = (1, 5, 10, 20)
"""Fewest cells of each interval."""
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
        breakdown: ``OCCUPANCY`` or ``CLASS``.
        name: which part: cells as in ``"5-9"`` and ``"20+"``, links as in ``"7"``.
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
    kept = np.flatnonzero(readouts.calq.any(axis=1))
    cells = occupied_cells(readouts)[kept]
    links = module_links(readouts)[kept]
    every = list(_by_occupancy(cells))
    omitted = {}
    if links.any():
        every += _by_class(links)
    else:
        omitted[CLASS] = "no module has a place that is in the public link map"
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
    ends = (*OCCUPANCY_EDGES[1:], None)
    for first, end in zip(OCCUPANCY_EDGES, ends, strict=True):
        if end is None:
            yield Regime(OCCUPANCY, f"{first}+", cells >= first)
        else:
            yield Regime(OCCUPANCY, f"{first}-{end - 1}", (cells >= first) & (cells < end))


def _by_class(links: Integers) -> Iterator[Regime]:
    for count in sorted(set(links[links > 0].tolist())):
        yield Regime(CLASS, str(count), links == count)
    if (links == 0).any():
        yield Regime(CLASS, NO_CLASS, links == 0)
