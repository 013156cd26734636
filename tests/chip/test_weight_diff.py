"""What differs between two weight sets is named, whatever bit of a file was flipped."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asicae.chip.image import pack
from asicae.chip.weight_files.diff import diff, diff_files
from asicae.chip.weight_files.files import read_weights, write_image
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from tests.chip.weight_sets import FULL, SMALL, refusal, small_weights
from tests.support.drawn_networks import networks


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def named_bit(network: Network, weights: Weights, bit: int) -> tuple[str, tuple[int, ...], int]:
    """Array, index and bit of the parameter behind a bit of the image, by the description alone."""
    types = {f"{layer.name}.kernel": layer.weight for layer in network.layers}
    types |= {f"{layer.name}.bias": layer.bias for layer in network.layers}
    for name in network.image_order or types:
        shape, width = weights.arrays[name].shape, types[name].width
        if bit < np.prod(shape) * width:
            index = np.unravel_index(bit // width, shape)
            return name, tuple(map(int, index)), bit % width
        bit -= int(np.prod(shape)) * width
    raise AssertionError("a spare bit")


@settings(max_examples=30, deadline=None)
@given(network=networks(), seed=st.integers(0, 2**31), data=st.data())
def test_a_flipped_bit_of_an_image_is_the_one_parameter_that_differs(
    network: Network, seed: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bit = data.draw(st.integers(0, 8 * network.image_bytes - 1))
    spare = bit >= network.weight_bits
    folder = tmp_path_factory.mktemp("flipped")
    weights = Weights.random(network, seed)
    image = pack(Encoder(network, weights))
    paths = write_image(folder, "set", Encoder(network, weights))
    wrong = folder / "wrong.bin"
    wrong.write_bytes(flipped(image, bit))
    for path in paths[1:]:
        assert image.hex()[:200] in path.read_text()
        text = path.read_text().replace(image.hex()[:200], flipped(image, bit).hex()[:200])
        path.write_text(text)
        if bit < 800:
            reason = "spare bits" if spare else "the CRC-32 of the image in the file"
            assert reason in refusal(path, network)
    if spare:
        assert "spare bits" in refusal(wrong, network)
        return
    name, index, place = named_bit(network, weights, bit)
    before = int(weights.arrays[name][index])
    found = diff_files(paths[0], wrong, network, limit=20)
    parts = re.fullmatch(r"(.*)\[(.*)\]: (-?\d+) -> (-?\d+) \((.*) -> (.*)\)", found.lines[0])
    assert parts is not None and not found.equal
    assert parts[1] == name and tuple(map(int, parts[2].split(","))) == index
    assert int(parts[3]) == before and abs(int(parts[4]) - before) == 1 << place
    assert f"{name}: 1 of {weights.arrays[name].size} differ" in found.lines
    assert sum(": 0 of " in line for line in found.lines) == len(weights.arrays) - 1
    assert float(parts[5]) * int(parts[4]) == float(parts[6]) * before


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "step"), [(".yaml", 7), (".csv", 1), (".npz", 3)])
def test_a_flipped_bit_of_a_file_is_noticed(suffix: str, step: int, tmp_path: Path) -> None:
    """It is refused, or means the same (0xAB for 0xab), or the keep mask is seen to differ."""
    weights = small_weights()
    write_image(tmp_path, "set", Encoder(SMALL, weights))
    weights.save(tmp_path / "set.npz")
    path = tmp_path / f"set{suffix}"
    content = path.read_bytes()
    outcomes = {"refused": 0, "same": 0, "mask": 0}
    for bit in range(0, 8 * len(content), step):
        path.write_bytes(flipped(content, bit))
        try:
            found = diff(SMALL, weights, read_weights(path, SMALL), 20)
        except BadInput as error:
            assert str(path) in str(error) and str(error).isprintable()
            outcomes["refused"] += 1
            continue
        assert not any(".kernel[" in line or ".bias[" in line for line in found.lines)
        assert found.equal != any(line.startswith("keep[") for line in found.lines)
        outcomes["same" if found.equal else "mask"] += 1
    assert outcomes["refused"] > 0.7 * sum(outcomes.values())
    assert (outcomes["mask"] > 0) == (suffix != ".npz")


def changed_weights() -> Weights:
    arrays = {name: array.copy() for name, array in small_weights().arrays.items()}
    arrays["conv.kernel"][0, 2, 0, 0] = 5
    arrays["dense.kernel"][:, 4] = 0
    masks = small_weights().keep.copy()
    masks[3], masks[15] = FULL, 0
    return Weights.checked(SMALL, arrays, masks)


def test_a_difference_is_listed_and_counted() -> None:
    arrays = {name: array.copy() for name, array in changed_weights().arrays.items()}
    arrays["conv.kernel"][0, 2, 0, 0] = -7
    arrays["dense.kernel"][:, 4] = 1
    found = diff(SMALL, changed_weights(), Weights.checked(SMALL, arrays, small_weights().keep), 3)
    *lines, crc = found.lines
    assert lines == [
        "conv.kernel[0,2,0,0]: 5 -> -7 (0.15625 -> -0.21875)",
        "dense.kernel[0,4]: 0 -> 1 (0.0 -> 0.03125)",
        "dense.kernel[1,4]: 0 -> 1 (0.0 -> 0.03125)",
        "and 14 more",
        "conv.kernel: 1 of 9 differ",
        "conv.bias: 0 of 1 differ",
        "dense.kernel: 16 of 256 differ",
        "dense.bias: 0 of 16 differ",
        "keep[3]: 0x1ff -> 0x5",
        "keep[15]: 0x0 -> 0x1ff",
        "keep: 2 of 16 differ",
    ]
    assert re.fullmatch(r"CRC-32: 0x[0-9a-f]{8} -> 0x[0-9a-f]{8}", crc)
    assert not found.equal


def test_masks_alone_are_a_difference_but_not_against_an_image(tmp_path: Path) -> None:
    weights = small_weights()
    open_masks = Weights.checked(SMALL, weights.arrays)
    image, writes, _ = write_image(tmp_path, "open", Encoder(SMALL, open_masks))
    narrow = weights.save(tmp_path / "narrow.npz")
    found = diff_files(narrow, writes, SMALL, 20)
    assert not found.equal and "keep[3]: 0x5 -> 0x1ff" in found.lines
    found = diff_files(narrow, image, SMALL, 20)
    assert found.equal and "keep: not compared, a .bin carries none" in found.lines
    assert diff_files(writes, image, SMALL, 20).equal
