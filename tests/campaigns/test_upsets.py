"""Upsets of every flip-flop of a small chip, and mutations of its triplication that they find."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from asicae.campaigns.record import Record
from asicae.campaigns.stages import IDLE, LOADING, STREAMING, TALKING
from asicae.campaigns.upset_sites import PLAIN, REGISTER_FILE, UNTOLD, storage_of
from asicae.campaigns.upset_tally import limits
from asicae.campaigns.upsets import Part, campaign, plan
from asicae.campaigns.upsets_page import page
from asicae.chip.design import Design, design_of
from asicae.chip.microarchitectures import MICROARCHITECTURES, NAIVE
from asicae.estimation.outside.registers import Bit, registers_of
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.simulation.twin.library import Register
from asicae.simulation.twin.twin import Kind, Scene
from tests.support.places import ROOT
from tests.support.tiny_network import TINY

STORED = ROOT / "docs" / "results" / "upsets.json"
LEAN = MICROARCHITECTURES["lean"].configuration
SECOND = """
[[layers]]
kind = "dense"
name = "second"
units = 2
weight = "fixed<3,1>"
bias = "fixed<3,1>"
output = "ufixed<5,1>"
relu = true
"""


@dataclass(frozen=True)
class Chip:
    """An exported chip and its flip-flops."""

    network: Network
    folder: Path
    registers: tuple[Register, ...]


def loaded(text: str, folder: Path) -> Network:
    path = folder / "network.toml"
    path.write_text(text)
    return Network.load(path)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return loaded(TINY, tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="module")
def chip(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Chip:
    pytest.importorskip("pyosys", reason="pip install 'asicae[asic]'")
    folder = tmp_path_factory.mktemp("tiny")
    export_rtl(network, folder)
    design = design_of(network)
    return Chip(network, folder, storage_of(design, registers_of(design, folder).bits))


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Design, Path, tuple[Bit, ...]]:
    """A chip of two layers with a barrier between them, and a gated bank."""
    pytest.importorskip("pyosys", reason="pip install 'asicae[asic]'")
    folder = tmp_path_factory.mktemp("lean")
    design = design_of(loaded(TINY + SECOND, folder), LEAN)
    export_rtl(design.network, folder, LEAN)
    return design, folder, registers_of(design, folder).bits


@pytest.mark.build
def test_every_upset_is_corrected_told_and_counted(chip: Chip) -> None:
    made = campaign(chip.network, NAIVE, chip.folder, 1, chip.registers, quick=True)
    for part in plan(1):
        made.run(part)
    tally = made.tally
    assert tally.violations == []
    assert all(hits.min() == 1 for hits in tally.hits.values())
    assert tally.figures()["seu.corrected"] == tally.figures()["seu.injected"] > 0
    assert tally.seen == tally.planted > 0
    assert tally.reports > 0
    # Of those around the end of a byte many are at the very edge that writes it.
    assert tally.written["single, weight writes"] > 0.02 * sum(tally.flip_flops.values())


@pytest.mark.build
def test_what_stays_wrong_is_told_apart(chip: Chip) -> None:
    """Two copies of a bit win the vote; of the register file, that of ENABLE ends the results."""
    made = campaign(chip.network, NAIVE, chip.folder, 1, chip.registers, quick=True)
    held = [r for r in made.twin.registers if r.block == REGISTER_FILE]
    control = max(held, key=lambda register: register.width)
    bits = [bit for bit in range(control.width) if bit not in control.report]
    hit = made.twin.sites(control)[:2, bits].T
    scene = Scene(events=1, spread=0, aimed=0, limit=64, examined=1, seed=1)
    kinds = [Kind(int(kind)) for kind in made.twin.inject(scene, [], hit)["kind"]]
    assert kinds.count(Kind.HUNG) == 1
    assert kinds.count(Kind.SILENT) == len(bits) - 1


@pytest.mark.build
def test_a_single_flip_flop_spoils_one_event(lean: tuple[Design, Path, tuple[Bit, ...]]) -> None:
    design, folder, bits = lean
    registers = storage_of(design, bits)
    made = campaign(design.network, LEAN, folder, 1, registers, quick=True)
    made.run(Part(STREAMING, "single", 1))
    assert made.tally.violations == []
    kinds = made.tally.kinds
    assert kinds["single, streaming", "u_barrier"][Kind.RECOVERED] > 0
    others = [found for (_, block), found in kinds.items() if block != "u_barrier"]
    assert {kind for found in others for kind in found if found[kind]} == {Kind.CORRECTED}


# A voter that sees copy a alone, a copy that does not refresh and one that is not reported, each in
# registers of one width: words of weights, bytes of the register file, I2C lines.
MISTAKES = (
    (r"(u_voter_c \(\s*\.a_i\()copy_a", r"\1(WIDTH == 8) ? copy_c : copy_a"),
    (r"\.b_i\(copy_b\)", ".b_i((WIDTH == 32) ? copy_a : copy_b)"),
    (r"\(copy_a != copy_c\)", "((WIDTH != 2) && (copy_a != copy_c))"),
)


@pytest.mark.build
def test_mistakes_in_triplication_are_found_where_they_are(chip: Chip, tmp_path: Path) -> None:
    export_rtl(chip.network, tmp_path)
    path = tmp_path / "rtl" / "tmr_register.v"
    text = path.read_text()
    for old, new in MISTAKES:
        text, count = re.subn(old, new, text)
        assert count
    path.write_text(text)
    made = campaign(chip.network, NAIVE, tmp_path, 1, chip.registers, quick=True)
    made.run(Part(IDLE, "single", 1))
    found = made.tally.violations
    of_width = {register.place: register.width for register in chip.registers}
    for says, copy, width in (
        ("silent", "u_copy_a", 32),
        ("standing", "u_copy_c", 8),
        ("tmr_error_o does not tell of it as it must", "u_copy_c", 2),
    ):
        places = [re.match(r"single, idle: (\S+)\.(u_copy_.)\.\S+: " + says, v) for v in found]
        told = {(of_width[m[1]], m[2]) for m in places if m}
        assert told == {(width, copy)}
        found = [v for v, m in zip(found, places, strict=True) if not m]
    # The rest is the counter, which lacks what was not reported.
    assert all("TMR_ERRORS is" in violation for violation in found)


@pytest.mark.slow
def test_what_is_single_or_not_reported_without_a_reason_is_refused(
    chip: Chip, lean: tuple[Design, Path, tuple[Bit, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {register.place for register in chip.registers if not register.told} == set(UNTOLD)
    design, _, bits = lean
    assert {r.block for r in storage_of(design, bits) if len(r.copies) == 1} == {"u_barrier"}
    monkeypatch.delitem(PLAIN, "barrier")
    with pytest.raises(CheckFailed, match=r"u_barrier.*are single"):
        storage_of(design, bits)


def test_the_plan_hits_each_flip_flop_in_every_scene() -> None:
    singles = {part.stage: part.rounds for part in plan(10) if part.flips == "single"}
    assert singles == {IDLE: 10, STREAMING: 10, TALKING: 10, LOADING: 1}


@pytest.mark.parametrize(
    ("found", "of", "wanted"), [(0, 10, (0.0, 0.3085)), (3, 10, (0.0667, 0.6525))]
)
def test_limits_are_the_published_ones(found: int, of: int, wanted: tuple[float, float]) -> None:
    assert limits(found, of) == pytest.approx(wanted, abs=1e-4)


def test_the_page_is_that_of_the_record() -> None:
    stored = Record.load(STORED)
    assert STORED.with_suffix(".md").read_text() == page(stored)
    figures: Any = stored.figures
    assert figures["seu.injected"] == figures["seu.corrected"] > 100_000
    assert all(part["each_flip_flop_at_least"] > 0 for part in figures["parts"])
    assert figures["planted"]["seen"] == figures["planted"]["two_copies_of_a_bit"] > 0
    other = stored.model_copy(update={"figures": figures | {"seu.silent": 1}})
    assert STORED.with_suffix(".md").read_text() != page(other)
