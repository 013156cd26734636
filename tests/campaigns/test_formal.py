"""Properties that are decided in a second, with all their mutations; and what no verdict is."""

import json
from pathlib import Path

import pytest

from asicae.campaigns.proof_page import page
from asicae.campaigns.proof_table import properties
from asicae.campaigns.proofs import Change, Query, decide
from asicae.campaigns.record import Record
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import CheckFailed
from tests.support.places import ROOT

STORED = ROOT / "docs" / "results" / "formal.json"
QUICK = [asked for asked in properties() if asked.quick]
needs_yosys = pytest.mark.usefixtures("_yosys")


@pytest.fixture
def _yosys() -> None:
    pytest.importorskip("pyosys", reason="pip install 'asicae[asic]'")


@needs_yosys
def test_each_property_holds_and_refutes_each_of_its_mutations(tmp_path: Path) -> None:
    queries = [Query(row, change) for row in QUICK for change in (None, *row.mutations)]
    verdicts = decide(queries, tmp_path)
    wrong = [
        (query.asked.name, query.change, verdict.inputs)
        for query, verdict in zip(queries, verdicts, strict=True)
        if verdict.proven != (query.change is None)
    ]
    assert wrong == []
    assert len(QUICK) > 8
    assert all(v.inputs for q, v in zip(queries, verdicts, strict=True) if q.change is not None)


@needs_yosys
def test_flip_flops_that_load_the_same_may_begin_apart(tmp_path: Path) -> None:
    """Merged, they would be taken for one: what tells that they differ would never be asked for."""
    asked = next(row for row in QUICK if row.name == "reset control")
    silent = Change("reset_control.v", "|| (third_q != {3{third_q[0]}})", "")
    assert not decide([Query(asked, silent)], tmp_path)[0].proven


@needs_yosys
def test_a_change_that_does_not_apply_is_no_mutation(tmp_path: Path) -> None:
    voter = next(row for row in QUICK if row.name == "voter")
    for number, change in enumerate((Change("voter.v", "nothing", ""), Change("mac.v", "a", "b"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(CheckFailed, match=r"voter"):
            decide([Query(voter, change)], folder)


def test_every_property_has_mutations_and_every_module_a_row() -> None:
    rows = properties()
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.mutations for row in rows)
    folder = asset_folder("verification") / "formal"
    used = {path.stem for row in rows for path in row.files(asset_folder("rtl"))}
    assert {path.stem for path in folder.iterdir()} <= used
    assert [path.suffix for path in folder.iterdir() if path.suffix != ".sv"] == []


def test_the_committed_record_is_of_these_properties() -> None:
    found = Record.load(STORED)
    rows = json.loads(STORED.read_text(encoding="utf-8"))["figures"]["properties"]
    assert [row["name"] for row in rows] == [row.name for row in properties()]
    assert all(row["proven"] and all(m["refuted"] for m in row["mutations"]) for row in rows)
    assert STORED.with_suffix(".md").read_text(encoding="utf-8") == page(found)
