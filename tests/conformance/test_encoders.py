"""Every microarchitecture: same ports, registers and words, and the timing that it states.

So that the suite is known to hold for others than those that there are, a toy goes through it.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asicae.chip import blocks, golden
from asicae.chip.blocks import FAST_CLOCK
from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.encoders.table import PIPELINES
from asicae.chip.image import pack
from asicae.chip.microarchitectures import MICROARCHITECTURES, NAIVE, configuration_of
from asicae.chip.registers import register_map
from asicae.estimation.blocks import IDLE_EVENTS
from asicae.estimation.estimate import estimate
from asicae.export.check import check_export
from asicae.export.design_record import recorded
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.description import PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.engines.chip import Chip
from asicae.simulation.engines.chip_library import chip_library
from asicae.simulation.regression.verify import verify
from tests.conformance.toy_encoder import TOY, registered
from tests.support import tiny_network
from tests.support.tiny_network import FOUR_PARTS, LIVELY, SPEAKING, described

NETWORK = tiny_network.parsed(LIVELY)
DOUBLE, PHASES = "two weight sets", "phases"
CHOICES: dict[str, Configuration] = {
    DOUBLE: configuration_of("aligned", {"bank": "gated", "weight_sets": 2}),
    PHASES: configuration_of("lean", {"reuse": 4}),
}
"""Those that have no name yet."""
NAMES = [*MICROARCHITECTURES, *CHOICES, TOY.name]
SIMULATED = [name for name in NAMES if name != DOUBLE]
"""Two weight sets are loaded and streamed by benches of their own."""
_PIPELINES = {m.configuration.pipeline: n for n, m in reversed(MICROARCHITECTURES.items())}
ONE_OF_A_PIPELINE = [*_PIPELINES.values(), TOY.name]
WITH_EVERY_CHOICE = ["lean", *ONE_OF_A_PIPELINE]
"""Each value of each choice that has one in a name is in one of them."""


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    with registered() if request.param == TOY.name else nullcontext():
        yield request.param


@pytest.fixture(scope="module")
def built(name: str) -> Configuration:
    return CHOICES[name] if name in CHOICES else configuration_of(name)


@pytest.fixture(scope="module")
def rtl(name: str, built: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(name)
    export_rtl(NETWORK, folder, built)
    return folder / "rtl"


@pytest.fixture(scope="module")
def chip(built: Configuration, rtl: Path) -> Chip:
    return Chip(NETWORK, chip_library(NETWORK, rtl, configuration=built), built)


def _charges(events: int) -> npt.NDArray[np.int32]:
    generator = np.random.default_rng(7)
    top = 2.0 ** generator.integers(0, 23, (events, 1))
    calq = np.floor(generator.random((events, 48)) ** 3 * top).astype(np.int32)
    return np.where(generator.random((events, 48)) < generator.random((events, 1)), calq, 0)


def _weights(seed: int, network: Network = NETWORK) -> Weights:
    """Random weights, and a keep mask that hides some bits."""
    drawn = Weights.random(network, seed)
    keep = np.random.default_rng(seed).integers(0, drawn.keep, endpoint=True).astype(np.uint16)
    return Weights.checked(network, drawn.arrays, keep)


@pytest.mark.parametrize("preset", PRESETS)
def test_ports_and_registers_are_those_of_all(built: Configuration, preset: str) -> None:
    network = Network.preset(preset)
    if built.reuse > 1 and preset == "large":
        with pytest.raises(BadInput, match="does not divide the 15 positions"):
            design_of(network, built)
        return
    design, other = design_of(network, built), design_of(network, NAIVE)
    own_clock = () if built.reuse == 1 else (FAST_CLOCK,)
    assert tuple(port for port in design.ports if port.name not in own_clock) == other.ports
    made = design.blocks
    for same in other.slow_control:
        block = made[same.instance]
        own = block.numbers
        if block.module == same.module:  # the bank is chosen, and other ones have more parameters
            assert own.items() <= same.numbers.items()
        else:
            assert same.numbers.items() <= own.items()
        assert block.holds == same.holds
    added = [block.holds for block in design.slow_control if block.instance not in other.blocks]
    assert sum(map(bool, added)) == built.weight_sets - 1


def test_each_block_gets_what_those_before_it_give(built: Configuration) -> None:
    design = design_of(NETWORK, built)
    layers = [block.layer for block in design.data_path if block.layer is not None]
    assert layers == list(NETWORK.plans)
    # The image of the first layer is a rearrangement of the codes.
    known = {design.port("calq_i").words, blocks.pixel_words(NETWORK)}
    known |= {w for b in design.slow_control for port in b.outputs.values() for w in port}
    for block in design.data_path:
        entering = {words for port in block.inputs.values() for words in port}
        assert entering <= known, block.instance
        known |= {words for port in block.outputs.values() for words in port}
    assert design.data_path[-1].registered
    leaving = {words for port in design.data_path[-1].outputs.values() for words in port}
    assert leaving == {design.port("latent_o").words, design.port("sum_o").words}
    stored = [words for b in design.data_path for port in b.stored.values() for words in port]
    assert (
        sum(words.bits for words in stored) == NETWORK.weight_bits + design.port("latent_o").width
    )


def test_the_export_says_how_it_is_built_and_passes_its_check(
    built: Configuration, rtl: Path
) -> None:
    assert recorded(rtl) == recorded(rtl.parent) == built
    check_export(NETWORK, rtl.parent)
    assert f"edge k + {design_of(NETWORK, built).latency_bx}." in (rtl / "asicae_top.v").read_text()


@pytest.mark.build
@pytest.mark.parametrize("name", SIMULATED, indirect=True, scope="module")
def test_registers_after_reset(chip: Chip) -> None:
    chip.reset()
    for register in register_map(NETWORK).registers:
        if register.name != "CRC":
            found = int.from_bytes(chip.read_register(register.name), "little")
            assert found == register.reset, register.name


@pytest.mark.build
@pytest.mark.parametrize("name", SIMULATED, indirect=True, scope="module")
def test_words_equal_golden_at_the_stated_latency(chip: Chip) -> None:
    """A result in any other clock than the stated one is refused by the driver."""
    calq = _charges(2000)
    for seed in SPEAKING:  # the second load meets a chip that computes
        weights = _weights(seed)
        chip.load_through_i2c(weights)
        assert chip.read_register("WEIGHTS") == pack(Encoder(NETWORK, weights))
        found, expected = chip.stream(calq), golden.run(Encoder(NETWORK, weights), calq)
        assert np.array_equal(found.latents, expected.latents)
        assert np.array_equal(found.sums, expected.sums)
        assert np.count_nonzero(expected.latents) > 0.1 * expected.latents.size


@pytest.mark.build
@pytest.mark.parametrize("name", ONE_OF_A_PIPELINE, indirect=True, scope="module")
def test_another_latency_than_the_stated_one_is_refused(
    built: Configuration, rtl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = PIPELINES[built.pipeline]
    later = replace(stated, latency_bx=stated.latency_bx + 1)
    monkeypatch.setitem(PIPELINES, built.pipeline, later)
    chip = Chip(NETWORK, chip_library(NETWORK, rtl, configuration=built), built)
    chip.load(_weights(1))
    with pytest.raises(CheckFailed, match="valid_o was not as it must be"):
        chip.stream(_charges(20))


def test_every_choice_is_in_a_regression() -> None:
    named = {name: row.configuration for name, row in MICROARCHITECTURES.items()} | CHOICES
    taken = [named[name] for name in WITH_EVERY_CHOICE if name != TOY.name]
    own = [row for row in MICROARCHITECTURES.values() if row.configuration.pipeline != TOY.name]
    assert own  # the toy is among them as long as a test beside this one has it registered
    for row in own:
        for choice, value in row.configuration.model_dump().items():
            assert value in [getattr(one, choice) for one in taken], (row.name, choice)


@pytest.mark.build
@pytest.mark.parametrize("name", WITH_EVERY_CHOICE, indirect=True, scope="module")
def test_the_regression_passes(built: Configuration, rtl: Path, tmp_path: Path) -> None:
    """Loaded through I2C, with gaps between events, a latency that is measured."""
    calq, sets = _charges(300), [(f"of seed {seed}", _weights(seed)) for seed in SPEAKING]
    found = verify(NETWORK, sets, calq, rtl, tmp_path, events=300).metrics
    assert found["exact.golden_vs_rtl.mismatches"] == 0
    assert found["rtl.latency_bx"] == design_of(NETWORK, built).latency_bx


def phased_words(network: Network, built: Configuration) -> int:
    """Words an event that blocks with a clock of their own give on, but for whole activations."""
    found = 0
    for block in design_of(network, built).data_path:
        given = sum(words.count for port in block.outputs.values() for words in port)
        found += given * built.reuse if block.fast else 0
    return found - sum(int(np.prod(plan.output_shape)) for plan in network.plans)


def registered_words(network: Network, built: Configuration) -> dict[str, int]:
    """Paths, and the words that the register at the end of each gives on."""
    codes, kept = 48 + 1, network.latents + 1
    conv = int(np.prod(network.plans[0].output_shape))
    # What switches weights is in the words of others.
    switched = dict.fromkeys(("active_set_to_barrier", "active_set_to_rank2"), 0)
    return (switched if built.weight_sets > 1 else {}) | {
        ("parallel", False): {"calq_to_rank1": codes, "rank1_to_rank2": kept},
        ("parallel", True): {
            "calq_to_rank1": codes,
            "rank1_to_barrier": conv,
            "barrier_to_rank2": kept,
        },
        ("phased", False): {
            "calq_to_rank1": codes,
            "rank1_to_rank_conv": conv,
            "phase_chain_to_rank_conv": 1,  # the sum beside
            "phase_chain_to_rank_weights_dense": phased_words(network, built),
            # Counted with it, or with the data.
            "phase_chain_to_rank_biases_dense": 0,
            "rank_weights_dense_to_rank3": 0,
            "rank_biases_dense_to_rank3": 0,
            "rank_conv_to_rank3": kept,
        },
        ("toy", False): {"calq_to_rank1": 48, "rank1_to_rank2": codes, "rank2_to_rank3": kept},
    }[built.pipeline, built.barrier]


@pytest.mark.slow
def test_the_netlist_equals_golden(built: Configuration, tmp_path: Path) -> None:
    """Stimulus, register bits and paths of the estimate follow from the description."""
    network = described(FOUR_PARTS, tmp_path)
    export_rtl(network, tmp_path / "chip", built)
    inputs = (Encoder(network, _weights(1, network)), _charges(100), tmp_path / "chip")
    found = estimate(*inputs, tmp_path / "estimate.json")
    activations = sum(int(np.prod(plan.output_shape)) for plan in network.plans)
    registered = registered_words(network, built)
    codes = 48 + 1
    words = 100 * (codes + activations + network.latents + sum(registered.values()))
    told = IDLE_EVENTS * built.reuse if built.reuse > 1 else 0  # of the phases themselves
    assert found.metrics["exact.golden_vs_netlist.words"] == words + told
    assert set(found.paths_ns) == set(registered)
    halves = [path for path in registered if "barrier" in path]
    assert all(found.allowed_ns[path] == 12.5 for path in halves)
    assert found.metrics["timing.slack_ns.nangate45"] > 0
