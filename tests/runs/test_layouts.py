"""Blocks that were laid out belong to their run: sealed, measured, dropped with their RTL."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, write_text
from asicae.foundation.folders import output_folder
from asicae.layout import block
from asicae.layout.block import Choice
from asicae.layout.record import LAYOUT_FILE, LayoutRecord
from asicae.runs import kinds
from asicae.runs.folder import METRICS
from asicae.runs.job import Job
from asicae.runs.seal import LAYOUT
from asicae.runs.stage import Metrics, RunView
from asicae.runs.stages import export
from tests.layout import records
from tests.support.command_line import call
from tests.support.stand_in_run import finished, use_stand_ins


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        use_stand_ins(patch)
        yield finished(tmp_path_factory.mktemp("layouts") / "run").path


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_stand_ins(monkeypatch)
    monkeypatch.setattr(block, "lay_out", stand_in)
    return Path(shutil.copytree(made, tmp_path / "run"))


def stand_in(
    rtl: Path, out: Path, choice: Choice, liberty: list[Path], *, force: bool
) -> LayoutRecord:
    assert (rtl / "filelist.f").is_file()
    with output_folder(out, force) as folder:
        made = records.write(folder / "made", records.record(choice.block, choice.seed))
        for path in (folder / "made").iterdir():
            path.rename(folder / path.name)
        (folder / "made").rmdir()
    return made


def test_a_block_is_sealed_and_measured(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("layout", run, "--block", "mac") == 0
    assert f"{run}/layout/mac/mac.def" in capsys.readouterr().out
    assert call("check", run) == 0
    assert read_json(run / METRICS)["layout.mac.wire_um_per_pin"] == 2.5
    assert call("run", run) == 0
    for name in (LAYOUT_FILE, "mac.def"):
        copy = run.parent / name
        shutil.copytree(run, copy)
        (copy / "layout" / "mac" / name).write_text("{}")
        for words in (("report", copy), ("run", copy)):
            assert call(*words) == 2
            said = capsys.readouterr().err
            assert f"layout/mac/{name}: is not what stage layout left" in said
            assert f"`asicae layout {copy} --block mac --force` makes it again" in said
        assert call("layout", copy, "--block", "mac", "--force") == 0
        assert call("check", copy) == 0


def test_blocks_lie_side_by_side_and_are_replaced_one_by_one(run: Path) -> None:
    for name in ("mac", "voter"):
        assert call("layout", run, "--block", name) == 0
    assert call("layout", run, "--block", "mac", "--seed", "7") == 2
    assert call("layout", run, "--block", "mac", "--seed", "7", "--force") == 0
    assert call("check", run) == 0
    seeds = {b: LayoutRecord.load(run / "layout" / b / LAYOUT_FILE).seed for b in ("mac", "voter")}
    assert seeds == {"mac": 7, "voter": 1}
    metrics = read_json(run / METRICS)
    assert {"layout.mac.cells", "layout.voter.cells"} <= metrics.keys()


def test_a_damaged_record_of_blocks_is_made_again(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("layout", run, "--block", "mac") == 0
    for damage in (lambda path: path.write_text("{}"), Path.unlink):
        damage(run / "stages" / f"{LAYOUT}.json")
        assert call("run", run) == 2
        assert f"`asicae layout {run} --force` makes it again" in capsys.readouterr().err
        assert call("layout", run, "--block", "mac", "--force") == 0
        assert call("check", run) == 0


def test_a_block_that_no_record_has_is_told(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As when the command is killed between the folder and the record."""
    records.write(run / "layout" / "mac", records.record("mac"))
    assert call("report", run) == 2
    said = capsys.readouterr().err
    assert "no stage left it" in said
    assert f"`asicae layout {run} --block mac --force` makes it again" in said
    assert call("layout", run, "--block", "mac", "--force") == 0
    assert call("check", run) == 0


def test_another_rtl_drops_the_blocks(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("layout", run, "--block", "mac") == 0
    Job.open(run).run(["export"], force=True)
    assert (run / "layout").is_dir()  # of the same RTL

    def other(view: RunView) -> Metrics:
        for name in export.STAGE.makes(view):
            write_text(view.path / name, f"{name} of another chip\n")
        return {}

    stages = [replace(s, action=other) if s.name == "export" else s for s in kinds.TRAINED.stages]
    monkeypatch.setattr(kinds, "TRAINED", replace(kinds.TRAINED, stages=tuple(stages)))
    Job.open(run).run(["export"], force=True)
    assert f"{run}/layout: was of another RTL, dropped" in capsys.readouterr().err
    assert not (run / "layout").exists()
    assert "layout.mac.cells" not in read_json(run / METRICS)
    assert call("check", run) == 0


def test_what_belongs_to_folders_is_refused_in_a_run(run: Path) -> None:
    for words in (("--out", "x"), ("--liberty", "x.lib"), ("--tmr", "3")):
        assert call("layout", run, *words) == BadInput.exit_code
    assert not (run / "layout").exists()
