"""Transients on the mapped control of a tiny chip, and faults of its redundancy that they find."""

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from asicae.campaigns.record import Record
from asicae.campaigns.stages import IDLE, LOADING, STAGES, Stage
from asicae.campaigns.transient_sites import control_of
from asicae.campaigns.transient_tally import ROWS, Tally
from asicae.campaigns.transients import PULSES, Campaign, campaign
from asicae.campaigns.transients_page import page
from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import NAIVE, configuration_of
from asicae.chip.registers import register_map
from asicae.estimation.lanes.lanes import OUTCOME, TRANSIENT, Part
from asicae.estimation.libraries import load
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput
from asicae.simulation.twin.twin import Kind
from tests.support.edited_netlists import (
    FILE,
    TINY,
    WORD,
    Modules,
    held_in,
    merged_logic,
    merged_voters,
    no_report,
)
from tests.support.places import ROOT

STORED = ROOT / "docs" / "results" / "transients.json"
SHARES = dict(zip(STAGES, (40, 40, 40, 8), strict=True))
"""One net of so many is hit in a stage; more where few come at the edge that writes."""


GATED = configuration_of("gated")


def mapped(folder: Path, configuration: Configuration) -> Synthesis:
    pytest.importorskip("pyosys", reason="pip install 'asicae[asic]'")
    return synthesise(export_rtl(TINY, folder, configuration).folder, load())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return mapped(tmp_path_factory.mktemp("tiny"), NAIVE)


def disturbed(
    synthesis: Synthesis, configuration: Configuration = NAIVE, block: str = ""
) -> Campaign:
    """After transients on a sample of nets in every stage; of a block on all of its own, where the
    bus is quiet."""
    made = campaign(design_of(TINY, configuration), synthesis, load(), 1)
    for stage in STAGES[: 2 if block else None]:
        nets = made.order()
        own = [net for net in nets if made.control.place(int(net)).startswith(block)]
        made.run(stage, np.array(own if block else nets[:: SHARES[stage]], np.int32))
    return made


@pytest.mark.build
def test_no_transient_in_control_outlives_it(tmp_path: Path) -> None:
    """Of a chip with gated clocks, on which transients come as well."""
    made = disturbed(mapped(tmp_path, GATED), GATED)
    clocked = [made.control.flat.phases[net] for net in made.control.nets]
    assert np.count_nonzero(clocked) >= 3
    made.plant()
    assert made.tally.violations == []
    figures = made.tally.figures([pulse.name for pulse in PULSES])
    assert figures["set.corrected"] == figures["set.injected"] > len(made.control.nets) // 8
    idle, *_, loading = figures["scenes"]
    assert 0.1 < idle["marked"] / idle["corrected"] < 0.9
    assert loading["written"] > 0
    assert figures["single"][0]["recovered"] > 0
    assert figures["planted"][1] == {"name": "the reset pin", "injected": 1, "seen": 1}
    # What the bench can tell apart is what the description has.
    assert figures["bits"]["image"] == TINY.weight_bits
    assert figures["bits"]["sent"] == 32 + 8 + 1  # a CRC; a byte, and whether SDA is pulled
    # The clean chip still is one: its host reads what is there.
    assert made.lanes.read("IDENTITY") == register_map(TINY)["IDENTITY"].reset
    made.lanes.write("EXPECTED_CRC", 0x12345678)
    assert made.lanes.read("EXPECTED_CRC") == 0x12345678


@pytest.mark.build
@pytest.mark.parametrize(
    ("module", "fault", "block", "told"),
    [
        (
            WORD,
            merged_voters,
            "u_weight_bank.g_word",
            r"u_weight_bank\.g_word\[0\]\.u_word\.u_voter_a, \S+ \d+: silent: image other",
        ),
        (
            FILE,
            merged_logic,
            "u_register_file.g_copy[1]",
            r"u_register_file\.g_copy\[1\]\.u_logic.*: (recovered|silent): .*control",
        ),
        (FILE, no_report, "u_register_file.u_state", r"u_register_file\.\S+ .*: tmr_error_o does"),
    ],
    ids=["merged voters", "merged logic", "no report"],
)
def test_lost_redundancy_is_found(
    plain: Synthesis,
    module: tuple[str, str],
    fault: Callable[[Modules], None],
    block: str,
    told: str,
) -> None:
    faulty = copy.deepcopy(plain.modules)
    fault(held_in(faulty, module))
    made = disturbed(replace(plain, modules=faulty), block=block)
    assert any(re.search(told, violation) for violation in made.tally.violations)


def test_the_page_is_that_of_the_record() -> None:
    stored = Record.load(STORED)
    assert STORED.with_suffix(".md").read_text() == page(stored)
    figures: Any = stored.figures
    assert figures["set.injected"] == figures["set.corrected"] > 100_000
    assert figures["each_net_at_least"] >= len(STAGES)
    assert all(row["seen"] for row in figures["planted"])
    assert [row["name"] for row in figures["single"]] == list(ROWS)
    other = stored.model_copy(update={"figures": figures | {"set.silent": 1}})
    assert STORED.with_suffix(".md").read_text() != page(other)


def test_what_is_single_is_never_state_of_control() -> None:
    """Whatever a row allows, the state of control is not among it."""
    assert all(Part.CONTROL not in row.spoils for row in ROWS.values())


LEAN = configuration_of("lean")
VOTER = "u_weight_bank.g_word[0].u_word.u_voter_a"


@pytest.mark.parametrize(
    ("place", "configuration", "stage", "told", "wrong"),
    [
        (VOTER, LEAN, LOADING, True, ""),
        (VOTER, LEAN, LOADING, False, "tmr_error_o does not tell"),
        (VOTER, LEAN, IDLE, True, "silent: image other"),
        (VOTER, NAIVE, LOADING, True, "silent: image other"),
        ("u_register_file.u_state", LEAN, LOADING, True, "silent: image other"),
    ],
    ids=["one voter, loading", "not told", "one voter, idle", "three voters", "another block"],
)
def test_a_bank_with_one_voter_may_lose_a_byte_only_while_it_is_written(
    place: str, configuration: Configuration, stage: Stage, told: bool, wrong: str
) -> None:
    control: Any = SimpleNamespace(
        design=design_of(TINY, configuration), place=lambda _: place, name=lambda _: place
    )
    tally = Tally(control)
    hit, found = np.zeros(1, TRANSIENT), np.zeros(1, OUTCOME)
    found["kind"], found["spoiled"] = Kind.SILENT, 1 << Part.IMAGE
    found["marked"], found["told"] = 1, told
    tally.add(stage, np.zeros(1, np.intp), hit, found)
    assert [wrong in text for text in tally.violations] == [True] * bool(wrong)


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"weight_sets": 2}, "weight_sets: found 2"), ({"reuse": 2}, "reuse: found 2")],
    ids=["weight sets", "reuse"],
)
def test_chips_whose_control_is_not_told_apart_are_refused(
    changed: dict[str, int], told: str
) -> None:
    nothing: Any = None
    built = Configuration.model_validate({"bank": "gated", **changed})
    with pytest.raises(BadInput, match=f"^transients: {told}, allowed is 1$"):
        control_of(design_of(TINY, built), nothing, nothing)
