"""Coverage: what Verilator counted, waivers, and holes that must be seen."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.campaigns import control_bench
from asicae.campaigns.arithmetic_bench import numbers, reached
from asicae.campaigns.coverage_figures import LEAST, code_figures, code_violations, share
from asicae.campaigns.coverage_page import page
from asicae.campaigns.coverage_points import Counts, parsed, places
from asicae.campaigns.coverage_regression import (
    BLOCKS,
    block_benches,
    chips,
)
from asicae.campaigns.coverage_waivers import Unreachable, Waiver, judged, unreachable, waivers
from asicae.campaigns.functional_coverage import (
    Points,
    chip_points,
    control_points,
    every_power,
    of_links,
    violations,
)
from asicae.campaigns.functional_coverage import figures as figures_of
from asicae.campaigns.judged_coders import JUDGED_CODERS
from asicae.campaigns.record import Record
from asicae.concentrator.links import AUTOENCODER_LINKS
from asicae.estimation.verilog_sources import VerilogSources
from asicae.export.rtl import all_files, hand_written
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.module.codes import encode_5e4m
from asicae.network.description import Network
from tests.support.places import ROOT

VERILOG = """module one (input wire a_i, output reg b_o);
  always @* begin
    if (a_i) b_o = 1'b0;
    else b_o = 1'b1;
  end
endmodule
"""
STORED = ROOT / "docs" / "results" / "coverage.json"
FILES = {"one.v": "sub/one.v"}
BARRIER = ("barrier.v", "  always @(negedge clk_i) begin")


def count(hits: int, **fields: str) -> str:
    """A line of Verilator's file."""
    return "C '" + "".join(f"\x01{name}\x02{value}" for name, value in fields.items()) + f"' {hits}"


def written(block: int, taken: int, other: int, rises: int) -> str:
    """What it says of ``VERILOG``: how often the block ran, each way was taken, the pin rose."""
    own = {"f": "/somewhere/one.v", "h": "TOP.x"}
    lines = [
        count(block, l="2", n="3", t="line", o="block", S="2", **own),
        count(taken, l="3", n="5", t="branch", o="if", S="3", **own),
        count(other, l="3", n="6", t="branch", o="else", S="4", **own),
        count(rises, l="1", n="24", t="toggle", o="a_i:0->1", **own),
        count(7, f="other.v", l="1", n="1", t="line", o="block", S="1-9", h="TOP"),
    ]
    return "\n".join(["# SystemC::Coverage-3", *lines, ""])


def counted(*hits: int) -> Counts:
    return parsed(written(*hits), FILES, "coverage.dat")


def figures(tmp_path: Path, counts: Counts, *rows: Waiver) -> Any:
    (tmp_path / "sub").mkdir(exist_ok=True)
    (tmp_path / "sub" / "one.v").write_text(VERILOG)
    return code_figures(counts, FILES.values(), rows, tmp_path)


def test_what_one_simulation_leaves_out_another_covers(tmp_path: Path) -> None:
    first, second = counted(3, 3, 0, 2), counted(1, 0, 1, 0)
    assert places(first, "line") == {
        ("sub/one.v", 2, "run"): True,
        ("sub/one.v", 3, "run"): True,
        ("sub/one.v", 4, "run"): False,
    }
    assert list(places(first, "branch").values()) == [True, False]
    alone = figures(tmp_path, first)
    assert alone["holes"]["line"] == ["sub/one.v:4: run in `else b_o = 1'b1;`"]
    assert alone["holes"]["branch"] == ["sub/one.v:3: else at column 6 in `if (a_i) b_o = 1'b0;`"]
    assert any(told.startswith("line coverage is 66.67%") for told in code_violations(alone))
    both = Counter(first)
    both.update(second)
    together = figures(tmp_path, both)
    assert together["holes"] == {"line": [], "branch": [], "toggle": []}
    assert code_violations(together) == []


def test_a_waiver_takes_its_hole_and_is_told_without_one(tmp_path: Path) -> None:
    row = Waiver("sub/one.v", "toggle", r"module one .*", r"a_i:0->1", "a constant")
    held = figures(tmp_path, counted(1, 1, 1, 0), row)
    assert held["total"]["toggle"] == {"covered": 0, "waived": 1, "of": 1}
    assert held["holes"]["toggle"] == []
    moved = figures(tmp_path, counted(1, 1, 1, 1), row)
    assert [told for told in code_violations(moved) if "is of no hole" in told]
    # Of another line, file or kind it is none.
    for other in (
        Waiver("sub/one.v", "toggle", r"endmodule", r"a_i:0->1", "x"),
        Waiver("other.v", "toggle", r"module one .*", r"a_i:0->1", "x"),
        Waiver("*", "line", r"module one .*", r"a_i:0->1", "x"),
    ):
        assert len(figures(tmp_path, counted(1, 1, 1, 0), other)["holes"]["toggle"]) == 1


def test_a_waiver_of_a_function_is_of_its_lines_and_of_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_text("function f;\n  f = 1;\nendfunction\nassign b = 1;\n")
    row = Waiver("a.v", "line", r"function f;", "run", "of parameters")
    holes = [("a.v", line, "run") for line in (1, 2, 4)]
    verdict = judged("line", holes, [row], tmp_path)
    assert verdict.holes == (holes[2],)
    assert verdict.waived == {row: tuple(holes[:2])}


def test_a_file_that_nothing_simulates_is_told(tmp_path: Path) -> None:
    assert code_violations(figures(tmp_path, Counts()))[0] == "sub/one.v: no simulation has it"


@pytest.mark.parametrize("line", ["C 'x' 1", "nonsense", count(1, f="one.v", l="x", n="1", t="l")])
def test_what_is_no_count_is_one_message(line: str) -> None:
    with pytest.raises(BadInput, match=r"coverage\.dat: line 1: found"):
        parsed(line, FILES, "coverage.dat")


@pytest.mark.parametrize(
    "text",
    [
        '[[waiver]]\nfile = "a.v"\n',
        '[[waiver]]\nfile="*"\nkind="lines"\ntext="a"\npoint="a"\nreason="a"\n',
        '[[waiver]]\nfile="*"\nkind="line"\ntext="("\npoint="a"\nreason="a"\n',
    ],
)
def test_a_broken_table_of_waivers_is_one_message(text: str, tmp_path: Path) -> None:
    path = tmp_path / "table.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"table\.toml: waiver 1"):
        waivers(path)


@pytest.mark.build
def test_a_line_that_no_bench_reaches_is_a_hole(tmp_path: Path) -> None:
    """Planted in the barrier, whose bench covers the rest of it."""
    file, place = BARRIER
    rtl = tmp_path / "rtl"
    shutil.copytree(asset_folder("rtl"), rtl)
    text = (rtl / file).read_text()
    assert text.count(place) == 1
    planted = f"{place}\n    if (data_i[7:0] == 8'd255 && data_i[15:8] == 8'd254) begin"
    planted += "\n      $display(1);\n    end"
    (rtl / file).write_text(text.replace(place, planted))
    (found,) = block_benches("barrier", tmp_path / "work", 1, rtl, tmp_path / "cache")
    held = code_figures(found.counts, [file], (), rtl)
    lines = text[: text.index(place)].count("\n") + 2
    assert [hole.rpartition(": run")[0] for hole in held["holes"]["line"]] == [
        f"{file}:{line}" for line in (lines, lines + 1)
    ]
    assert [hole.partition(" at")[0] for hole in held["holes"]["branch"]] == [f"{file}:{lines}: if"]
    assert held["total"]["toggle"]["covered"] == held["total"]["toggle"]["of"] > 100


@pytest.mark.build
def test_without_directed_transfers_there_are_holes(tmp_path: Path) -> None:
    """Chance alone leaves bits of registers and situations on the bus out."""
    bench = control_bench.build(control_bench.sources(), quick=True)
    whole = bench.run(1, 60, coverage=tmp_path / "coverage.dat").check()
    met = figures_of(control_points(whole), unreachable())
    assert met["holes"] == []
    assert met["groups"]["register"]["met"] > 8 * 1608 * 4
    # The wanted points do not depend on what is met.
    chance = bench.run(1, 60).check()
    left = figures_of(control_points(chance), unreachable())
    assert left["groups"]["register"]["of"] == met["groups"]["register"]["of"]
    assert "register: WEIGHTS bit 0 written 0" in left["holes"]
    assert violations(left)[0].startswith("not met: ")


def test_a_mask_a_link_and_an_exponent_that_never_came_are_holes() -> None:
    network = Network.preset("small")
    ones = (1 << network.latent_type.width) - 1
    full = [ones] * network.latents
    results: dict[str, Any] = {
        "latent_bits": {"ones": full, "zeros": full},
        "keep_bits": {"kept": full, "cleared": full},
        "exponents": {"seen": [(1 << 25) - 1]},
        "sets": [{"name": of_links(n), "words": 5, "mismatches": 0} for n in AUTOENCODER_LINKS],
    }
    assert figures_of(chip_points(results, network), ())["holes"] == []
    full[3] &= ~0b100
    results["keep_bits"] = {"kept": [ones] * network.latents, "cleared": full}
    results["latent_bits"]["ones"] = [ones] * network.latents
    results["latent_bits"]["zeros"] = [ones] * network.latents
    results["sets"][0]["mismatches"] = 1
    results["exponents"]["seen"] = [(1 << 24) - 1]
    assert figures_of(chip_points(results, network), ())["holes"] == [
        "keep mask: bit 2 of latent 3 cleared",
        f"links: {AUTOENCODER_LINKS[0]}",
        "module sum: exponent 24",
    ]


def test_events_of_every_power_reach_every_exponent() -> None:
    codes = encode_5e4m(every_power().astype(np.int64).sum(axis=1))
    assert set((codes >> 4).tolist()) == set(range(25))


def test_what_is_unreachable_and_met_is_told() -> None:
    row = Unreachable("mode: .*, rounded up", "x")
    found = Points({"mode: a, rounded up": 0, "mode: b, rounded down": 1})
    assert violations(figures_of(found, [row])) == []
    found["mode: a, rounded up"] = 1
    assert len(violations(figures_of(found, [row]))) == 1


def test_modes_that_were_not_driven_are_holes() -> None:
    """All of them, where the bench compared nothing; TRN rounds no number up at any time."""
    driven = Points(dict(reached({"modes": {"numbers": len(numbers())}})))
    holes = figures_of(driven, unreachable())["holes"]
    assert {hole.partition(":")[0] for hole in holes} == {"accumulator"}
    assert len(figures_of(Points(dict(reached({}))), ())["holes"]) == len(driven)


def test_every_hand_written_file_is_in_a_simulation() -> None:
    rtl = asset_folder("rtl")
    of_chips = {
        path
        for chip in chips()
        for path in hand_written(chip.configuration, kinds=chip.network.kinds)
    }
    below = VerilogSources(sorted(rtl.glob("*.v")))
    blocks = {path for block in BLOCKS for path in below.below(block)}
    found = {path.relative_to(rtl).as_posix() for path in of_chips | blocks}
    of_coders = (path for coder in JUDGED_CODERS.values() for path in coder.sources)
    found |= {path.relative_to(rtl).as_posix() for path in of_coders}
    assert found | set(control_bench.sources()) == set(all_files())


def test_the_committed_page_is_of_the_record() -> None:
    stored = Record.load(STORED)
    assert STORED.with_suffix(".md").read_text(encoding="utf-8") == page(stored)
    found: Any = stored.figures
    assert set(found["code"]["files"]) == set(all_files())
    assert found["functional"]["holes"] == []
    for kind, least in LEAST.items():
        reached_share = share(found["code"]["total"][kind])
        assert reached_share is not None and reached_share >= least
    # Each simulation is needed for something.
    assert all(row["alone"] for row in found["simulations"].values())
    other = stored.model_copy(update={"violations": ["line coverage is 3 %"]})
    assert page(other) != page(stored)
