"""What an interrupted stage left to go on from lasts until its record is there, and no longer.

What else it left is sealed as the work of no other time.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asicae.runs.folder import RunFolder
from asicae.runs.job import Job
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Metrics, RunView, Stage
from tests.support.stand_in_run import use_stand_ins


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


def test_a_stage_is_said_to_have_made_what_it_has_and_nothing_else(tmp_path: Path) -> None:
    folder, view, made = RunFolder(tmp_path), RunView(tmp_path, RunSettings(), ()), []

    def make(run: RunView) -> Metrics:
        for name in made:
            (run.path / "made").mkdir(exist_ok=True)
            (run.path / "made" / name).write_text(name)
        return {}

    stage = Stage("toy", "making", make, ("made/*",), required=lambda run: ("made/always",))
    other = replace(stage, name="other", outputs=("made/o*",), required=lambda run: ())
    made[:] = ["of other"]
    folder.run(other, view)
    made[:] = ["always", "at first"]
    folder.run(stage, view)
    # Cut short under settings of which no record is left, then done under others.
    (tmp_path / "made" / "half").write_text("half")
    made[:] = ["always", "now"]
    folder.run(stage, view, force=True)
    found = {name: set(record.outputs) for name, record in folder.records().items()}
    assert found == {"other": {"made/of other"}, "toy": {"made/always", "made/now"}}
    assert {path.name for path in (tmp_path / "made").iterdir()} == {"of other", "always", "now"}


HYBRID = ("hybrid/1links.json", "hybrid/weights/1links.npz", "hybrid/train/1links.csv")
TRAINED = ("weights/3links.npz", "model/dead_cells_encoder.keras", "train/3links.csv")


@pytest.mark.parametrize(
    ("begun", "left", "forced"),
    [
        ({"hybrid": {"links": [1, 2]}}, HYBRID, {"hybrid": {"links": [2]}}),
        ({"hybrid": {"links": [1, 2]}}, (*HYBRID, "hybrid/checkpoints/1links.npz"), {}),
        ({"links": (1, 2, 3)}, TRAINED, {"dead_cells": 0}),
    ],
)
def test_force_leaves_nothing_of_a_stage_that_was_cut_short(
    begun: dict[str, Any],
    left: tuple[str, ...],
    forced: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_stand_ins(monkeypatch)
    base = {"network": "small", "links": (1, 2), "verify_events": 20}
    job = Job.create(tmp_path / "run", RunSettings.model_validate(base | begun))
    for name in left:
        (job.path / name).parent.mkdir(parents=True, exist_ok=True)
        (job.path / name).write_text("of other settings")
    job = Job.create(job.path, RunSettings.model_validate(base | forced), force=True)
    assert not [name for name in left if (job.path / name).exists()]
    job.run([stage.name for stage in job.stages[:3]])
    assert job.seal.check() == []
