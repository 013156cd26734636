"""Signs of life while something takes long."""

import time

import pytest

from asicae.foundation.progress import beating


def test_a_block_that_lasts_says_so_again_and_again(capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    with beating("compiling", interval_s=0.01):
        while len(said) < 3:
            time.sleep(0.01)
            said += capfd.readouterr().err.splitlines()
    assert all(line.startswith("compiling: ") and line.endswith(" s so far") for line in said)
    capfd.readouterr()
    time.sleep(0.05)
    assert capfd.readouterr().err == ""
