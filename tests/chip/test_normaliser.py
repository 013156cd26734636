"""Codes and module sum by definition, in unlimited integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.chip.blocks import charge_words
from asicae.chip.normaliser import module_sum, normalise
from asicae.foundation.errors import BadInput
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from tests.judges.exact_reference import requantised


@given(st.lists(st.integers(0, 2**22 - 1), min_size=48, max_size=48))
def test_normaliser_puts_the_sum_between_one_and_two(calq: list[int]) -> None:
    codes = normalise(np.array([calq]))[0]
    total = sum(calq)
    if total == 0:
        assert not codes.any()
        return
    msb = total.bit_length() - 1
    assert codes.tolist() == [value * 128 // 2**msb for value in calq]
    assert int(codes.max()) <= 255
    value = int(module_sum(np.array([calq]))[0])
    exponent, mantissa = value >> 4, value & 15
    expected = (0, total) if total <= 15 else (msb - 3, (total >> (msb - 4)) & 15)
    assert (exponent, mantissa) == expected


CALQ = st.lists(st.integers(0, 2**22 - 1) | st.integers(0, 40), min_size=48, max_size=48)
INPUTS = st.builds(
    FixedPoint,
    width=st.integers(1, 16),
    integer=st.integers(-3, 6),
    signed=st.booleans(),
    rounding=st.sampled_from(Rounding),
    overflow=st.sampled_from(Overflow),
)


@given(calq=CALQ, kind=INPUTS)
def test_normaliser_makes_any_input_type(calq: list[int], kind: FixedPoint) -> None:
    power = max(sum(calq), 1).bit_length() - 1
    expected = [requantised(charge << 64 - power, 64, kind) for charge in calq]
    assert normalise(np.array([calq]), kind)[0].tolist() == expected


@pytest.mark.parametrize("bad", [-1, 1 << 22])
def test_charges_outside_22_bits_are_refused(bad: int) -> None:
    calq = np.zeros((3, 48), dtype=np.int64)
    calq[1, 5] = bad
    with pytest.raises(BadInput, match=r"row 1, cell 5 is .*allowed is 0\.\.4194303"):
        normalise(calq)


def test_the_sum_of_every_chip_has_an_exponent_of_five_bits() -> None:
    """``rtl/normaliser.v`` takes five; sums of 16 bits or fewer lack one, and no network asks it.

    The charges are those of a module, whatever the description: that is what it holds by.
    """
    charges = charge_words()
    largest = charges.count * ((1 << charges.width) - 1)
    assert (largest.bit_length() - 1).bit_length() == 5
