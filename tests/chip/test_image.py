"""The weight image has the ECON-T layout, and nothing is lost on the way through it."""

import zlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from asicae.chip.image import crc32, keep_bytes, keep_from_bytes, pack, unpack
from asicae.chip.weight_files.files import read_weights, write_image
from asicae.concentrator.links import keep_mask
from asicae.foundation.errors import BadInput
from asicae.network.description import PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from tests.support.drawn_networks import networks

ECON_T = Network.preset("econ-t")

# Worked out by hand. 48 weights of 4 bits, 0 to 7 and then -8 to -1 over and over: two a byte, the
# first in the low digit. The bias is -11: 10101 in the five bits behind the weights, or the byte
# f5 in front of them. The one latent has three bits and keeps 0 and 2; spare bits of the keep mask
# are 1. The CRC was read off the last bytes that gzip writes.
WEIGHTS = "1032547698badcfe" * 3
BIAS_LAST, BIAS_FIRST = WEIGHTS + "15", "f5" + WEIGHTS
TINY_YAML = """\
format: asicae-weight-image-1
network: tiny
design_hash: '0x{hash:08x}'
device: '0x20'
image_bytes: 25
crc32: '0x{crc:08x}'
keep:
  address: '0x0549'
  bytes: 'fd'
weights:
- block: 0
  address: '0x0600'
  bytes: '{image}'
"""
TINY_CSV = """\
action,register,block,address,bytes
expect,DESIGN_HASH,,0x8004,{hash_bytes}
write,WEIGHTS,0,0x0600,{image}
write,KEEP,,0x0549,fd
write,CONTROL,,0x8008,02
expect,STATUS,,0x8009,04
expect,CRC,,0x800c,{crc_bytes}
"""


def tiny(bias: str, order: tuple[str, ...] | None) -> Network:
    return Network.model_validate(
        {
            "name": "tiny",
            "arrangement": "flat",
            "input": "ufixed<4,1>",
            "layers": [
                {
                    "kind": "dense",
                    "name": "head",
                    "units": 1,
                    "weight": "fixed<4,1>",
                    "bias": bias,
                    "output": "ufixed<3,1>",
                }
            ],
            "image_order": order,
        }
    )


def tiny_weights(network: Network) -> Weights:
    kernel = np.array(([*range(8), *range(-8, 0)]) * 3, dtype=np.int32).reshape(48, 1)
    arrays = {"head.kernel": kernel, "head.bias": np.array([-11], dtype=np.int32)}
    return Weights.checked(network, arrays, np.array([0b101], dtype=np.uint16))


@pytest.mark.parametrize(
    ("bias", "order", "image", "crc"),
    [
        ("fixed<5,2>", None, BIAS_LAST, 0x897DAD55),
        ("fixed<8,2>", ("head.bias", "head.kernel"), BIAS_FIRST, 0x4BEA1808),
    ],
)
def test_the_files_of_a_tiny_network_are_those_worked_out_by_hand(
    bias: str, order: tuple[str, ...] | None, image: str, crc: int, tmp_path: Path
) -> None:
    network = tiny(bias, order)
    binary, text, table = write_image(tmp_path, "set", Encoder(network, tiny_weights(network)))
    values = {
        "image": image,
        "hash": network.design_hash,
        "hash_bytes": network.design_hash.to_bytes(4, "little").hex(),
        "crc": crc,
        "crc_bytes": crc.to_bytes(4, "little").hex(),
    }
    assert binary.read_bytes() == bytes.fromhex(image)
    assert text.read_text() == TINY_YAML.format(**values)
    assert table.read_text() == TINY_CSV.format(**values)


def same(one: Weights, other: Weights) -> bool:
    return np.array_equal(one.keep, other.keep) and all(
        np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays
    )


@settings(max_examples=40, deadline=None)
@given(network=networks(), seed=st.integers(0, 2**31))
def test_every_file_gives_the_weights_back(
    network: Network, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("files")
    full = (1 << network.latent_type.width) - 1
    masks = np.random.default_rng(seed).integers(0, full + 1, network.latents, dtype=np.uint16)
    weights = Weights.checked(network, Weights.random(network, seed).arrays, masks)
    binary, text, table = write_image(folder, "set", Encoder(network, weights))
    assert same(read_weights(text, network), weights)
    assert same(read_weights(table, network), weights)
    unmasked = read_weights(binary, network)
    assert (unmasked.keep == full).all()
    assert same(Weights.checked(network, unmasked.arrays, masks), weights)


@pytest.mark.parametrize("name", PRESETS)
def test_pack_and_unpack_are_inverse(name: str) -> None:
    network = Network.preset(name)
    weights = Weights.random(network, 1)
    image = pack(Encoder(network, weights))
    back = unpack(network, image)
    assert all(np.array_equal(back.arrays[k], weights.arrays[k]) for k in weights.arrays)
    assert pack(Encoder(network, back)) == image


def test_parameter_k_occupies_bits_6k() -> None:
    weights = Weights.random(ECON_T, 2)
    order = ("conv.kernel", "conv.bias", "dense.kernel", "dense.bias")
    flat = [int(v) for name in order for v in weights.arrays[name].ravel()]
    expected = sum((value & 63) << (6 * k) for k, value in enumerate(flat))
    assert pack(Encoder(ECON_T, weights)) == expected.to_bytes(1608, "little")
    assert crc32(pack(Encoder(ECON_T, weights))) == zlib.crc32(expected.to_bytes(1608, "little"))


def test_keep_bit_9i_plus_j_keeps_bit_j_of_latent_i() -> None:
    keep = np.zeros(16, dtype=np.uint16)
    keep[3] = 1 << 5
    data = keep_bytes(
        Encoder(ECON_T, Weights.checked(ECON_T, Weights.random(ECON_T, 0).arrays, keep))
    )
    assert len(data) == 18 and int.from_bytes(data, "little") == 1 << (9 * 3 + 5)
    masks = keep_mask(ECON_T, 3)
    weights = Weights.checked(ECON_T, Weights.random(ECON_T, 0).arrays, masks)
    assert np.array_equal(keep_from_bytes(ECON_T, keep_bytes(Encoder(ECON_T, weights))), masks)


def test_the_yaml_writes_rebuild_the_image(tmp_path: Path) -> None:
    weights = Weights.random(ECON_T, 4)
    binary, text, _ = write_image(tmp_path, "set", Encoder(ECON_T, weights))
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
    for wrong in (-1, 512):
        keep = np.where(np.arange(16) == 5, wrong, 511)
        with pytest.raises(BadInput, match=f"keep holds {wrong}, allowed are 0 to 511"):
            Weights.checked(ECON_T, weights.arrays, keep)
    with pytest.raises(BadInput, match="1608"):
        unpack(ECON_T, bytes(1607))
    (tmp_path / "bad.npz").write_bytes(path.read_bytes()[:500])
    with pytest.raises(BadInput, match=r"bad\.npz"):
        Weights.load(tmp_path / "bad.npz", ECON_T)
