"""The encoder of Hybrid Choice in Verilog: its frames are the algorithm's, and tools read it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.blocks import Sized
from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import MICROARCHITECTURES, NAIVE
from asicae.concentrator.largest import largest
from asicae.concentrator.silicon.events import drawn_hybrid_events
from asicae.concentrator.silicon.hybrid_choice import TOP
from asicae.export.coder.export import export_coder
from asicae.export.hybrid.export import (
    Hybrid,
    check_hybrid,
    drawn_encoder,
    export_hybrid,
    export_hybrid_files,
    hybrid_of,
)
from asicae.export.hybrid.top import hybrid_verilog
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.module.geometry import Integers
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.importing.importer import ImportChoice
from asicae.network.weights import Weights
from asicae.simulation.coder.comparison import compare_hybrid
from tests.conformance import toy_encoder
from tests.export.test_simulation import failures, make
from tests.network.importing.test_chip import from_qkeras
from tests.support.silent_tools import require_silence
from tests.support.tiny_network import FOUR_PARTS, TINY, parsed

EVENTS = 6_000
LEAN, COMPACT = (MICROARCHITECTURES[name].configuration for name in ("lean", "compact"))


def encoder_of(network: Network, values: dict[str, Any], keep: list[int] | None) -> Encoder:
    """A bias just below 1, so that all bits of what comes out are 0 and 1; without a keep mask the
    usual one.
    """
    arrays = {name: array.copy() for name, array in Weights.random(network, 3).arrays.items()}
    (plan,) = network.weighted
    arrays[plan.bias.name][:] = (1 << plan.bias.type.fraction) - 1
    mask = drawn_encoder(values, network).weights.keep if keep is None else np.array(keep)
    return Encoder(network, Weights.checked(network, arrays, mask.astype(np.uint16)))


def made(
    links: int,
    network: Network,
    keep: list[int] | None = None,
    configuration: Configuration = NAIVE,
    **further: Any,
) -> Hybrid:
    values = {"alg_type": "hybrid_choice", "links": links, **further}
    return hybrid_of(values, encoder_of(network, values, keep), configuration)


@cache
def case(name: str) -> Hybrid:
    """One by its name."""
    tiny = parsed(TINY)
    match name:
        case "tiny":  # five bits of the room have no latent
            return made(1, tiny, [1, 12], most_cells=3)
        case "one link":
            return made(1, Network.preset("hybrid-1"))
        case "two links":  # more bits are kept than there is room for
            keep = [0b101000000, 0x1FF, 0, 3, 0b10, 0x100, 0x180, 1]
            return made(2, Network.preset("hybrid-2"), keep, LEAN, held_back=1)
        case "more cells":
            given: dict[str, Any] = {"busy_hits": 9, "busy_cells": 5, "busy_bits": 20}
            given |= {"busy_compander": "power_2_5", "code_bits": 5, "most_cells": 5}
            return made(2, tiny, **given)
        case "in parts":
            return made(1, parsed(TINY.replace("units = 2", "units = 4")), None, COMPACT)
        case _:  # as many hits as there are no cells
            return made(1, tiny, busy_hits=49)


CASES = ("tiny", "one link", "two links", "more cells", "in parts", "never busy")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("hybrids")

    def folder(name: str) -> Path:
        if not (root / name).exists():
            export_hybrid(case(name), root / name)
        return root / name

    return folder


@pytest.fixture
def copy(folders: Callable[[str], Path], tmp_path: Path) -> Path:
    """To spoil."""
    return Path(shutil.copytree(folders("tiny"), tmp_path / "copy"))


def drawn(hybrid: Hybrid, events: int = EVENTS) -> Integers:
    return drawn_hybrid_events(hybrid.design.settings, events, 5)


def compare(hybrid: Hybrid, folder: Path, events: int = EVENTS) -> int:
    calq = drawn(hybrid, events)
    found = compare_hybrid(hybrid.design, hybrid.encoder, folder / "rtl", calq, quick=True)
    return found.frames


@pytest.mark.build
@pytest.mark.parametrize("name", CASES)
def test_frames_are_those_of_the_algorithm(folders: Callable[[str], Path], name: str) -> None:
    assert compare(case(name), folders(name)) == EVENTS


@pytest.mark.parametrize("name", CASES[:-1])
def test_drawn_events_reach_every_case(name: str) -> None:
    settings, encoder = case(name).design.settings, case(name).encoder
    calq = drawn(case(name)).astype(np.int32)
    hits, number = np.count_nonzero(calq, axis=1), settings.busy_cells
    for exactly in (0, 1, settings.busy_hits - 1, settings.busy_hits, 48):
        assert np.count_nonzero(hits == exactly) > 50
    # Ties at the smallest charge that is sent of a busy crossing.
    busy = calq[settings.busy_rows(calq)]
    ordered = np.sort(busy, axis=1)[:, ::-1]
    assert np.count_nonzero(ordered[:, number - 1] == ordered[:, number]) > 100
    # Every bit of the latents that is sent is 0 and 1, and cells that are hidden would change them.
    hidden = golden.run(encoder, busy, hidden=largest(busy, number)).latents
    assert np.array_equal(np.bitwise_or.reduce(hidden) & settings.latent_word.sent, sent(settings))
    assert not (np.bitwise_and.reduce(hidden) & settings.latent_word.sent).any()
    shown = golden.run(encoder, busy).latents
    assert np.count_nonzero(((hidden ^ shown) & settings.latent_word.sent).any(axis=1)) > 100


def sent(settings: Any) -> np.ndarray:
    """Bits of every latent that are in a frame."""
    return np.asarray(settings.latent_word.sent)


def edited(file: str, old: str, new: str) -> Callable[[Hybrid, Path], None]:
    """Text of a Verilog file."""

    def spoil(_: Hybrid, rtl: Path) -> None:
        text = (rtl / file).read_text()
        assert text.count(old) == 1
        (rtl / file).write_text(text.replace(old, new))

    return spoil


def reordered(hybrid: Hybrid, rtl: Path) -> None:
    """The last two bits of the latents trade their places."""
    design = hybrid.design
    block = design.blocks["u_latent_tail"]
    table, width = block.parameters["SOURCES"], block.numbers["PLACE_WIDTH"]
    assert isinstance(table, Sized)
    last, before = (table.value >> place * width & ((1 << width) - 1) for place in (0, 1))
    swapped = table.value ^ (last ^ before) ^ (last ^ before) << width
    wrong = block.parameters | {"SOURCES": replace(table, value=swapped)}
    path = tuple(replace(b, parameters=wrong) if b is block else b for b in design.data_path)
    (rtl / f"{TOP}.v").write_text(hybrid_verilog(replace(design, data_path=path)))


MUTATIONS = {
    "a cell that is shown": edited("asicae_top.v", "sum, shown}", "sum, normalised}"),
    "cells of a quiet frame": edited(f"{TOP}.v", "hidden_i(busy_", "hidden_i(quiet_"),
    "one hit less": edited(f"{TOP}.v", ".LEAST(10)", ".LEAST(9)"),
    "one hit more": edited("hits_reach.v", "count >= LEAST", "count > LEAST"),
    "latents in another order": reordered,
    "latents of a quiet frame": edited("frame_output.v", "{TAIL{front_i[BITS-1]}}", "{TAIL{1'b1}}"),
    "a tie of charges": edited("chosen_cells.v", "fits = {CELLS{1'b0}}", "fits = {CELLS{1'b1}}"),
    "bits of the counter": edited("mode_header.v", "counter_i[4], ", "counter_i[3], "),
}  # fmt: skip


@pytest.mark.build
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_found(copy: Path, name: str) -> None:
    MUTATIONS[name](case("tiny"), copy / "rtl")
    with pytest.raises(CheckFailed, match=r"event \d+: frame"):
        compare(case("tiny"), copy)


@pytest.mark.build
def test_weights_that_do_not_arrive_are_found(copy: Path) -> None:
    edited("asicae_top.v", "16'h0600", "16'h0601")(case("tiny"), copy / "rtl")
    with pytest.raises(CheckFailed, match="the chip does not take: write WEIGHTS block 0"):
        compare(case("tiny"), copy, 10)


def test_check_sees_a_changed_top(copy: Path) -> None:
    design = case("tiny").design
    check_hybrid(design, copy)
    for file, old, new, message in (
        (TOP, "[31:0] frame_o", "[30:0] frame_o", "port 'frame_o'"),
        (TOP, ".LEAST(10)", ".LEAST(11)", "parameter 'LEAST'"),
        (TOP, "7'h20", "7'h21", "parameter 'DEVICE_ADDRESS'"),
        (TOP, ".latent_i(latents)", ".latent_i(latents[8:0])", "connection 'latent_i'"),
        ("asicae_top", "[47:0] hidden_i", "[46:0] hidden_i", "connection 'hidden_i'"),
        ("asicae_top", ".WEIGHT_BYTES(", ".WEIGHT_BYTES(1", "parameter 'WEIGHT_BYTES'"),
    ):
        top = copy / "rtl" / f"{file}.v"
        text = top.read_text()
        top.write_text(text.replace(old, new, 1))
        with pytest.raises(CheckFailed, match=message):
            check_hybrid(design, copy)
        top.write_text(text)


@pytest.mark.parametrize("name", CASES)
def test_tools_have_nothing_to_say(folders: Callable[[str], Path], name: str) -> None:
    require_silence(folders(name) / "rtl", TOP)


@pytest.mark.build
@pytest.mark.slow
def test_the_example_runs_without_the_kit_and_sees_a_wrong_frame(copy: Path) -> None:
    sim = copy / "sim"
    done = make(sim)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "%Warning" not in done.stdout + done.stderr
    assert failures(sim / "results.xml") == {"frames_match_the_algorithm": False}
    table = sim / "data" / "events.csv"
    first, behind = table.read_text().split("\n", 1)
    counter, frame, charges = first.split(",", 2)
    table.write_text(f"{counter},{int(frame, 16) ^ 1:x},{charges}\n{behind}")
    assert make(sim).returncode != 0
    assert failures(sim / "results.xml") == {"frames_match_the_algorithm": True}


@pytest.mark.build
@pytest.mark.slow
@pytest.mark.training
def test_from_qkeras_to_frames_under_cocotb(tmp_path: Path) -> None:
    network = parsed(TINY)
    weights = from_qkeras(network, tmp_path / "model.keras", ImportChoice(input=network.input))
    values: dict[str, Any] = {"alg_type": "hybrid_choice", "links": 1}
    keep = drawn_encoder(values, network).weights.keep
    encoder = Encoder(network, replace(weights, keep=keep))
    export_hybrid(hybrid_of(values, encoder), tmp_path / "chip")
    done = make(tmp_path / "chip" / "sim")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = failures(tmp_path / "chip" / "sim" / "results.xml")
    assert found == {"frames_match_the_algorithm": False}


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    values: dict[str, Any] = {"alg_type": "hybrid_choice", "links": 1}
    tiny, deep = (parsed(text) for text in (TINY, FOUR_PARTS))
    encoder = drawn_encoder(values, tiny)
    cases: tuple[tuple[Callable[[], object], str], ...] = (
        (
            lambda: export_hybrid_files(hybrid_of(values, encoder), tmp_path / "x", 1),
            "latency: found 1, allowed is 2 bunch crossings",
        ),
        (
            lambda: hybrid_of({"alg_type": "adaptive_choice", "links": 1}, encoder),
            "alg_type: found adaptive_choice, whose frames need no chip of a network",
        ),
        (
            lambda: hybrid_of(values | {"keep_auto_encoder_bits": [1]}, encoder),
            "keep_auto_encoder_bits: network and weight set decide it",
        ),
        (lambda: drawn_encoder(values, Network.preset("econ-t")), "16 latents do not fit"),
        (
            lambda: hybrid_of(values, drawn_encoder(values, deep), COMPACT),
            "network two-layers: its latents take 3 bunch crossings, allowed are 2",
        ),
        (
            lambda: export_coder(case("tiny").design.settings, tmp_path / "x"),
            "found hybrid_choice, which has no Verilog by itself",
        ),
    )
    for call, message in cases:
        with pytest.raises(BadInput, match=message):
            call()
    assert list(tmp_path.iterdir()) == []


def test_a_pipeline_that_cannot_hide_cells_is_refused() -> None:
    with toy_encoder.registered():
        built = Configuration(pipeline="toy")
        with pytest.raises(BadInput, match="pipeline toy cannot hide cells; allowed are parallel"):
            design_of(parsed(TINY), built, hides=True)
