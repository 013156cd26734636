"""The backdoor of the verilated chip is the I2C load: same registers, same results, same CRC."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from asicae.chip import golden
from asicae.chip.image import keep_bytes, pack
from asicae.chip.registers import register_map
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.engines.chip import Chip
from asicae.simulation.engines.chip_library import chip_library
from tests.support.drawn_networks import networks
from tests.support.tiny_network import LIVELY, SPEAKING, parsed

pytestmark = pytest.mark.build

FEW = parsed(LIVELY)
"""Few weights: whole images are read back soon."""
REGISTERS = tuple(register.name for register in register_map(FEW).registers)


@pytest.fixture(scope="module", params=["lively", "small", "econ-t"])
def chips(request: pytest.FixtureRequest) -> tuple[Chip, Chip]:
    """Two chips of one network."""
    network = FEW if request.param == "lively" else Network.preset(request.param)
    library = chip_library(network)
    return Chip(network, library), Chip(network, library)


def _charges(events: int) -> npt.NDArray[np.int32]:
    generator = np.random.default_rng(31)
    top = 2.0 ** generator.integers(0, 23, (events, 1))
    calq = np.floor(generator.random((events, 48)) ** 3 * top).astype(np.int32)
    return np.where(generator.random((events, 48)) < generator.random((events, 1)), calq, 0)


def _weights(network: Network, seed: int) -> Weights:
    """Random weights with a keep mask that hides some bits."""
    weights = Weights.random(network, seed)
    full = int(weights.keep[0])
    keep = np.random.default_rng(seed).integers(0, full, len(weights.keep), endpoint=True)
    return Weights.checked(network, weights.arrays, keep.astype(np.uint16))


def _registers(chip: Chip) -> dict[str, bytes]:
    return {name: chip.read_register(name) for name in REGISTERS}


def test_backdoor_equals_i2c(chips: tuple[Chip, Chip]) -> None:
    front, back = chips
    network = front.network
    calq = _charges(2000)
    for seed in SPEAKING:  # the second load meets a chip that computes
        weights = _weights(network, seed)
        front.load_through_i2c(weights)
        back.load(weights)
        registers = _registers(front)
        assert _registers(back) == registers
        assert registers["WEIGHTS"] == pack(Encoder(network, weights))
        assert registers["KEEP"] == keep_bytes(Encoder(network, weights))
        assert registers["STATUS"] == bytes([0b101])  # CRC_DONE and ENABLED
        expected = golden.run(Encoder(network, weights), calq)
        for chip in chips:
            found = chip.stream(calq)
            assert np.array_equal(found.latents, expected.latents)
            assert np.array_equal(found.sums, expected.sums)
        assert _registers(front) == _registers(back) == registers
        assert np.count_nonzero(expected.latents) > 0.1 * expected.latents.size


@pytest.mark.parametrize("part", ["image", "keep"])
def test_one_bit_poked_differently_is_seen(chips: tuple[Chip, Chip], part: str) -> None:
    front, back = chips
    network = front.network
    weights = _weights(network, 3)
    front.load_through_i2c(weights)
    back.load(weights)
    expected = _registers(front)
    stored = {
        "image": pack(Encoder(network, weights)),
        "keep": keep_bytes(Encoder(network, weights)),
    }
    generator = np.random.default_rng(4)
    tries = 1 if network.name == "econ-t" else 20  # reading a large image back takes long
    for bit in generator.integers(0, 8 * len(stored[part]) - 8, tries):
        wrong = bytearray(stored[part])
        wrong[bit // 8] ^= 1 << bit % 8
        back.poke(**stored | {part: bytes(wrong)})
        differing = [name for name, data in _registers(back).items() if data != expected[name]]
        assert differing == ["WEIGHTS" if part == "image" else "KEEP"]
    back.poke(**stored)
    assert _registers(back) == expected


@pytest.mark.parametrize("part", ["CRC", "keep mask"])
def test_what_the_chip_holds_is_compared_at_every_load(
    chips: tuple[Chip, Chip], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip = chips[1]
    poke = chip.poke

    def spoiled(image: bytes, keep: bytes) -> None:
        image, keep = (
            (bytes([data[0] ^ (name == part)]) + data[1:])
            for name, data in (("CRC", image), ("keep mask", keep))
        )
        poke(image, keep)

    monkeypatch.setattr(chip, "poke", spoiled)
    with pytest.raises(CheckFailed, match=f"^the chip (says|has) {part}"):
        chip.load(_weights(chip.network, 5))


def test_the_chip_of_another_network_is_refused() -> None:
    """Of the same sizes, so that nothing else would show it before a word is wrong."""
    network = FEW
    layers = [layer.model_copy(update={"name": f"{layer.name}_b"}) for layer in network.layers]
    other = network.model_copy(update={"layers": tuple(layers)})
    library = chip_library(network)
    with pytest.raises(CheckFailed, match=f"{network.design_hash:#010x}.*{other.design_hash:#x}"):
        Chip(other, library)


def test_all_copies_are_poked_and_nothing_else(chips: tuple[Chip, Chip]) -> None:
    """A copy left out would be an upset; a poke that does not settle would not last a clock."""
    chip = chips[1]
    weights = _weights(chip.network, 6)
    chip.reset()
    chip.load(weights)
    chip.stream(_charges(10))  # raises when tmr_error_o is high
    assert chip.read_register("TMR_ERRORS") == b"\0"
    assert chip.read_register("WEIGHTS") == pack(Encoder(chip.network, weights))
    with pytest.raises(ValueError, match="bytes"):
        chip.poke(b"", b"")


def test_nothing_leaves_a_chip_that_is_not_enabled(chips: tuple[Chip, Chip]) -> None:
    chip = chips[1]
    chip.reset()
    with pytest.raises(CheckFailed, match="valid_o"):
        chip.stream(_charges(5))


def test_registers_that_do_not_answer_are_named(chips: tuple[Chip, Chip]) -> None:
    chip = chips[0]
    with pytest.raises(CheckFailed, match="0x0001"):
        chip.read(1, 1)
    with pytest.raises(CheckFailed, match="0x8000"):
        chip.write(0x8000, b"\0")


@settings(
    max_examples=1,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(networks())
def test_drawn_networks_equal_golden(network: Network) -> None:
    weights, calq = _weights(network, 1), _charges(2000)
    chip = Chip(network, chip_library(network))
    chip.load(weights)
    found, expected = chip.stream(calq), golden.run(Encoder(network, weights), calq)
    assert np.array_equal(found.latents, expected.latents)
    assert np.array_equal(found.sums, expected.sums)
    assert chip.read_register("WEIGHTS") == pack(Encoder(network, weights))
    chip.load_through_i2c(weights)
    assert np.array_equal(chip.stream(calq).latents, expected.latents)
