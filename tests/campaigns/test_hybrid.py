"""What the campaign of the encoder of Hybrid Choice says, from rows that are made up."""

import argparse
from types import SimpleNamespace
from typing import Any, cast

import pytest

from asicae.campaigns.hybrid import (
    area_of,
    designs,
    dynamic_of,
    figures_of,
    today,
)
from asicae.campaigns.hybrid_pages import page
from asicae.campaigns.record import Record
from asicae.campaigns.silicon import too_slow
from asicae.campaigns.silicon_beside import rows_beside
from asicae.campaigns.silicon_kept import names_of
from asicae.campaigns.silicon_pages import AREA, ENERGY, band
from asicae.campaigns.silicon_row import Row, digest
from asicae.concentrator.silicon.hybrid_choice import LATENCY
from asicae.estimation.coder import BETWEEN, CoderEstimate
from asicae.estimation.hybrid import HybridEstimate
from asicae.estimation.record import EnergyParts, EstimateRecord
from asicae.estimation.scaling import Band, Scaling
from asicae.export.hybrid.files import hybrid_files
from tests.support.places import ROOT

RESULTS = ROOT / "docs" / "results"
SILICON = Record.load(RESULTS / "silicon.json")
STORED = RESULTS / "hybrid.json"
NAME = "hybrid-2/lean"


def made(rtl: str = "0" * 64) -> Row:
    bands = {
        f"{key}.{level}": value * factor
        for key, value in ((AREA, 0.625), (ENERGY, 0.25))
        for level, factor in (("low", 0.5), ("nominal", 1.0), ("high", 2.0))
    }
    figures = {
        "energy.statistical_error_pj": 3.0, "timing.slack_ns_65nm": 2.25,
        "exact.verilated.frames": 1_000_000, "exact.netlist.frames": 2000,
        "chip.exact.golden_vs_netlist.words": 16_000,
    }  # fmt: skip
    return Row(
        name=NAME, status="verified", latency_bx=2, rtl_sources="model.f", rtl_sha256=rtl,
        figures=bands | figures, area_um2={"dense": 200_000.0, "around": 100_000.0},
        dynamic_pj={"dense": 123.0, "around": 77.0},
    )  # fmt: skip


def recorded(*rows: Row, violations: list[str] | None = None) -> Record:
    return SILICON.model_copy(
        update={
            "figures": {
                "rows": [row.model_dump() for row in rows],
                "beside": [row.model_dump() for row in rows_beside(SILICON)],
            },
            "violations": violations or [],
        }
    )


def test_the_page_has_econ_t_built_alike_beside_each_row() -> None:
    (lean,) = (row for row in rows_beside(SILICON) if row.name == "lean")
    text = page(recorded(made()), {NAME: False}, [NAME, "hybrid-1/lean"])
    area, energy = lean.area_mm2, lean.energy_nj * 1e3
    assert (
        f"| {NAME} | 0.300 | 0.100 | {area:.3f} | {area / 0.3:.2f} | 200 ± 3 | 77 | {energy:.0f} |"
        f" {energy / 200:.2f} | 0.625 (0.31 to 1.2) | {band(lean, AREA)} | 0.25 (0.12 to 0.5) |"
        f" {band(lean, ENERGY)} | 2.2 | 2 |"
    ) in text
    assert "\nNot measured: hybrid-1/lean.\n" in text
    compared = f"| {NAME} | 1,000,000 | 2,000 | 16,000 | `000000000000`, "
    assert compared + "CHANGED SINCE |" in text
    every = page(recorded(made()), {NAME: True}, [NAME])
    assert compared + "as now |" in every and "Not measured" not in every
    other = made().model_copy(update={"name": "hybrid-2/none"})
    assert "| 0.300 | 0.100 | – | – |" in page(recorded(other), {other.name: False}, [])
    told = page(recorded(made(), violations=[f"{NAME}: late"]), {NAME: False}, [])
    assert f"* {NAME}: late" in told
    late = made().model_copy(update={"figures": {"timing.slack_ns_65nm": -0.5}})
    assert too_slow(late) == [f"{NAME}: timing.slack_ns_65nm is -0.5"]


def test_rows_are_the_networks_in_what_answers_in_time_and_each_can_be_measured_again() -> None:
    known = designs()
    assert {"hybrid-1/naive", "hybrid-1/lean", "hybrid-2/naive", NAME} <= set(known)
    assert {hybrid.design.chip.latency_bx for hybrid in known.values()} == {LATENCY}
    assert names_of(f"{NAME},hybrid-1/naive", known) == (NAME, "hybrid-1/naive")
    with pytest.raises(argparse.ArgumentTypeError, match="allowed are none, hybrid-1/naive"):
        names_of("lean", known)
    todays = digest(hybrid_files(known[NAME].design))
    assert today({NAME: made(todays)}, known) == {NAME: True}
    assert today({NAME: made()}, known) == {NAME: False}


def test_area_energy_and_slack_are_of_the_whole_encoder() -> None:
    """At 65 nm too, in the place of those of the chip alone; a path is as slow as it is."""
    alone = {"energy.statistical_error_pj": 2.0, "timing.slack_ns_65nm": 18.0, f"{AREA}.low": 9.0}
    parts = {"dense": EnergyParts(switching=3000.0, internal=1000.0, clock=500.0, leakage=9e9)}
    chip = SimpleNamespace(area_um2={"dense": 2.9e6, "top": 0.1e6}, energy_fj=parts, metrics=alone)
    same = Band(1.0, 1.0, 1.0)
    around = CoderEstimate(
        "made_up", 1.0, {"chip": 3e6, "hits_reach": 0.2e6, "rank1": 0.3e6}, 7, {BETWEEN: 20.0},
        Scaling(Band(1.0, 2.0, 3.0), Band(10.0, 20.0, 30.0), same, {}), 2000,
    )  # fmt: skip
    outside = EnergyParts(switching=250.0, clock=250.0, leakage=9e9)
    found = HybridEstimate(cast(EstimateRecord, chip), around, outside, 500.0)
    assert area_of(found) == {"dense": 2.9e6, "top": 0.1e6, "around": 0.5e6}
    assert dynamic_of(found) == {"dense": 4.5, "around": 0.5}
    figures, levels = figures_of(found), ("low", "nominal", "high")
    assert [figures[f"{AREA}.{level}"] for level in levels] == [3.5, 7.0, 10.5]
    assert [figures[f"{ENERGY}.{level}"] for level in levels] == pytest.approx([0.05, 0.1, 0.15])
    assert figures["energy.statistical_error_pj"] == 2.5
    assert figures["timing.slack_ns_65nm"] == around.slack_ns_65nm < 18.0
    assert {name: figures[f"chip.{name}"] for name in alone} == alone
    assert figures["area.um2.around.hits_reach"] == 0.2e6
    assert figures[f"timing.ns.{BETWEEN}"] == 20.0
    assert (figures["exact.netlist.frames"], figures["flip_flops"]) == (2000, 7)


def test_the_stored_page_is_that_of_the_record_and_hybrid_2_costs_less_than_econ_t() -> None:
    """And says of each row whether its RTL is what is exported now: measure those that are not
    again with ``--rows``, or let the page say so with ``--rows none``.
    """
    found, known = Record.load(STORED), designs()
    listed: Any = found.figures
    rows = {row["name"]: Row.model_validate(row) for row in listed["rows"]}
    kept = STORED.with_suffix(".md").read_text(encoding="utf-8")
    assert kept == page(found, today(rows, known), tuple(known))
    assert list(rows) == [name for name in known if name in rows] and found.violations == []
    beside = {row.name: row for row in map(Row.model_validate, listed["beside"])}
    for built in ("naive", "lean"):
        mine, its = rows[f"hybrid-2/{built}"], beside[built]
        assert mine.area_mm2 < its.area_mm2 and mine.energy_nj < its.energy_nj
        whole = sum(mine.area_um2.values()) * 1e-6
        assert mine.figure(f"{AREA}.nominal") / whole == pytest.approx(
            its.figure(f"{AREA}.nominal") / its.area_mm2
        )
