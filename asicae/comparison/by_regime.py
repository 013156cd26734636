"""Distances of contenders, and what is left of the look of showers, by regime."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from asicae.comparison.buffered import Buffered
from asicae.comparison.choice import Result
from asicae.comparison.contenders import Contender
from asicae.comparison.record import EVERY, BufferedDistance, RegimeDistance, RegimeShape
from asicae.concentrator.algorithms.table import algorithm_of
from asicae.metrics.regimes import Regime, Regimes, mean_bands
from asicae.module.geometry import Floats


def buffered_distances(
    buffered: Mapping[Contender, Buffered], regimes: Regimes
) -> dict[Contender, BufferedDistance]:
    """The record of contenders behind their buffers."""
    by_regime = distances_by_regime({c: each.result for c, each in buffered.items()}, regimes)
    return {
        contender: BufferedDistance(
            emd=each.result.distances.mean,
            emd_error=each.result.distances.error,
            truncated=each.truncated,
            charge_lost=each.charge_lost,
            mean_bits=each.result.mean_bits,
            settings={
                name: algorithm_of(settings).chosen_values(settings)
                for name, settings in each.settings.items()
            },
            regimes=by_regime[contender],
        )
        for contender, each in buffered.items()
    }


def distances_by_regime(
    measured: Mapping[Contender, Result], regimes: Regimes
) -> dict[Contender, tuple[RegimeDistance, ...]]:
    """Distances of every contender by regime, whose rows are the events that have a distance."""
    if not measured:
        return {}
    values = np.array([result.distances.values for result in measured.values()])
    return dict(zip(measured, regime_distances(values, regimes.measured), strict=True))


def regime_distances(values: Floats, regimes: Iterable[Regime]) -> list[tuple[RegimeDistance, ...]]:
    """Those of each row of ``values`` [c, m], of the m events that have a distance."""
    found: list[list[RegimeDistance]] = [[] for _ in values]
    for regime in regimes:
        for mine, band in zip(found, mean_bands(values[:, regime.rows]), strict=True):
            mine.append(
                RegimeDistance(
                    breakdown=regime.breakdown,
                    name=regime.name,
                    events=regime.events,
                    emd=band.mean,
                    low=band.low,
                    high=band.high,
                )
            )
    return [tuple(mine) for mine in found]


def shapes_by_regime(result: Result, regimes: Regimes) -> tuple[RegimeShape, ...]:
    """What a contender leaves of the look of showers, of all events and by regime."""
    every = np.ones(len(result.shape), dtype=bool)
    parts = [(EVERY, "", every), *((r.breakdown, r.name, r.rows) for r in regimes.measured)]
    return tuple(_shape(breakdown, name, rows, result) for breakdown, name, rows in parts)


def _shape(breakdown: str, name: str, rows: npt.NDArray[np.bool_], result: Result) -> RegimeShape:
    found = result.shape
    width = found.width[rows]
    return RegimeShape(
        breakdown=breakdown,
        name=name,
        events=int(np.count_nonzero(rows)),
        emd_by_charge=float(np.average(result.distances.values[rows], weights=found.charge[rows])),
        hottest_found=float(found.found[rows].mean()),
        response_hottest=float(found.hottest[rows].mean()),
        centroid=float(found.centroid[rows].mean()),
        width=float(width.mean()),
        width_spread=float(width.std()),
    )
