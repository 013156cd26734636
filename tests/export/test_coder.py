"""The encoder of Adaptive Choice in Verilog: its frames are the algorithm's, and tools read it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip.blocks import Sized
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.algorithms.table import ALGORITHMS, settings_from
from asicae.concentrator.sent_cells import SentCells
from asicae.concentrator.silicon.adaptive_choice import TOP, CoderDesign, coder_design
from asicae.concentrator.silicon.events import drawn_events
from asicae.concentrator.silicon.tables import FIRST_WIDTH, STRIDE_BITS
from asicae.export.coder.export import check_coder, export_coder
from asicae.export.coder.top import coder_verilog
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_json
from asicae.module.codes import CALQ_MAX
from asicae.module.geometry import N_CELLS, Integers
from asicae.simulation.coder.comparison import compare_coder
from tests.export.test_simulation import failures, make
from tests.support.silent_tools import require_silence

EVENTS = 20_000


def coder(links: int, latency_bx: int, **values: Any) -> CoderDesign:
    found = settings_from({"alg_type": "adaptive_choice", "links": links, **values})
    assert isinstance(found, AdaptiveChoiceSettings)
    return coder_design(found, latency_bx)


CASES = {
    "usual": coder(1, 2),
    "one crossing": coder(1, 1, most_cells=3),
    "held back": coder(2, 2, most_cells=6, compander="power_2_5", held_back=1),
    "map": coder(5, 2, compander="log_1_256"),
    "one cell": coder(1, 1, most_cells=1, compander="log_1_128", held_back=2),
    "short codes": coder(3, 2, code_bits=7, held_back=2),
    "two links": coder(2, 1),
    "three links": coder(3, 2),
    "four links": coder(4, 1, held_back=1),
    "all cells": coder(10, 2, code_bits=5),
    "one bit": coder(6, 2, code_bits=1),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("coders")

    def folder(name: str) -> Path:
        if not (root / name).exists():
            export_coder(CASES[name].settings, root / name, CASES[name].latency_bx)
        return root / name

    return folder


@pytest.fixture
def usual(folders: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(folders("usual"), tmp_path / "copy"))


def drawn(design: CoderDesign, events: int = EVENTS) -> Integers:
    return drawn_events(design.settings, events, 5)


@pytest.mark.build
@pytest.mark.parametrize("name", CASES)
def test_frames_are_those_of_the_algorithm(folders: Callable[[str], Path], name: str) -> None:
    design = CASES[name]
    found = compare_coder(design, folders(name) / "rtl", drawn(design), quick=True)
    assert found.frames == EVENTS and found.clocks > EVENTS


@pytest.mark.parametrize("name", CASES)
def test_drawn_events_reach_every_case(name: str) -> None:
    settings = CASES[name].settings
    events, most = drawn(CASES[name]), settings.most_cells
    hits = np.count_nonzero(events, axis=1)
    assert {0, 1, most - 1, most, N_CELLS} <= set(hits.tolist())
    assert (events == CALQ_MAX).all(axis=1).any() and events.max() == CALQ_MAX
    sums = events.sum(axis=1)
    assert set(range(27)) <= {int(total).bit_length() - 1 for total in sums if total}
    # Ties at the smallest charge that is sent.
    ordered = np.sort(events, axis=1)[:, ::-1]
    if most < N_CELLS:
        assert np.count_nonzero((ordered[:, most - 1] == ordered[:, most]) & (hits > most)) > 100
    mask = _sent(settings, events)
    cells = SentCells(mask)
    # Every cell in every slot that it can have, and every number of cells.
    slots = np.cumsum(mask, axis=1)[mask] - 1
    reached = set(zip(slots.tolist(), np.nonzero(mask)[1].tolist(), strict=True))
    possible = {(slot, cell) for slot in range(most) for cell in range(slot, N_CELLS)}
    assert len(possible - reached) <= len(possible) // 10
    assert set(cells.numbers.tolist()) == set(range(most + 1))


def _sent(settings: AdaptiveChoiceSettings, events: np.ndarray) -> np.ndarray:
    fields = ALGORITHMS[settings.alg_type].select(
        events.astype(np.int32), np.zeros(len(events), dtype=np.uint8), settings
    )
    return np.asarray(fields.sent)


def flipped(block: str, parameter: str, bit: int) -> Callable[[CoderDesign, Path], None]:
    """One bit of a table in the top."""

    def spoil(design: CoderDesign, rtl: Path) -> None:
        value = design.blocks[block].parameters[parameter]
        assert isinstance(value, Sized)
        wrong = {parameter: replace(value, value=value.value ^ 1 << bit)}
        path = tuple(
            replace(b, parameters={**b.parameters, **wrong}) if b.instance == block else b
            for b in design.data_path
        )
        (rtl / f"{TOP}.v").write_text(coder_verilog(replace(design, data_path=path)))

    return spoil


def edited(file: str, old: str, new: str) -> Callable[[CoderDesign, Path], None]:
    """Text of a hand-written module."""

    def spoil(_: CoderDesign, rtl: Path) -> None:
        text = (rtl / file).read_text()
        assert text.count(old) == 1
        (rtl / file).write_text(text.replace(old, new))

    return spoil


MUTATIONS = {
    "a threshold": flipped("u_slot_codes", "THRESHOLDS", 128 << STRIDE_BITS),
    "a rank": flipped("u_subset_rank", "TABLE", (N_CELLS + 20) * 11),
    "a share": flipped("u_room_packer", "FIRST", 2 * FIRST_WIDTH),
    "a bit that is left": flipped("u_shares", "LEFT", 2 * 3),
    "a tie of charges": edited("chosen_cells.v", "fits = {CELLS{1'b0}}", "fits = {CELLS{1'b1}}"),
    "a tie of codes": edited("word_greater.v", "word_i > other_i", "word_i >= other_i"),
}


@pytest.mark.build
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_found(usual: Path, name: str) -> None:
    design = CASES["usual"]
    MUTATIONS[name](design, usual / "rtl")
    with pytest.raises(CheckFailed, match=r"event \d+: frame"):
        compare_coder(design, usual / "rtl", drawn(design), quick=True)


@pytest.mark.build
def test_a_copy_that_disagrees_is_found(usual: Path) -> None:
    design, top = CASES["usual"], usual / "rtl" / f"{TOP}.v"
    text = top.read_text()
    assert text.count(".d_i(valid1)") == 1
    top.write_text(text.replace(".d_i(valid1)", ".d_i({valid1[2:1], 1'b0})"))
    with pytest.raises(CheckFailed, match="copies disagree"):
        compare_coder(design, usual / "rtl", drawn(design, 100), quick=True)


def test_check_sees_a_changed_top(usual: Path) -> None:
    design, top = CASES["usual"], usual / "rtl" / f"{TOP}.v"
    check_coder(design, usual)
    for old, new, message in (
        ("[31:0] frame_o", "[30:0] frame_o", "port 'frame_o'"),
        (".MOST(2)", ".MOST(3)", "parameter 'MOST'"),
        (".word_i(held_codes)", ".word_i(codes[526:0])", "connection 'word_i'"),
    ):
        text = top.read_text()
        top.write_text(text.replace(old, new, 1))
        with pytest.raises(CheckFailed, match=message):
            check_coder(design, usual)
        top.write_text(text)
    flipped("u_subset_rank", "TABLE", 0)(design, usual / "rtl")
    with pytest.raises(CheckFailed, match="parameter 'TABLE'"):
        check_coder(design, usual)


def test_same_settings_give_the_same_bytes_and_are_in_the_folder(
    folders: Callable[[str], Path], tmp_path: Path
) -> None:
    export_coder(CASES["usual"].settings, tmp_path, CASES["usual"].latency_bx)
    for path in sorted(folders("usual").rglob("*")):
        if path.is_file():
            assert (tmp_path / path.relative_to(folders("usual"))).read_bytes() == path.read_bytes()
    assert settings_from(read_json(tmp_path / "settings.json")) == CASES["usual"].settings


@pytest.mark.parametrize("name", CASES)
def test_tools_have_nothing_to_say(folders: Callable[[str], Path], name: str) -> None:
    require_silence(folders(name) / "rtl", TOP)


@pytest.mark.build
@pytest.mark.slow
def test_the_example_runs_without_the_kit_and_sees_a_wrong_frame(usual: Path) -> None:
    """In Icarus, which compiles it in a moment; Verilator is compared by itself."""
    if shutil.which("iverilog") is None:
        pytest.skip("apt-get install iverilog")
    sim = usual / "sim"
    (sim / "time.f").write_text("+timescale+1ns/1ps\n")
    files = [line for line in (sim / "sources.f").read_text().split() if line.endswith(".v")]
    words = ("SIM=icarus", "COMPILE_ARGS=-f time.f", f"VERILOG_SOURCES={' '.join(files)}")
    done = make(sim, *words)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert failures(sim / "results.xml") == {"frames_match_the_algorithm": False}
    table = sim / "data" / "events.csv"
    first, behind = table.read_text().split("\n", 1)
    counter, frame, charges = first.split(",", 2)
    table.write_text(f"{counter},{int(frame, 16) ^ 1:x},{charges}\n{behind[:2000]}")
    assert make(sim, *words).returncode != 0
    assert failures(sim / "results.xml") == {"frames_match_the_algorithm": True}


def test_an_algorithm_without_verilog_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="found best_choice, which has no Verilog by itself"):
        export_coder(settings_from({"alg_type": "best_choice", "links": 1}), tmp_path)
    with pytest.raises(BadInput, match="latency: found 3, allowed is 1 or 2 bunch crossings"):
        export_coder(CASES["usual"].settings, tmp_path, 3)
    assert list(tmp_path.iterdir()) == []
