"""What trials propose: Optuna's TPE, begun anew for each trial from its number."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from asicae.search.description import SearchDescription
from asicae.search.quiet import quiet
from asicae.search.space import Space, SpaceAxis


def distributions(space: Space) -> dict[str, Any]:
    """Of each axis the places of its values: numbers where those are ascending, else names."""
    return {axis.name: _distribution(axis) for axis in space.axes}


def _distribution(axis: SpaceAxis) -> Any:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    count = len(axis.words)
    if axis.is_ordered:
        return IntDistribution(0, count - 1)
    return CategoricalDistribution(tuple(range(count)))


def proposed(
    space: Space, description: SearchDescription, told: Sequence[Any], number: int
) -> dict[str, int]:
    """The places of the values of a trial, by axis.

    Args:
        space: what it chooses from.
        description: has the seed, and how many trials are drawn evenly.
        told: Optuna's trials that are looked at: of 0 to ``number - ahead``.
        number: of the trial.
    """
    import optuna

    seed = int(np.random.SeedSequence([description.seed, number]).generate_state(1)[0])
    # A sampler has a state that no journal keeps: one of its own for each trial has none before.
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=description.drawn)
    with quiet():
        study = optuna.create_study(directions=directions(description), sampler=sampler)
        study.add_trials(list(told))
        asked: Mapping[str, int] = study.ask(distributions(space)).params
    return {axis.name: int(asked[axis.name]) for axis in space.axes}


def directions(description: SearchDescription) -> list[str]:
    """Every objective is to be small: distances, area and energy."""
    return ["minimize"] * (len(description.regimes) + 2)
