"""Readouts in memory."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.readouts import concatenate
from tests.readout.made_up_readouts import (
    assert_equal,
    readouts,
)


def test_select_and_concatenate():
    ours = readouts(20)
    parts = [ours.select(slice(0, 7)), ours.select(np.arange(7, 20))]
    assert [len(part) for part in parts] == [7, 13]
    whole = concatenate(parts)
    assert_equal(ours, whole)
    assert whole.source == "made up"
    with pytest.raises(BadInput, match="no readouts"):
        concatenate([])
