"""The ground metric of a module, and exact optimal transport of events on it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import CheckFailed, MissingTool
from asicae.foundation.extras import install_command
from asicae.module.geometry import CENTRES

Floats = npt.NDArray[np.float64]

_ITERATIONS: Final = 100_000
"""Pivots at most, which POT takes by default; tens are enough here."""
_OPTIMAL: Final = 1
"""What POT calls a plan that is optimal."""


def ground_distances() -> Floats:
    """Euclidean distances between trigger-cell centres, float64[48,48]; adjacent cells = 2.0."""
    return np.asarray(np.linalg.norm(CENTRES[:, None] - CENTRES[None], axis=-1))


def transport(differences: Floats) -> Floats:
    """Cost float64[n] of moving the surplus of rows [n,48] (AE order, each sums to 0) home.

    Raises:
        MissingTool: POT is not installed.
        CheckFailed: POT returns no optimal plan.
    """
    solver, ground = exact_solver(), ground_distances()
    return np.array([_plan(row, ground, solver).cost for row in differences], dtype=np.float64)


def transport_and_potentials(differences: Floats) -> tuple[Floats, Floats]:
    """Costs as :func:`transport`, and for each row what proves that it costs no less.

    Returns:
        Costs float64[n] and potentials float64[n,48]: no two cells differ by more than their
        distance, so that the sum of potential times difference is at most the cost of *any*
        difference, and that of the row itself is its cost (Kantorovich and Rubinstein).

    Raises:
        MissingTool: POT is not installed.
        CheckFailed: POT returns no optimal plan.
    """
    solver, ground = exact_solver(), ground_distances()
    costs, potentials = np.zeros(len(differences)), np.zeros(differences.shape)
    for index, row in enumerate(differences):
        plan = _plan(row, ground, solver)
        costs[index] = plan.cost
        if plan.sinks.size:
            potentials[index] = (ground[:, plan.sinks] - plan.prices).min(axis=1)
    return costs, potentials


def exact_solver() -> Callable[..., Any]:
    """POT's network simplex, without the checks and gradients of ``ot.emd2``, which take longer.

    Raises:
        MissingTool: POT is not installed.
    """
    # POT imports every tensor library it finds; metrics need numpy only and should start fast.
    os.environ.setdefault("POT_BACKEND_DISABLE_TENSORFLOW", "1")
    os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")
    os.environ.setdefault("POT_BACKEND_DISABLE_JAX", "1")
    try:
        from ot.lp.emd_wrap import emd_c
    except ImportError:
        raise MissingTool("POT", install_command("train")) from None
    found: Callable[..., Any] = emd_c
    return found


@dataclass(frozen=True, eq=False)
class _Plan:
    """Cost of one row, the cells that lack charge int[k], and their prices float64[k]."""

    cost: float
    sinks: npt.NDArray[np.intp]
    prices: Floats


def _plan(difference: Floats, ground: Floats, solver: Callable[..., Any]) -> _Plan:
    (sources,), (sinks,) = np.nonzero(difference > 0), np.nonzero(difference < 0)
    if not sources.size or not sinks.size:
        return _Plan(0.0, sinks[:0], difference[:0])
    supply, demand = difference[sources], -difference[sinks]
    mass = supply.sum()
    # Both sums are equal up to rounding; the simplex wants them equal and of order one.
    supply, demand = supply / mass, demand / demand.sum()
    demand = demand * supply.sum() / demand.sum()
    between = ground[sources[:, None], sinks]
    _, cost, _, prices, how = solver(supply, demand, between, _ITERATIONS, 1)
    if how != _OPTIMAL:
        raise CheckFailed(f"optimal transport: POT ends with {how}, an optimal plan is {_OPTIMAL}")
    return _Plan(float(cost * mass), sinks, prices)
