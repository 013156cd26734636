"""Mux, decoding and calibration in front of the algorithms."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module import calibration

IDENTITY = np.arange(48)


def test_mux_names_the_channel_that_feeds_each_output():
    channels = np.arange(100, 148)
    mux = np.roll(IDENTITY, 1)  # output 0 takes channel 47, output 1 channel 0
    assert calibration.multiplex(channels, mux).tolist() == [147, *range(100, 147)]
    twice = calibration.multiplex(channels[None], [5] * 48)  # one channel may feed all outputs
    assert twice.tolist() == [[105] * 48]


def test_calibration_and_threshold_belong_to_the_output_not_to_the_channel():
    codes = np.zeros((1, 48), dtype=np.uint8)
    codes[0, 7] = 55  # low density: 512 | 448 | 32 = 992
    mux = IDENTITY.copy()
    mux[[7, 30]] = 30, 7
    cal = np.full(48, 0x800)
    cal[30] = 0x400
    calq = calibration.calq_of_codes(codes, mux, cal, False)
    assert calq[0, 30] == 496  # 992 * 0x400 >> 11
    assert calq[0, 7] == 1 and calq[0, 0] == 1  # code 0 is the middle of its bin
    assert calibration.calq_of_codes(codes, mux, cal, True)[0, [7, 30]].tolist() == [4, 1984]


@pytest.mark.parametrize(
    ("mux", "message"),
    [
        ([*range(47), 48], r"Mux of output 47 is 48, allowed is 0\.\.47"),
        ([-1, *range(1, 48)], "Mux of output 0 is -1"),
        (list(range(47)), r"shape \(47,\), allowed are 48"),
        ([0.0] * 48, "allowed are 48 integers"),
    ],
)
def test_a_mux_that_names_no_channel_is_refused(mux, message):
    with pytest.raises(BadInput, match=message):
        calibration.multiplex(IDENTITY, mux)
    with pytest.raises(BadInput, match="last axis must be 48"):
        calibration.multiplex(np.arange(47), IDENTITY)
