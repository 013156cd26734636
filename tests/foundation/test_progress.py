"""Signs of life while something takes long."""

import time

import pytest

from asicae.foundation import progress


def test_a_block_that_lasts_says_so_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(progress, "step", said.append)
    with progress.beating("compiling", interval_s=0.01):
        while len(said) < 3:
            time.sleep(0.01)
    assert all(line.startswith("compiling: ") and line.endswith(" s so far") for line in said)
    said.clear()
    time.sleep(0.05)
    assert said == []


def test_a_line_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever else writes meanwhile comes before or after it."""
    written: list[str] = []
    monkeypatch.setattr("sys.stderr.write", written.append)
    progress.step("in\none line")
    assert len(written) == 1 and written[0].endswith("line\n")
