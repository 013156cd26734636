"""Transients on the mapped control of a tiny chip, and faults of its redundancy that they find."""

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.campaigns.record import Record
from asicae.campaigns.transient_tally import ROWS
from asicae.campaigns.transients import PULSES, SCENES, Campaign, campaign
from asicae.campaigns.transients_page import page
from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import NAIVE, configuration_of
from asicae.chip.registers import register_map
from asicae.estimation.lanes.lanes import Part
from asicae.estimation.libraries import load
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.export.rtl import export_rtl
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
SHARES = dict(zip(SCENES, (40, 40, 40, 8), strict=True))
"""One net of so many is hit in a scene; more where few come at the edge that writes."""


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
    """After transients on a sample of nets in every scene; of a block on all of its own, where the
    bus is quiet."""
    made = campaign(design_of(TINY, configuration), synthesis, load(), 1)
    for scene in SCENES[: 2 if block else None]:
        nets = made.order()
        own = [net for net in nets if made.control.place(int(net)).startswith(block)]
        made.run(scene, np.array(own if block else nets[:: SHARES[scene]], np.int32))
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
    assert figures["each_net_at_least"] >= len(SCENES)
    assert all(row["seen"] for row in figures["planted"])
    assert [row["name"] for row in figures["single"]] == list(ROWS)
    other = stored.model_copy(update={"figures": figures | {"set.silent": 1}})
    assert STORED.with_suffix(".md").read_text() != page(other)


def test_what_is_single_is_never_state_of_control() -> None:
    """Whatever a row allows, the state of control is not among it."""
    assert all(Part.CONTROL not in row.spoils for row in ROWS.values())
