"""Distances of contenders by regime."""

from collections.abc import Mapping

import numpy as np

from asicae.comparison.choice import Result
from asicae.comparison.contenders import Contender
from asicae.comparison.record import RegimeDistance
from asicae.metrics.regimes import Regimes, mean_bands


def distances_by_regime(
    measured: Mapping[Contender, Result], regimes: Regimes
) -> dict[Contender, tuple[RegimeDistance, ...]]:
    """Distances of every contender by regime, whose rows are the events that have a distance."""
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
