"""The door of calibrated charges."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module.calq import checked_calq
from asicae.module.codes import CALQ_MAX


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.int64])
def test_charges_of_any_integer_type_become_int32(dtype):
    given = np.arange(96).reshape(48, 2).T.astype(dtype)  # by columns
    checked = checked_calq(given)
    assert checked.dtype == np.int32 and checked.flags.c_contiguous
    assert np.array_equal(checked, given)
    assert checked_calq(np.full((1, 48), CALQ_MAX))[0, 0] == 4194303
    assert checked_calq(np.zeros((0, 48), dtype)).shape == (0, 48)


def with_one(value, dtype=np.int64):
    charges = np.zeros((3, 48), dtype)
    charges[1, 7] = value
    return charges


@pytest.mark.parametrize(
    ("charges", "message"),
    [
        (with_one(-1), r"CALQ of row 1, cell 7 is -1, allowed is 0\.\.4194303$"),
        (with_one(CALQ_MAX + 1), "CALQ of row 1, cell 7 is 4194304"),
        (with_one(1 << 63, np.uint64), "CALQ of row 1, cell 7 is 9223372036854775808"),
        (np.zeros((3, 48)), "CALQ has type float64, allowed are integers"),
        (np.zeros((3, 64), int), r"CALQ has shape \(3, 64\), allowed is \(modules, 48\)"),
        (np.zeros(48, int), r"CALQ has shape \(48,\)"),
    ],
)
def test_what_is_no_charge_is_named(charges, message):
    with pytest.raises(BadInput, match=message):
        checked_calq(charges)
