"""Two runs are told apart by everything but times."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from asicae.campaigns.same_bytes import differences


def made(folder: Path, when: str) -> Path:
    (folder / "train").mkdir(parents=True)
    (folder / "stages").mkdir()
    (folder / "provenance.json").write_text(json.dumps({"made": when}))
    (folder / "stages" / "train.json").write_text(json.dumps({"key": when}))
    metrics = {"emd": 1.5, "train.seconds": when, "speed.golden_per_s": when}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "train" / "history.csv").write_text(f"epoch,loss,seconds\n1,2.5,{when}\n")
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({"a": 1, "shared_object_id": when}))
        archive.writestr("metadata.json", when)
    (folder / "top.v").write_text("module top;\nendmodule\n")
    return folder


def rewritten(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        text = (run / name).read_text()
        assert old in text
        (run / name).write_text(text.replace(old, new))

    return change


def another_model(run: Path) -> None:
    with zipfile.ZipFile(run / "model.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({"a": 2}))


CHANGES = {
    "metrics.json: emd: 1.5 before, 1.25 after": rewritten("metrics.json", "1.5", "1.25"),
    "train/history.csv: 0: loss: 2.5 before, 2.25 after": rewritten(
        "train/history.csv", "2.5", "2.25"
    ),
    "top.v: byte 8 of 22 and 22": rewritten("top.v", "module top", "module tip"),
    "model.keras: config.json: a: 1 before, 2 after": another_model,
    "top.v: only before": lambda run: (run / "top.v").unlink(),
    "new.v: only after": lambda run: (run / "new.v").touch(),
}


def test_times_do_not_count(tmp_path: Path) -> None:
    assert differences(made(tmp_path / "a", "1"), made(tmp_path / "b", "2")) == []


@pytest.mark.parametrize("expected", CHANGES)
def test_everything_else_does(expected: str, tmp_path: Path) -> None:
    before, after = made(tmp_path / "a", "1"), tmp_path / "b"
    shutil.copytree(before, after)
    CHANGES[expected](after)
    assert differences(before, after) == [expected]
