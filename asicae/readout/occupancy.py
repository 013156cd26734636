"""How many cells of a module hold charge."""

import numpy as np
import numpy.typing as npt

from asicae.readout.readouts import Readouts

Integers = npt.NDArray[np.int64]


def occupied_cells(readouts: Readouts) -> Integers:
    """Cells above the lowest code of every module, int64[n], 0..48.

    The front end sends a code for each cell, and code 0 is decoded to more than 0. Where no cell of
    the full modules of a density is ever 0, their charges still hold it: their smallest charge is
    empty. Cells that a partial module lacks are 0 in any case.
    """
    lowest = [_lowest(readouts, dense) for dense in (False, True)]
    empty = np.where(readouts.high_density, lowest[True], lowest[False])
    return np.asarray(np.count_nonzero(readouts.calq > empty[:, None], axis=1))


def _lowest(readouts: Readouts, dense: bool) -> int:
    """Largest charge that is empty in modules of a density."""
    full = readouts.calq[(readouts.high_density == dense) & ~readouts.partial]
    return int(full.min()) if full.size else 0
