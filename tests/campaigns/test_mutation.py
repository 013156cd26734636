"""Mistakes that are planted, what finds them, and the tally of it."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from asicae.campaigns import mutant_killers, mutation
from asicae.campaigns.kept_verdicts import Kept, killers
from asicae.campaigns.mutant_killers import (
    CHIP,
    ENCODER,
    KILLERS,
    LATCHES,
    LINT,
    PROOF,
    Court,
    Death,
)
from asicae.campaigns.mutants import Mutant, mutants
from asicae.campaigns.mutation import (
    Judged,
    drawn,
    equivalents,
    judge_all,
    key_of,
    tally,
    violations,
)
from asicae.campaigns.mutation_page import page
from asicae.campaigns.record import Record
from asicae.export.rtl import ADAPTIVE_CHOICE, HYBRID_CHOICE, all_files
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.foundation.import_closure import installed
from tests.support.places import ROOT

STORED = ROOT / "docs" / "results" / "mutation.json"
TEXT = """// a && b
module counter #(parameter integer WIDTH = 2) (input wire clk_i, input wire rst_ni);
  localparam [1:0] LAST = 2'd3;
  wire [WIDTH-1:0] next;
  (* keep = 1 *) reg [WIDTH-1:0] count_q;
  assign next = (count_q <= LAST) ? count_q + 1'b1 : ~count_q;
  if (1) begin : g_named
    wire unused_next;
    assign unused_next = ^next[1:0];
  end
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) count_q <= 2'b00;
    else case (next)
      2'd1: count_q[0] <= next[0];
      default: count_q <= next;
    endcase
  end
endmodule
"""


def edits(text: str) -> Counter[tuple[str, str, str]]:
    return Counter((m.kind, m.old, m.new) for m in mutants("counter.v", text))


def test_mistakes_of_each_kind_in_their_places_and_in_no_other() -> None:
    assert edits(TEXT) == Counter(
        [
            ("constant", "2'd3", "2'd2"),
            ("assignment", "(count_q <= LAST) ? count_q + 1'b1 : ~count_q", "0"),
            ("operator", "<=", "<"),
            ("operator", "+", "-"),
            ("constant", "1'b1", "1'b0"),
            ("negation", "~", ""),
            ("edge", "posedge", "negedge"),
            ("edge", "negedge", "posedge"),
            ("condition", "!rst_ni", "!(!rst_ni)"),
            ("condition", "!rst_ni", "1'b0"),
            ("condition", "!rst_ni", "1'b1"),
            ("negation", "!", ""),
            ("assignment", "count_q <= 2'b00", ""),
            ("constant", "2'b00", "2'b1"),
            ("constant", "2'd1", "2'd0"),
            ("assignment", "count_q[0] <= next[0]", ""),
            *[("select", "0", "(0) + 1"), ("constant", "0", "1")] * 2,
            ("assignment", "count_q <= next", ""),
        ]
    )


def test_a_mistake_changes_its_place_alone() -> None:
    for found in mutants("counter.v", TEXT):
        changed = found.applied(TEXT)
        assert changed != TEXT
        assert changed[: found.begin] == TEXT[: found.begin]
        assert changed.endswith(TEXT[found.end :])
        assert TEXT.splitlines()[found.line - 1].strip() == found.before
        assert found.before[found.column - 1 :].startswith(found.old.partition("\n")[0])


def test_the_sample_follows_from_the_seed_and_has_all_files() -> None:
    everything = {"a": mutants("a", TEXT), "b": mutants("b", TEXT)}
    first, again, other = (drawn(everything, 3, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert Counter(found.file for found in first) == {"a": 3, "b": 3}
    assert len(drawn(everything, 0, 1)) == sum(map(len, everything.values()))


def test_each_mistake_of_the_voter_is_found_and_not_judged_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyosys", reason="pip install 'asicae[asic]'")
    if shutil.which("iverilog") is None:
        pytest.skip("apt-get install iverilog")
    path = asset_folder("rtl") / "voter.v"
    chosen = mutants("voter.v", path.read_text(encoding="utf-8"))
    court, state = Court("small", tmp_path / "court"), tmp_path / "state.jsonl"
    judged = judge_all(chosen, court, state)
    by = Counter(row.death.by if row.death else "" for row in judged)
    assert by == {LINT: 1, LATCHES: 5}
    monkeypatch.setattr(Court, "judge", None)
    assert judge_all(chosen, court, state) == judged


def made_up(*deaths: str, argument: str = "") -> list[Judged]:
    found = Mutant("a.v", 1, "constant", 0, 1, "0", "1", "0", 1)
    return [Judged(found, Death(by, "") if by else None, argument) for by in deaths]


def test_a_death_stands_while_what_its_killer_read_is_the_same(tmp_path: Path) -> None:
    state, read = tmp_path / "build" / "state.jsonl", tmp_path / "a.v"
    read.write_text("as it was", encoding="utf-8")
    (mutant, other, third), death = mutants("counter.v", TEXT)[:3], Death(PROOF, "refuted")
    first = Kept(state, lambda *_: (read,), "judges")
    first.keep(mutant, death)
    with state.open("a", encoding="utf-8") as file:
        file.write('{"mutant": "written halfw')
    first.keep(other, None)
    for kept in (first, Kept(state, lambda *_: (read,), "judges")):
        assert [kept.death(each) for each in (mutant, other, third)] == [death, None, None]
        assert [kept.survived(each) for each in (mutant, other, third)] == [False, True, False]
    others = Kept(state, lambda *_: (read,), "other judges")
    assert others.death(mutant) is None and not others.survived(other)
    read.write_text("changed", encoding="utf-8")
    last = Kept(state, lambda *_: (read,), "judges")
    assert last.death(mutant) is None and not last.survived(other)


def test_benches_networks_and_what_is_chosen_make_other_judges() -> None:
    made_of = set(installed().closure(Path(mutant_killers.__file__)))
    judging = {
        "asicae/campaigns/proof_table.py",
        "asicae/campaigns/mutant_chip.py",
        "asicae/simulation/coder/driver.cpp",
        "asicae/chip/golden.py",
        "asicae/network/presets/small.toml",
        "verification/coverage/every_kind.toml",
        "verification/i2c_target/bench_i2c_target.py",
        "verification/control/i2c_bench.cpp",
        "verification/formal/normaliser_codes.sv",
    }
    assert judging - made_of == set()
    assert len({killers("small", 1), killers("small", 2), killers("large", 1)}) == 3


def test_a_killer_reads_the_file_and_what_is_compiled_with_it(tmp_path: Path) -> None:
    court, rtl = Court("small", tmp_path), asset_folder("rtl")
    assert all(rtl / file in court.compiled(LINT, file) for file in all_files())
    of_add = {rtl / name for name in ("graph/add.v", "graph/total.v", "requantise.v")}
    assert all(of_add <= set(court.compiled(by, "graph/add.v")) for by in (LINT, PROOF, CHIP))
    control = {path for by in KILLERS for path in court.compiled(by, "i2c_target_logic.v")}
    assert rtl / "voter.v" in control and rtl / "graph" / "add.v" not in control
    for file in all_files():
        of_encoder = rtl / file in court.compiled(ENCODER, file)
        assert of_encoder == file.startswith((f"{ADAPTIVE_CHOICE}/", f"{HYBRID_CHOICE}/"))
        assert not (of_encoder and court.compiled(CHIP, file))


@pytest.mark.build
def test_an_encoder_finds_a_mistake_in_what_no_chip_has(tmp_path: Path) -> None:
    file = "adaptive_choice/bin_octave.v"  # of one encoder, so that two are compiled
    text = (asset_folder("rtl") / file).read_text(encoding="utf-8")
    inverted = next(m for m in mutants(file, text) if m.new == f"!({m.old})")
    (judged,) = judge_all([inverted], Court("small", tmp_path / "court"), tmp_path / "state.jsonl")
    assert judged.death is not None and judged.death.by == ENCODER, judged


def test_lint_and_equivalents_count_for_no_test() -> None:
    judged = [*made_up(LINT, LINT, PROOF, PROOF, PROOF, ""), *made_up("", argument="of no use")]
    figures = tally(judged, {"a.v": 40})
    counts = {"judged": 7, "lint": 2, "tests": 3, "equivalent": 1, "survive": 1, "score": 0.75}
    assert figures["files"]["a.v"].items() >= (counts | {"mutants": 40}).items()
    assert len(figures["survivors"]) == 1
    assert figures["equivalents"][0]["argument"] == "of no use"


def test_a_share_that_is_too_small_is_told() -> None:
    assert violations(tally(made_up(*[PROOF] * 19, ""), {"a.v": 40})) == []
    few = tally(made_up(*[PROOF] * 14, ""), {"a.v": 40})
    assert violations(few) == ["all: tests find 14 of 15, which is under 95%"]
    half = violations(tally(made_up(*[PROOF, ""] * 10), {"a.v": 400}))
    assert [told.partition(":")[0] for told in half] == ["all", "a.v"]
    # Of so few nothing can be said for the file.
    one = violations(tally(made_up(""), {"a.v": 400}))
    assert [told.partition(":")[0] for told in one] == ["all"]


def test_a_broken_list_of_equivalents_is_one_message(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text('[[equivalent]]\nfile = "a.v"\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"list\.toml: equivalent 0"):
        equivalents(path)


def test_equivalents_are_mistakes_that_there_are() -> None:
    folder = asset_folder("rtl")
    known = {
        key_of(m)
        for path in folder.rglob("*.v")
        for m in mutants(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"))
    }
    assert set(equivalents()) <= known


def test_the_committed_page_is_of_the_record() -> None:
    found = Record.load(STORED)
    assert STORED.with_suffix(".md").read_text(encoding="utf-8") == page(found)
    files = json.loads(STORED.read_text(encoding="utf-8"))["figures"]["files"]
    assert set(files) == set(all_files())
    assert all(row["judged"] for row in files.values())
    assert found.settings["least"] == mutation.LEAST
