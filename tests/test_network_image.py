"""The weight image has the ECON-T layout, and nothing is lost on the way through it."""

import zlib
from pathlib import Path

import numpy as np
import pytest
import yaml

from asicae.concentrator.links import keep_mask
from asicae.errors import BadInput
from asicae.network.description import PRESETS, Network
from asicae.network.image import (
    crc32,
    keep_bytes,
    keep_from_bytes,
    pack,
    unpack,
    write_image,
)
from asicae.network.registers import register_map
from asicae.network.weights import Weights

ECON_T = Network.preset("econ-t")


@pytest.mark.parametrize("name", PRESETS)
def test_pack_and_unpack_are_inverse(name: str) -> None:
    network = Network.preset(name)
    weights = Weights.random(network, 1)
    image = pack(network, weights)
    back = unpack(network, image)
    assert all(np.array_equal(back.arrays[k], weights.arrays[k]) for k in weights.arrays)
    assert pack(network, back) == image


def test_parameter_k_occupies_bits_6k() -> None:
    weights = Weights.random(ECON_T, 2)
    order = ("conv.kernel", "conv.bias", "dense.kernel", "dense.bias")
    flat = [int(v) for name in order for v in weights.arrays[name].ravel()]
    expected = sum((value & 63) << (6 * k) for k, value in enumerate(flat))
    assert pack(ECON_T, weights) == expected.to_bytes(1608, "little")
    assert crc32(pack(ECON_T, weights)) == zlib.crc32(expected.to_bytes(1608, "little"))


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
        "CRC": (0x800C, 4, "ro"),
    }


@pytest.mark.parametrize("name", PRESETS)
def test_no_two_registers_overlap(name: str) -> None:
    used: set[int] = set()
    for register in register_map(Network.preset(name)).registers:
        span = set(range(register.address, register.address + register.size))
        assert not span & used and max(span) < 1 << 16
        used |= span


def test_keep_bit_9i_plus_j_keeps_bit_j_of_latent_i() -> None:
    keep = np.zeros(16, dtype=np.uint16)
    keep[3] = 1 << 5
    data = keep_bytes(ECON_T, Weights.checked(ECON_T, Weights.random(ECON_T, 0).arrays, keep))
    assert len(data) == 18 and int.from_bytes(data, "little") == 1 << (9 * 3 + 5)
    masks = keep_mask(ECON_T, 3)
    weights = Weights.checked(ECON_T, Weights.random(ECON_T, 0).arrays, masks)
    assert np.array_equal(keep_from_bytes(ECON_T, keep_bytes(ECON_T, weights)), masks)


def test_the_yaml_writes_rebuild_the_image(tmp_path: Path) -> None:
    weights = Weights.random(ECON_T, 4)
    binary, text = write_image(tmp_path, "set", ECON_T, weights)
    content = yaml.safe_load(text.read_text())
    assert bytes.fromhex("".join(b["bytes"] for b in content["weights"])) == binary.read_bytes()
    assert int(content["crc32"], 16) == zlib.crc32(binary.read_bytes())


def test_a_weight_set_survives_its_file_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    weights = Weights.checked(ECON_T, Weights.random(ECON_T, 5).arrays, keep_mask(ECON_T, 1))
    path = weights.save(tmp_path / "set.npz")
    back = Weights.load(path, ECON_T)
    assert np.array_equal(back.keep, weights.keep)
    assert back.save(tmp_path / "again.npz").read_bytes() == path.read_bytes()
    with pytest.raises(BadInput, match="shape"):
        Weights.load(path, Network.preset("small"))
    outside = {name: array.copy() for name, array in weights.arrays.items()}
    outside["conv.bias"][0] = 32
    with pytest.raises(BadInput, match=r"conv\.bias holds 32, fixed<6,1> allows -32 to 31"):
        Weights.checked(ECON_T, outside)
    with pytest.raises(BadInput, match="1608"):
        unpack(ECON_T, bytes(1607))
    (tmp_path / "bad.npz").write_bytes(path.read_bytes()[:500])
    with pytest.raises(BadInput, match=r"bad\.npz"):
        Weights.load(tmp_path / "bad.npz", ECON_T)
