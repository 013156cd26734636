"""The converter in front of the encoder: 48 CALQ to 48 codes, and the module sum.

code = CALQ * 2**(width - 1) / 2**floor(log2(sum of the 48)), truncated, so that the sum of the
codes lies in [1, 2) before truncation; a sum of zero gives zero codes (ECON-T, LDMX-Software/pflib
emulators and arXiv:2105.01683).
"""

import numpy as np
import numpy.typing as npt

from asicae.readout.codes import encode_5e4m
from asicae.readout.dataset import checked_calq


def total(calq: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Sum of the 48 cells of each event; at most 48 * (2**22 - 1), which fits 28 bits."""
    return np.asarray(calq.sum(axis=1), dtype=np.int32)


def normalise(calq: npt.ArrayLike, width: int = 8) -> npt.NDArray[np.uint16]:
    """Codes (events, 48), raw ``ufixed<width,1>``, of CALQ (events, 48).

    Raises:
        BadInput: see ``readout.dataset.checked_calq``.
    """
    charges = checked_calq(calq)
    # frexp gives the number of bits: 2**(bits - 1) <= sum < 2**bits; exact, the sum has 28 bits.
    bits = np.frexp(total(charges).astype(np.float64))[1].astype(np.int32)
    shift = np.maximum(bits, 1) - width
    right = np.maximum(shift, 0)[:, None]
    left = np.maximum(-shift, 0)[:, None]
    return np.asarray((charges >> right) << left, dtype=np.uint16)


def module_sum(calq: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """Module sum of each event as 5E4M code (events,)."""
    return np.asarray(encode_5e4m(total(checked_calq(calq))), dtype=np.uint16)
