"""The page of training holds literally: from a CSV of charges to sets in one chip and a front."""

import re
from pathlib import Path

import pytest

from asicae.library.record import LIBRARY_FILE, LibraryRecord
from asicae.readout.conversion import save
from asicae.search.record import SEARCH_FILE, SearchRecord
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.support.command_line import call
from tests.support.pages import commands, section, write_files

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytestmark = pytest.mark.build

PAGE = section("training.md", "A library of weight sets")
SEARCH = section("training.md", "Which network at all")
SETTINGS = """
network = "small"
links = [2]
validation_events = 100
test_events = 200
allow_worse_than_mean = true
dead_cells = 0
[train]
epochs = 2
fine_tune_epochs = 1
batch = 64
hidden = [16]
"""


@pytest.mark.slow
def test_the_page_holds_literally_from_charges_to_sets_in_one_chip_and_a_front(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(PAGE + SEARCH, tmp_path)
    (tmp_path / "my.toml").write_text(SETTINGS)
    for name, pileup in (("readouts", 200), ("pileup0", 0)):
        source = SourceSettings(events=1200, seed=pileup + 5, pileup=(pileup,))
        save(simulate(source), tmp_path / f"{name}.csv")
    train, make, verify, pack, diff = commands(PAGE)
    assert call(*train, "--settings", "my.toml") == 0
    assert call(*make) == 0
    lines = capsys.readouterr().out.splitlines()[-5:]
    for name, line in zip(("inner", "inner-pileup-0", "broken"), lines, strict=False):
        found = rf"set {name}: \d+ modules; EMD [\d.]+ on \d+ events, base [\d.]+, control [\d.]+: "
        assert re.match(found, line), line
    assert lines[-2:] == [f"LIBRARY/{LIBRARY_FILE}", "LIBRARY/library.md"]
    assert call(*verify) == 0
    assert re.match(r"3 sets loaded .*: [1-9]\d* latents .* 0 differ$", capsys.readouterr().out)
    assert call(*pack) == 0
    assert call(*diff) == 0
    (search,) = commands(SEARCH)
    assert call(*search) == 0
    found = SearchRecord.load(tmp_path / "SEARCH" / SEARCH_FILE)
    assert len(found.rows) == 6 and any(row.pareto for row in found.rows)
    assert (tmp_path / "SEARCH" / "search.png").read_bytes().startswith(b"\x89PNG")
    # The same seed gives the same bytes.
    before = (tmp_path / "LIBRARY" / LIBRARY_FILE).read_bytes()
    (tmp_path / "LIBRARY" / "made" / "broken.json").unlink()
    (control,) = {
        path for path in (tmp_path / "LIBRARY" / "controls" / "made").iterdir()
        if path.stem == f"2links-{900 // 64 * 64}"
    }  # fmt: skip
    control.unlink()
    assert call(*make) == 0
    assert capsys.readouterr().err.count("unchanged, skipped") == 2
    assert (tmp_path / "LIBRARY" / LIBRARY_FILE).read_bytes() == before
    assert {each.name for each in LibraryRecord.load(tmp_path / "LIBRARY" / LIBRARY_FILE).sets} == {
        "inner", "inner-pileup-0", "broken"
    }  # fmt: skip
