"""Companders: thresholds as real numbers say, nested codes, one code for every charge."""

import numpy as np
import pytest

from asicae.concentrator.companders import CODE_BITS, FRACTION_BITS, Compander, table_of
from tests.judges.adaptive_reference import thresholds


@pytest.mark.parametrize("compander", Compander)
def test_thresholds_are_those_of_the_real_function(compander):
    assert table_of(compander).thresholds.tolist() == thresholds(compander.value)


@pytest.mark.parametrize("compander", Compander)
def test_every_charge_has_the_code_of_its_bin(compander):
    table = table_of(compander)
    ends = table.thresholds
    assert (np.diff(ends) > 0).sum() > 200 and ends[-1] == 2 << FRACTION_BITS
    charges = np.arange(ends[-1])
    codes = table.codes.astype(int)
    assert (ends[codes] <= charges).all() and (charges < ends[codes + 1]).all()
    for bits in range(1, CODE_BITS):  # shorter codes are wider bins
        spare = CODE_BITS - bits
        first = codes >> spare
        assert (ends[first << spare] <= charges).all()
        assert (charges < ends[(first + 1) << spare]).all()


def test_some_thresholds_worked_by_hand():
    power = table_of(Compander.POWER_2_5).thresholds
    # (c / 256)^(5/2) of 2048: a quarter gives 1/32, and c itself is more for small codes.
    assert power[64] == 64 and power[16] == 16 and power[144] == 2048 * 3**5 // 4**5
    log = table_of(Compander.LOG_1_32).thresholds
    # From 1/32 to 2 is 6 octaves: a third of the codes is a factor of 4, half of them 8.
    assert log[128] == 256 and log[192] == 725  # 2048 / 2^1.5 = 724.08
