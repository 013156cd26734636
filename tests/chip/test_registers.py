"""The register map is the documented one, and nothing in it overlaps whatever the network."""

import pytest

from asicae.chip import addresses
from asicae.chip.registers import register_map
from asicae.network.description import PRESETS, Network
from asicae.network.limits import MAX_IMAGE_BYTES, MAX_KEEP_BYTES

ECON_T = Network.preset("econ-t")


def test_blocks_are_those_of_the_chip() -> None:
    blocks = register_map(ECON_T).blocks
    assert [(b.address, b.size) for b in blocks] == [(0x600 + 0x86 * g, 134) for g in range(12)]
    assert blocks[-1].address + blocks[-1].size == 0x0C48
    assert register_map(Network.preset("econ-t-4x4x3")).blocks[0].address == 0x1000


def test_the_register_map_is_the_documented_one() -> None:
    registers = register_map(ECON_T).registers
    assert {r.name: (r.address, r.size, r.access) for r in registers} == {
        "KEEP": (0x0549, 18, "rw"),
        "WEIGHTS": (0x0600, 1608, "rw"),
        "TMR_ERRORS": (0x0C48, 1, "ro"),
        "IDENTITY": (0x8000, 4, "ro"),
        "DESIGN_HASH": (0x8004, 4, "ro"),
        "CONTROL": (0x8008, 1, "rw"),
        "STATUS": (0x8009, 1, "ro"),
        "TMR_SOURCES": (0x800A, 1, "ro"),
        "CRC": (0x800C, 4, "ro"),
        "EXPECTED_CRC": (0x8010, 4, "rw"),
    }


def test_two_weight_sets_add_two_registers_and_move_none() -> None:
    one, two = register_map(ECON_T), register_map(ECON_T, 2)
    places = [
        [(r.name, r.address, r.size, r.access, r.reset) for r in m.registers] for m in (one, two)
    ]
    assert places[1][:-2] == places[0]
    assert places[1][-2:] == [
        ("ACTIVE_SET", 0x8014, 1, "rw", 0),
        ("ACCESS_SET", 0x8015, 1, "rw", 0),
    ]
    assert two.blocks == one.blocks
    other = {r.name for r in two.registers[:-2] if r.description != one[r.name].description}
    assert other == {"KEEP", "WEIGHTS", "CRC"}
    assert "bit 9*i+j keeps bit j" in two["KEEP"].description
    fields = zip(two["CONTROL"].fields, one["CONTROL"].fields, strict=True)
    assert [a.name for a, b in fields if a != b] == ["ENABLE", "CRC_REQUIRED"]


@pytest.mark.parametrize("name", PRESETS)
def test_no_two_registers_overlap(name: str) -> None:
    used: set[int] = set()
    for register in register_map(Network.preset(name), weight_sets=2).registers:
        span = set(range(register.address, register.address + register.size))
        assert not span & used and max(span) < 1 << 16
        used |= span


def test_the_largest_description_has_room() -> None:
    """The limits are the network's, the places the chip's: together they leave no overlap."""
    assert addresses.KEEP_ADDRESS + MAX_KEEP_BYTES <= addresses.WEIGHT_ADDRESS
    small_end = addresses.WEIGHT_ADDRESS + addresses.SMALL_IMAGE_BYTES
    assert small_end <= addresses.TMR_ERRORS_ADDRESS < addresses.LARGE_WEIGHT_ADDRESS
    assert addresses.LARGE_WEIGHT_ADDRESS + MAX_IMAGE_BYTES <= addresses.IDENTITY_ADDRESS
