"""What an interrupted stage left to go on from lasts until its record is there, and no longer."""

from pathlib import Path

import pytest

from asicae.runs.folder import RunFolder
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Metrics, RunView, Stage


def counting(run: RunView) -> Metrics:
    """Goes one step further every time; the third one is the last."""
    left = run.path / "made" / "progress" / f"{run.key}.txt"
    left.parent.mkdir(parents=True, exist_ok=True)
    steps = len(left.read_text()) if left.exists() else 0
    left.write_text("x" * (steps + 1))
    if steps < 2:
        raise KeyboardInterrupt
    (run.path / "made" / "file").write_text("done")
    return {"toy.steps": steps + 1}


STAGE = Stage("toy", "going on", counting, ("made/*",), progress="made/progress")


def test_progress_lasts_until_the_stage_is_done(tmp_path: Path) -> None:
    folder, view = RunFolder(tmp_path), RunView(tmp_path, RunSettings(), ())
    left = tmp_path / "made" / "progress"
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            folder.run(STAGE, view)
        assert len(list(left.iterdir())) == 1
    assert folder.run(STAGE, view)
    assert folder.metrics() == {"toy.steps": 3} and not left.exists()
    # Killed between the record and the removal: the next command removes it.
    left.mkdir()
    assert not folder.run(STAGE, view)
    assert not left.exists()
