"""Trigger cells that send nothing, drawn by place so that a module always lacks the same ones."""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.module.geometry import N_CELLS
from asicae.source.settings import SourceSettings

_STREAM: Final = 0xDEAD
"""Second word of the seed; that of the modules is the number of a chunk, below 2**17."""


def dead_cells_at(
    settings: SourceSettings,
    layer: npt.NDArray[np.integer],
    u: npt.NDArray[np.integer],
    v: npt.NDArray[np.integer],
) -> npt.NDArray[np.bool_]:
    """Dead trigger cells bool[n, 48] (AE order) of the modules at given places.

    The mask that belongs to readouts simulated with ``settings``; a place without a module has none
    but ``settings.dead_cells``.
    """
    dead = np.zeros((len(layer), N_CELLS), dtype=bool)
    if settings.dead_share > 0:
        drawn = _dead_cells(settings.seed, settings.dead_share)
        dead |= drawn[detector.place_of(layer, u, v)]
    dead[:, list(settings.dead_cells)] = True
    return dead


@lru_cache(maxsize=8)
def _dead_cells(seed: int, share: float) -> npt.NDArray[np.bool_]:
    """Dead cells of every place and, in the last row, of no place."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM, _STREAM])))
    drawn = rng.random((len(detector.modules(partial=True)) + 1, N_CELLS)) < share
    drawn[-1] = False
    return drawn
