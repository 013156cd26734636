"""Mistakes that have to be found, each by its cheapest finder; the I2C bench on what is right."""

import json
import shutil
from pathlib import Path

import pytest

from asicae.campaigns.control_bench import ControlBench, build, sources
from asicae.campaigns.i2c import MISTAKE_TRANSFERS, page
from asicae.campaigns.mutant_killers import Court
from asicae.campaigns.mutants import Mutant
from asicae.campaigns.named_mutants import Named, named_mutants, planted
from asicae.campaigns.record import Record
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from tests.support.places import ROOT

STORED = ROOT / "docs" / "results" / "i2c.json"
NAMED = named_mutants()
OF_BENCH = [named for named in NAMED if named.finder == "bench"]
ENTRY = """
[[mistake]]
kind = "none"
file = "voter.v"
finder = "bench"
old = "{old}"
new = ["{new}"]
"""


@pytest.fixture(scope="module")
def bench() -> ControlBench:
    """All mistakes of the bench in one build; number 0 makes none."""
    return build(planted(sources(), OF_BENCH), quick=True)


@pytest.mark.build
def test_random_transfers_are_as_the_model_says(bench: ControlBench) -> None:
    answer = bench.run(1, MISTAKE_TRANSFERS)
    assert answer.wrong == ""
    assert answer.counts["transfers"] == MISTAKE_TRANSFERS
    assert all(count > 10 for count in answer.counts.values()), answer.counts


@pytest.mark.build
def test_every_mistake_of_the_bench_is_found(bench: ControlBench) -> None:
    survivors = [
        named.mutant.label
        for number, named in enumerate(OF_BENCH, start=1)
        if not bench.run(1, MISTAKE_TRANSFERS, number).wrong
    ]
    assert survivors == []


@pytest.mark.build  # as Verilator is
@pytest.mark.parametrize("finder", ["lint", "proof"])
def test_every_other_mistake_is_found(finder: str, tmp_path: Path) -> None:
    pytest.importorskip("pyosys", reason="pip install 'asicae[asic]'")
    court = Court("small", tmp_path / "court")
    judge = {"lint": court._lint, "proof": court._prove}[finder]
    for number, named in enumerate(n for n in NAMED if n.finder == finder):
        work = tmp_path / str(number)
        rtl = work / "rtl"
        shutil.copytree(asset_folder("rtl"), rtl)
        path = rtl / named.mutant.file
        path.write_text(named.mutant.applied(path.read_text(encoding="utf-8")), encoding="utf-8")
        assert judge(named.mutant.file, rtl, work), named.mutant.label


def made(text: str, old: str, new: str) -> Named:
    begin = text.index(old)
    return Named("", "bench", Mutant("a.v", 1, "named", begin, begin + len(old), old, new, "", 1))


def test_each_mistake_stands_beside_what_is_right() -> None:
    text = "assign a = b;\nif (c) d = {e, f};\n"
    pairs = [
        *(("assign a = b;", "assign a = !b;"), ("if (c)", "if (1'b1)"), ("d = {e, f};", "")),
        *(("assign a = b;", "assign a = 0;"),),
    ]
    found = planted({"a.v": text}, [made(text, *pair) for pair in pairs])
    port = "control.mistake_i"
    assert found["a.v"] == (
        f"assign a = (({port} == 1) ? (!b) : ({port} == 4) ? (0) : (b));\n"
        f"if ((({port} == 2) ? (1'b1) : (c))) "
        f"if ({port} == 3) begin  end else begin d = {{e, f}}; end\n"
    )
    with pytest.raises(BadInput, match="overlapping"):
        planted({"a.v": text}, [made(text, "{e, f}", "0"), made(text, "e", "g")])
    with pytest.raises(BadInput, match="not made of"):
        planted({}, [made(text, "e", "g")])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("nothing", "1", "0 times"), ("_i", "1", "times"), ("(a_i & c_i)", "(a_i & c_i)", "stands")],
)
def test_an_entry_that_is_none_is_one_message(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    path = tmp_path / "table.toml"
    path.write_text(ENTRY.format(old=old, new=new), encoding="utf-8")
    with pytest.raises(BadInput, match=rf"table\.toml: mistake 0.*{told}"):
        named_mutants(path)


def test_the_committed_page_is_of_the_record() -> None:
    found = Record.load(STORED)
    figures = json.loads(STORED.read_text(encoding="utf-8"))["figures"]
    assert STORED.with_suffix(".md").read_text(encoding="utf-8") == page(found)
    assert figures["counts"]["transfers"] == found.settings["transfers"] == 10_000
    assert all(row["found"] for row in figures["mistakes"])
    kinds = {named.kind for named in OF_BENCH}
    assert {row["kind"] for row in figures["mistakes"]} == kinds
