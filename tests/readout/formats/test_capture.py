"""Captures: golden files of both ends of a word."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.options import (
    Options,
)
from asicae.readout.reading import load
from tests.readout.golden_files import PLACE, capture
from tests.readout.made_up_readouts import (
    AE_CELLS,
)


@pytest.mark.parametrize("first", ["high", "low"])
def test_capture_of_input_words(tmp_path, first):
    codes = np.stack([np.arange(48), np.arange(48) + 64])
    path = capture(tmp_path / "a.csv", codes, first=first)
    got = load(path, "simulation", options=Options(place=PLACE, first_cell=first))
    # Low density: code 5 decodes to 2*5+1 = 11, code 8 = (e 1, m 0) to 17, code 64 = (8, 0) to
    # 2**11 + 2**7 = 2176.
    in_simulation_order = got.calq[:, np.argsort(AE_CELLS)]
    assert in_simulation_order[0, [0, 5, 8]].tolist() == [1, 11, 17]
    assert in_simulation_order[1, 0] == 2176
    other = load(path, "simulation", options=Options(place=PLACE, calibration=(0x400,) * 48,
                 first_cell=first, mux=tuple(range(47, -1, -1))))  # fmt: skip
    assert other.calq[0, AE_CELLS.index(42)] == 5  # channel 5, half of 11
    with pytest.raises(BadInput, match="does not say the order of its cells"):
        load(path, options=Options(place=PLACE))
    with pytest.raises(BadInput, match="does not say which module"):
        load(path, "ae")
