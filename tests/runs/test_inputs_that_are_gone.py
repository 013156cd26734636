"""A finished run stays one where the files are gone that it was made from: it is sent around."""

import json
from pathlib import Path

import pytest

from asicae.foundation.files import sha256
from asicae.foundation.import_closure import Sources
from asicae.runs.record import PROVENANCE
from asicae.runs.settings import RunSettings
from tests.support.command_line import call
from tests.support.places import SAMPLE
from tests.support.stand_in_run import finished, use_stand_ins


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(SAMPLE.read_bytes())
    return path


@pytest.fixture
def run(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_stand_ins(monkeypatch)
    settings = RunSettings(network="small", links=(2, 5), data=str(data))
    return finished(tmp_path / "run", settings).path


def inputs(run: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((run / PROVENANCE).read_text())["inputs"]
    return found


def test_it_is_whole_without_them(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = inputs(run)
    assert list(before) == [str(data)]
    data.unlink()
    capsys.readouterr()
    assert call("run", run) == 0
    assert capsys.readouterr().err.count("unchanged, skipped") == 9
    for command in ("report", "check"):
        assert call(command, run) == 0
    assert inputs(run) == before


def test_what_has_to_read_them_again_forgets_nothing(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = data.rename(data.with_name("elsewhere"))
    monkeypatch.setattr(Sources, "digest", lambda *given: "of another version")
    capsys.readouterr()
    assert call("run", run) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"asicae: {data}: no such file; stage readouts reads it"
    monkeypatch.undo()
    use_stand_ins(monkeypatch)
    assert call("check", run) == 0
    assert call("run", run) == 0
    kept.rename(data)
    assert call("run", run) == 0


def test_others_in_their_place_are_seen_and_not_said_to_have_been_read(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = inputs(run)
    data.write_bytes(data.read_bytes() + b"\n")
    assert call("report", run) == 0
    assert inputs(run) == before
    capsys.readouterr()
    assert call("run", run) == 0
    assert capsys.readouterr().err.count("unchanged, skipped") < 9
    assert inputs(run) == {str(data): sha256(data)} != before
