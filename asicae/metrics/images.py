"""Charges of modules as metrics take them, and the image that sends nothing."""

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS

Floats = npt.NDArray[np.float64]


def checked_charges(values: npt.ArrayLike, what: str) -> Floats:
    """``values`` as float64[n,48]; ``what`` names them.

    Raises:
        BadInput: another shape, negative or non-finite charges.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != N_CELLS:
        raise BadInput(f"{what}: charges of shape {array.shape}, expected (events, {N_CELLS})")
    if not np.isfinite(array).all() or (array < 0).any():
        raise BadInput(f"{what}: charges must be finite and not negative")
    return array


def mean_image(calq: npt.ArrayLike) -> Floats:
    """Mean unit-sum image of the events with charge, float64[48]: the baseline that sends nothing.

    Args:
        calq: [n,48] charges in AE order, of the training events.

    Raises:
        BadInput: no event with charge, charges that are none.
    """
    charges = checked_charges(calq, "mean image")
    charges = charges[charges.sum(axis=1) > 0]
    if not len(charges):
        raise BadInput("mean image: no event with charge, at least one is needed")
    return np.asarray((charges / charges.sum(axis=1, keepdims=True)).mean(axis=0))
