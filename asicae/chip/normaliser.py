"""The converter in front of the encoder: 48 CALQ to 48 codes, and the module sum.

A code is CALQ / 2**floor(log2(sum of the 48)) brought to the encoder's input type: the codes sum to
[1, 2) before rounding, and a sum of zero gives zero codes. The silicon truncates to ufixed<8,1>
(ECON-T, LDMX-Software/pflib emulators and arXiv:2105.01683).
"""

import numpy as np
import numpy.typing as npt

from asicae.module.calq import checked_calq
from asicae.module.codes import encode_5e4m
from asicae.network.description import NORMALISED_FRACTION, SILICON_INPUT
from asicae.network.fixed_point import FixedPoint

Codes = npt.NDArray[np.integer]
Charges = npt.NDArray[np.int32]


def total(charges: Charges) -> Charges:
    """Sum of the 48 cells of each event; at most 48 * (2**22 - 1), which fits 28 bits.

    ``charges`` (events, 48) are checked.
    """
    return np.asarray(charges.sum(axis=1), dtype=np.int32)


def normalise(calq: npt.ArrayLike, kind: FixedPoint = SILICON_INPUT) -> Codes:
    """Codes (events, 48), raw integers of ``kind``, of CALQ (events, 48).

    Raises:
        BadInput: see :func:`asicae.module.calq.checked_calq`.
    """
    charges = checked_calq(calq)
    return codes_of(charges, total(charges), kind)


def codes_of(charges: Charges, totals: Charges, kind: FixedPoint) -> Codes:
    """``normalise`` of charges that are checked and of their ``total``."""
    # frexp gives the number of bits: 2**(bits - 1) <= sum < 2**bits; exact, the sum has 28 bits.
    bits = np.frexp(totals.astype(np.float64))[1].astype(np.int32)
    msb = (np.maximum(bits, 1) - 1)[:, None]
    dtype: type[np.integer] = np.int16 if kind.signed else np.uint16
    if not kind.rounding.truncates:
        values = charges.astype(np.int64) << (NORMALISED_FRACTION - msb)
        return np.asarray(kind.cast(values, NORMALISED_FRACTION), dtype=dtype)
    # A charge is at most the sum, so a left shift stays below 2**(fraction + 1).
    shift = msb - kind.fraction
    values = (charges >> np.maximum(shift, 0)) << np.maximum(-shift, 0)
    if kind.raw_max >> max(kind.fraction, 0) < 2:
        values = kind.cast(values, kind.fraction)
    return np.asarray(values, dtype=dtype)


def module_sum(calq: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """Module sum of each event as 5E4M code (events,).

    Raises:
        BadInput: see :func:`asicae.module.calq.checked_calq`.
    """
    return sum_codes(total(checked_calq(calq)))


def sum_codes(totals: Charges) -> npt.NDArray[np.uint16]:
    """5E4M codes (events,) of the ``total`` of checked charges."""
    return np.asarray(encode_5e4m(totals), dtype=np.uint16)
