"""Which cells are the largest: every sender and every check of frames asks here."""

import numpy as np
import numpy.typing as npt

from asicae.concentrator.frames import CELL_BITS


def largest(values: npt.NDArray[np.integer], number: int) -> npt.NDArray[np.bool_]:
    """Mask bool[n, c] of the ``number`` largest values of each row [n, c], c up to 64.

    Of equal values the one further in front goes first. Value and place in one key (int32: values
    of up to 25 bits) make all keys of a row different.

    Args:
        values: integers >= 0.
        number: 1..c.
    """
    width = values.shape[1]
    places = np.arange(width - 1, -1, -1, dtype=np.int32)
    keys = (values.astype(np.int32) << CELL_BITS) | places
    last = np.partition(keys, width - number, axis=1)[:, width - number]
    return np.asarray(keys >= last[:, None])
