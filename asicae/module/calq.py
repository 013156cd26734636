"""Calibrated charges of the 48 cells of a module, and the door through which they enter."""

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.codes import CALQ_MAX
from asicae.module.geometry import N_CELLS


def checked_calq(values: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Charges as int32[n, 48] after checking shape, kind and range 0..2**22-1.

    Raises:
        BadInput: naming the first offending row and cell.
    """
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != N_CELLS:
        raise BadInput(f"CALQ has shape {array.shape}, allowed is (modules, {N_CELLS})")
    if array.dtype.kind not in "iu":
        raise BadInput(f"CALQ has type {array.dtype}, allowed are integers")
    if array.size and (array.min() < 0 or array.max() > CALQ_MAX):
        row, cell = np.argwhere((array < 0) | (array > CALQ_MAX))[0]
        raise BadInput(
            f"CALQ of row {row}, cell {cell} is {array[row, cell]}, allowed is 0..{CALQ_MAX}"
        )
    return np.ascontiguousarray(array, dtype=np.int32)
