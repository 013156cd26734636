"""The ground metric of a module, and exact optimal transport of events on it."""

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import MissingTool
from asicae.foundation.extras import install_command
from asicae.module.geometry import CENTRES

Floats = npt.NDArray[np.float64]


def ground_distances() -> Floats:
    """Euclidean distances between trigger-cell centres, float64[48,48]; adjacent cells = 2.0."""
    return np.asarray(np.linalg.norm(CENTRES[:, None] - CENTRES[None], axis=-1))


def transport(differences: Floats) -> Floats:
    """Cost float64[n] of moving the surplus of rows [n,48] (AE order, each sums to 0) home.

    Raises:
        MissingTool: POT is not installed.
    """
    emd2, distances = exact_solver(), ground_distances()
    return np.array([_transport(row, distances, emd2) for row in differences], dtype=np.float64)


def exact_solver() -> Any:
    """POT's network simplex, ``ot.emd2``.

    Raises:
        MissingTool: POT is not installed.
    """
    # POT imports every tensor library it finds; metrics need numpy only and should start fast.
    os.environ.setdefault("POT_BACKEND_DISABLE_TENSORFLOW", "1")
    os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")
    os.environ.setdefault("POT_BACKEND_DISABLE_JAX", "1")
    try:
        from ot import emd2
    except ImportError:
        raise MissingTool("POT", install_command("train")) from None
    return emd2


def _transport(difference: Floats, distances: Floats, emd2: Any) -> float:
    sources, sinks = np.flatnonzero(difference > 0), np.flatnonzero(difference < 0)
    if not len(sources) or not len(sinks):
        return 0.0
    supply, demand = difference[sources], -difference[sinks]
    mass = supply.sum()
    # Both sums are equal up to rounding; the simplex wants them equal and of order one.
    cost = emd2(
        supply / mass,
        demand / demand.sum(),
        np.ascontiguousarray(distances[np.ix_(sources, sinks)]),
        check_marginals=False,
        center_dual=False,
    )
    return float(cost * mass)
