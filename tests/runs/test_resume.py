"""`asicae train --resume` goes on with a run under its own settings, and with nothing else."""

from pathlib import Path

import pytest

from asicae.runs.job import Job
from asicae.runs.settings import RunSettings
from tests.support.command_line import call
from tests.support.stand_in_run import use_stand_ins

SETTINGS = """
network = "small"
links = [2, 5]
[train]
epochs = 3
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run ``a`` that was cut short in its training, and what it was begun with."""
    use_stand_ins(monkeypatch)
    (tmp_path / "own.csv").write_text("read by no stand-in\n")
    (tmp_path / "own.toml").write_text(SETTINGS)
    data = str((tmp_path / "own.csv").resolve())
    Job.create(tmp_path / "a", RunSettings.load(tmp_path / "own.toml", {"data": data}))
    return tmp_path


def stages(run: Path) -> set[str]:
    return {path.stem for path in (run / "stages").iterdir()}


def test_it_goes_on_with_what_was_begun(place: Path) -> None:
    run, file = place / "a", ("-s", place / "own.toml")
    for words in ((), (place / "own.csv",), (place / "own.csv", *file), file, ("-n", "small")):
        Job.open(run).folder.forget("train")
        assert call("train", *words, "-o", run, "--resume") == 0
        assert stages(run) == {"begin", "readouts", "train", "evaluate"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-s", "other.toml"), "other settings (train.epochs 3 there and 4 here)"),
        (("-n", "econ-t"), "network 'small' there and 'econ-t' here"),
        (("other.csv",), "data '"),
        (("--layers", "5"), "reading.layers not there and '5' here"),
        (("--force",), "--resume is given beside --force"),
        (("-o", "none"), "none: no run folder"),
    ],
)
def test_anything_else_is_refused_by_name(
    place: Path,
    words: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(place)
    (place / "other.csv").write_text("")
    (place / "other.toml").write_text(SETTINGS.replace("3", "4"))
    before = stages(place / "a")
    assert call("train", "--resume", "-o", "a", *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert stages(place / "a") == before and not (place / "none").exists()


def test_settings_that_differ_are_named_without_it_too(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", place / "a", "--settings", place / "own.toml") == 2
    assert "other settings (data '" in capsys.readouterr().err
    assert call("train", "-o", place / "b") == 2
    assert "DATA is missing" in capsys.readouterr().err
