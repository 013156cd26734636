"""Distances of contenders by regime."""

from collections.abc import Mapping

import numpy as np

from asicae.comparison.buffered import Buffered
from asicae.comparison.choice import Result
from asicae.comparison.contenders import Contender
from asicae.comparison.record import BufferedDistance, RegimeDistance
from asicae.concentrator.algorithms.table import algorithm_of
from asicae.metrics.regimes import Regimes, mean_bands


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
    found: dict[Contender, list[RegimeDistance]] = {contender: [] for contender in measured}
    for regime in regimes.measured:
        bands = mean_bands(values[:, regime.rows])
        for mine, band in zip(found.values(), bands, strict=True):
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
    return {contender: tuple(mine) for contender, mine in found.items()}
