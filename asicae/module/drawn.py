"""Charges that are drawn to try a chip, not to be like those of a detector."""

import numpy as np
import numpy.typing as npt

from asicae.module.codes import CALQ_BITS
from asicae.module.geometry import N_CELLS


def drawn_calq(events: int) -> npt.NDArray[np.int32]:
    """Charges of every size in few and in many cells, int32 (events, 48); always the same."""
    generator = np.random.default_rng(1)
    shape = (events, N_CELLS)
    bits = generator.uniform(0, CALQ_BITS, (events, 1)) * generator.uniform(0.2, 1, shape)
    occupied = generator.random(shape) < generator.random((events, 1))
    return np.asarray((2**bits).astype(np.int32) * occupied - occupied, dtype=np.int32)
