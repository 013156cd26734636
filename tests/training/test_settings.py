"""Settings of a training."""

import pytest

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import validated
from asicae.training.settings import TrainSettings


def test_bad_settings_are_named() -> None:
    with pytest.raises(BadInput, match="training setting: batch: found 0"):
        validated(TrainSettings, {"batch": 0}, "training setting")
