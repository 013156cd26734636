"""The C++ emulator equals golden and unlimited integers; a fault in weights or header is found."""

import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.image import crc32
from asicae.network.description import PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import Overflow, Rounding
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.weights import Weights
from asicae.simulation.engines.emulator import emulator
from tests.judges import exact_reference
from tests.support.cpp_harness import OK, SANITIZED, Program, Record
from tests.support.cpp_networks import ECON_T, NETWORKS, TYPE, events, weights_of

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(shutil.which("g++") is None, reason="no g++: install a C++ compiler"),
]
PARTS = 3
"""A program of all networks takes a minute to compile."""
PAIRS = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="no pairs of taps on this processor"
)


@dataclass(frozen=True)
class Part:
    """Some of the networks, as ``places`` among them, in one program."""

    places: Sequence[int]
    program: Program


@pytest.fixture(scope="module", params=range(PARTS))
def part(request: pytest.FixtureRequest) -> Part:
    places = range(len(NETWORKS))[request.param :: PARTS]
    return Part(places, Program([NETWORKS[place] for place in places]))


def test_all_modes_are_there() -> None:
    layers = {
        (layer.output.rounding, layer.output.overflow) for n in NETWORKS for layer in n.layers
    }
    inputs = {(network.input.rounding, network.input.overflow) for network in NETWORKS}
    assert len(layers) == len(inputs) == len(Rounding) * len(Overflow)
    widths = {plan.accumulator_width for network in NETWORKS for plan in network.plans}
    assert max(widths) > 50 and min(widths) <= 30
    assert any(plan.shift > 63 for network in NETWORKS for plan in network.plans)
    # Some layers of 32-bit sums take their taps in pairs of 16 bits, others have types too wide.
    narrow = [plan for n in NETWORKS for plan in n.plans if plan.accumulator_width <= 30]
    assert {plan.input_type.raw_max < 2**15 for plan in narrow} == {True, False}


def test_emulator_equals_golden_and_unlimited_integers(part: Part) -> None:
    networks = [NETWORKS[place] for place in part.places]
    sets = [weights_of(*pair) for pair in zip(networks, part.places, strict=True)]
    calq = [events(place) for place in part.places]
    records = [
        Record.of(number, *rest)
        for number, rest in enumerate(zip(networks, sets, calq, strict=True))
    ]
    for network, weights, charges, answer in zip(
        networks, sets, calq, part.program.run(records), strict=True
    ):
        assert answer.status == (OK, OK, OK)
        expected = golden.run(Encoder(network, weights), charges)
        assert np.array_equal(answer.latents, expected.latents), network
        assert np.array_equal(answer.sums, expected.sums)
        for row, found in list(zip(charges.tolist(), answer.latents, strict=True))[::9]:
            codes = exact_reference.codes(row, network.input)
            raw = exact_reference.latents(Encoder(network, weights), codes)
            bits = network.latent_type.unsigned_bits(raw) & weights.keep
            assert found.tolist() == bits.tolist()


def test_one_flipped_weight_bit_is_found(part: Part) -> None:
    calq = events(2)
    encoders = [
        Encoder(network, Weights.random(network, 1))
        for network in (NETWORKS[place] for place in part.places)
    ]
    words = [golden.run(encoder, calq).latents for encoder in encoders]
    lively = [number for number, rows in enumerate(words) if len(np.unique(rows, axis=0)) > 20]
    for number in (lively[0], lively[-1]):
        network, expected = encoders[number].network, words[number]
        record = Record.of(number, network, encoders[number].weights, calq)
        records = []
        for bit in range(0, network.weight_bits, 3):
            image = bytearray(record.image)
            image[bit // 8] ^= 1 << bit % 8
            records.append(replace(record, image=bytes(image), crc=crc32(bytes(image))))
        wrong = [(answer.latents != expected).any() for answer in part.program.run(records)]
        assert sum(wrong) > 5


@pytest.mark.parametrize(
    "edit",
    [
        ("shift = 5;", "shift = 6;"),
        ("bias_shift = 7;", "bias_shift = 8;"),
        ("bias_offset = 432;", "bias_offset = 438;"),
        ("pad_left = 0;", "pad_left = 1;"),
        (
            "Rounding::RND_CONV, Overflow::SAT>;\n  static",
            "Rounding::RND, Overflow::SAT>;\n  static",
        ),
        ("return down & 1;", "return ~down & 1;"),
        pytest.param(
            ("(low & 0xffff) | (high << 16)", "(low & 0xffff) | (high << 17)"), marks=PAIRS
        ),
        pytest.param(("has_high = high < end", "has_high = high < end - 1"), marks=PAIRS),
        pytest.param(("begin / 2; pair < (end + 1) / 2", "begin / 2; pair < end / 2"), marks=PAIRS),
        ("0x0f0f0f0fffffffff", "0x0f0f0f0ffffffffe"),
        ("first < whole; first += kGroup", "first < whole; first += 2 * kGroup"),
        ("exponent = place < 4 ? 0 : place - 3", "exponent = place < 3 ? 0 : place - 2"),
    ],
)
def test_an_edited_header_is_found(tmp_path: Path, edit: tuple[str, str]) -> None:
    weights, calq = Weights.random(ECON_T, 4), events(4, 500)
    edited = Program([ECON_T], tmp_path, ("-O1",), edit)
    (answer,) = edited.run([Record.of(0, ECON_T, weights, calq)])
    expected = golden.run(Encoder(ECON_T, weights), calq)
    assert (answer.latents != expected.latents).any() or (answer.sums != expected.sums).any()


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_on_all_cores(preset: str) -> None:
    network = Network.preset(preset)
    weights = weights_of(network, 3)
    calq = np.concatenate([events(9, 40_000), events(10, 5)])
    expected = golden.run(Encoder(network, weights), calq)
    engine = emulator(Encoder(network, weights))
    for threads in (1, 2, 5):
        found = engine.encode(calq, threads)
        assert np.array_equal(found.latents, expected.latents)
        assert np.array_equal(found.sums, expected.sums)


def agree(folder: Path, options: Sequence[str]) -> None:
    """Networks of all kinds in a program with these options give the words of golden."""
    some = [NETWORKS[0], *NETWORKS[-4:]]
    sets, calq = [weights_of(network, 6) for network in some], events(6, 200)
    records = [Record.of(k, some[k], sets[k], calq) for k in range(len(some))]
    answers = Program(some, folder, options).run(records)
    for network, weights, answer in zip(some, sets, answers, strict=True):
        expected = golden.run(Encoder(network, weights), calq)
        assert answer.status == (OK, OK, OK)
        assert np.array_equal(answer.latents, expected.latents)
        assert np.array_equal(answer.sums, expected.sums)


LANES = (
    ("-DASICAE_NO_VECTORS",),
    ("-DASICAE_NO_VECTORS", "-mavx2"),
    ("-mavx2",),
    ("-mavx512f",),
    ("-mavx512bw",),
)


@pytest.mark.parametrize("lanes", LANES, ids=" ".join)
def test_every_vector_width_gives_the_same(tmp_path: Path, lanes: tuple[str, ...]) -> None:
    """Loops of any compiler and vectors of every width, under sanitizers."""
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    if lanes[-1].startswith("-m") and f" {lanes[-1][2:]} " not in flags:
        pytest.skip(f"this processor has no {lanes[-1][2:]}")
    agree(tmp_path, (*SANITIZED, *lanes))


@pytest.mark.skipif(shutil.which("clang++") is None, reason="no clang++: apt-get install clang")
def test_clang_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "clang++")
    agree(tmp_path, ("-O1", "-Wpedantic"))


def test_a_layer_too_large_for_the_stack() -> None:
    """9600 numbers a layer and event: kept beside the stack, and each thread has its own."""
    layers = (
        Conv2D(
            name="conv", filters=600, kernel=(1, 1), weight=TYPE("fixed<2,1>"),
            bias=TYPE("fixed<2,1>"), output=TYPE("fixed<3,2>"), strides=(2, 2), relu=True,
        ),
        Dense(
            name="head", units=1, weight=TYPE("fixed<2,1>"), bias=TYPE("fixed<2,1>"),
            output=TYPE("fixed<16,14>"), relu=False,
        ),
    )  # fmt: skip
    network = Network(name="big", arrangement="8x8", input=TYPE("ufixed<8,1>"), layers=layers)
    weights, calq = Weights.random(network, 1), events(1, 17_000)
    expected = golden.run(Encoder(network, weights), calq)
    assert len(np.unique(expected.latents)) > 50
    found = emulator(Encoder(network, weights), ("-O1",)).encode(calq, 3)
    assert np.array_equal(found.latents, expected.latents)
    assert np.array_equal(found.sums, expected.sums)
