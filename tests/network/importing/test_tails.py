"""Latents that a model cuts behind their quantiser become the keep mask, or are refused."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from asicae.chip import golden
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.importing.importer import ImportChoice, Imported, import_model
from tests.support.places import FIXTURES

OLD = FIXTURES / "qkeras09"
LATENT = "latent_quantization"
Operation = tuple[str, Any]


def cut(factor: Any, bound: Any = None) -> list[Operation]:
    """The operations of published encoders: three, and a minimum."""
    tail = [("multiply", factor), ("floor", None), ("truediv", factor)]
    return tail if bound is None else [*tail, ("minimum", bound)]


def behind(config: dict[str, Any], layer: str, tail: Sequence[Operation]) -> str:
    """A model's configuration with operations of TensorFlow behind a layer; the last one's name."""
    last = layer
    for number, (function, value) in enumerate(tail):
        arguments = {} if value is None else {"y": value, "name": None}
        name = f"tf.math.{function}_{number}"
        inner = {"name": name, "dtype": "float32", "function": f"math.{function}"}
        calls = [[last, 0, 0, arguments]]
        node = {"class_name": "TFOpLambda", "name": name, "config": inner, "inbound_nodes": calls}
        config["layers"].append(node)
        last = name
    return last


def unsigned(folder: Path, tail: Sequence[Operation]) -> Path:
    """An encoder with latents ufixed<9,1>."""
    content = json.loads((OLD / "econ_t_apart.json").read_text())
    last = behind(content["config"], "encoded", tail)
    content["config"]["output_layers"] = [[last, 0, 0]]
    path = folder / "econ_t_apart.json"
    path.write_text(json.dumps(content))
    shutil.copy(OLD / "econ_t_apart.h5", folder)
    return path


def signed(folder: Path, tail: Sequence[Operation], whole: bool) -> tuple[Path, Path]:
    """A conditional autoencoder with latents fixed<9,2>, alone or as nested halves."""
    with h5py.File(OLD / "conditional.hdf5") as file:
        content = json.loads(file.attrs["model_config"])
    config = content["config"]
    last = behind(config, LATENT, tail)
    if whole:
        (joined,) = (node for node in config["layers"] if node["config"]["name"] == "concatenate")
        joined["inbound_nodes"][0][0][0] = last
        ends = [["told", 0, 0], ["codes", 0, 0]]
        config["input_layers"].reverse()  # the charges are its second input
        inputs = [
            {
                "class_name": "InputLayer", "name": name, "inbound_nodes": [],
                "config": {"name": name, "batch_input_shape": node["config"]["batch_input_shape"]},
            }
            for name, of in (("codes", "Wafer"), ("told", "cond"))
            for node in config["layers"] if node["config"]["name"] == of
        ]  # fmt: skip
        calls = [[[name, number, place, {}] for name, number, place in ends]]
        nested = {"class_name": "Functional", "name": config["name"], "config": config}
        around = {
            "name": "around", "layers": [*inputs, nested | {"inbound_nodes": calls}],
            "input_layers": ends, "output_layers": [[config["name"], 1, 0]],
        }  # fmt: skip
        content["config"] = around
    path = folder / "conditional.json"
    path.write_text(json.dumps(content))
    if not whole:
        return path, OLD / "conditional.hdf5"
    # Weights of a nested model lie together, below its name.
    with h5py.File(OLD / "conditional.hdf5") as old, h5py.File(folder / "w.h5", "w") as new:
        names = {}
        for group in old["model_weights"].values():
            for name in group.attrs["weight_names"]:
                names[name] = group[name][()]
        new.attrs["layer_names"] = [config["name"].encode()]
        half = new.create_group(config["name"])
        half.attrs["weight_names"] = list(names)
        for name, values in names.items():
            half[name] = values
    return path, folder / "w.h5"


def words(found: Imported) -> np.ndarray:
    """Golden latents of some charges, raw."""
    with np.load(OLD / "calq.npz", allow_pickle=False) as stored:
        latents = golden.run(Encoder(found.network, found.weights), stored["calq"][:2000]).latents
    return found.network.latent_type.from_bits(latents)


@pytest.mark.parametrize("shift", [1, 4, 8, 9])
def test_unsigned_latents_are_those_of_the_operations(shift: int, tmp_path: Path) -> None:
    found = import_model(unsigned(tmp_path, cut(2**shift)))
    plain = words(import_model(OLD / "econ_t_apart.json"))
    expected = np.floor(plain / 256 * 2**shift) / 2**shift * 256
    assert np.array_equal(words(found), expected)
    assert (len(np.unique(plain - expected)) > 1) == (shift < 8)
    bits = min(1 + shift, 9)
    assert set(found.weights.keep) == {0x1FF ^ ((1 << (9 - bits)) - 1)}
    assert f"to {bits} of 9 bits" in found.notes[-1]


@pytest.mark.parametrize("whole", [False, True], ids=["alone", "nested"])
def test_signed_latents_are_cut_towards_minus_infinity(whole: bool, tmp_path: Path) -> None:
    """With the layer before the operations named as the last one, and inputs of two models."""
    path, weights = signed(tmp_path, cut(4, 1.75), whole)
    found = import_model(path, ImportChoice(latent=LATENT), weights)
    plain = words(import_model(OLD / "conditional.hdf5", ImportChoice(latent=LATENT)))
    assert np.array_equal(words(found), np.minimum(np.floor(plain / 128 * 4) / 4, 1.75) * 128)
    assert (plain < 0).any() and set(found.weights.keep) == {0x1E0}
    assert found.notes[-1].endswith("the keep mask of the weights, 0x1e0 of each, does so")
    condition = "told" if whole else "cond"
    told = f"inputs that do not reach the latents are the decoder's: {condition!r} of (8,)"
    assert found.notes[0] == told
    with pytest.raises(BadInput, match=r"'concatenate' .* joins 2 inputs .*before with --latent"):
        import_model(path, ImportChoice(encoder="autoencoder"), weights)


def around(folder: Path, tail: Sequence[Operation], branches: int = 1) -> tuple[Path, Path]:
    """A nested encoder whose output is cut by the model around it, once or more often."""
    path, weights = signed(folder, [], whole=True)
    content = json.loads(path.read_text())
    config = content["config"]
    half = config["layers"][-1]["config"]
    half["output_layers"] = [[LATENT, 0, 0]]
    unused = ("concatenate", "dense", "dense_1", "reshape", "conv2d_transpose")
    half["layers"] = [node for node in half["layers"] if node["config"]["name"] not in unused]
    for branch in range(branches):
        last = behind(config, half["name"], tail)
        for node in config["layers"][-len(tail) :]:
            name = f"{node['name']}_{branch}"
            last = f"{last}_{branch}" if last == node["name"] else last
            for call in node["inbound_nodes"]:
                call[0] += f"_{branch}" if call[0] != half["name"] else ""
            node["name"] = node["config"]["name"] = name
    config["output_layers"] = [[last, 0, 0]]
    path.write_text(json.dumps(content))
    return path, weights


@pytest.mark.parametrize(
    "choice",
    [ImportChoice(latent=LATENT), ImportChoice(encoder="autoencoder"), None],
    ids=["latent", "encoder", "whole"],
)
def test_what_the_model_around_the_encoder_cuts_is_cut(
    choice: ImportChoice | None, tmp_path: Path
) -> None:
    path, weights = around(tmp_path, cut(2, 1.5))
    assert set(import_model(path, choice, weights).weights.keep) == {0x1C0}


def test_two_cuts_of_the_same_latents_are_refused(tmp_path: Path) -> None:
    path, weights = around(tmp_path, cut(2), branches=2)
    with pytest.raises(BadInput, match=r"multiply_0_0.*multiply_0_1.*allowed is one layer"):
        import_model(path, ImportChoice(latent=LATENT), weights)


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        (cut(3), "by 3, allowed is one number that is a power of two"),
        (cut([4, 8]), r"by \[4, 8\], allowed is one number"),
        (cut(True), "by True, allowed is one number"),
        (cut(None), "by None, allowed is one number"),
        (cut(0.5), "by 0.5 leaves no bit of ufixed<9,1>.*, allowed are powers of two from 1$"),
        ([*cut(4)[:2], ("truediv", 8)], "by 8, allowed is what was multiplied by, 4$"),
        (cut(4, 1.5), "with 1.5, allowed are numbers from 1.75, the largest latent"),
        (cut(4, "x"), "with 'x', allowed are numbers from 1.75"),
        (cut(4)[:2], "the latents end before math.truediv"),
        (cut(4)[1:], "math.floor, allowed here is math.multiply"),
        ([*cut(4, 2), *cut(4)], "math.multiply, allowed here is none"),
        ([*cut(4), ("floor", None)], "math.floor, allowed here is math.minimum"),
        ([("exp", None)], "function 'math.exp', allowed are pad"),
    ],
)
def test_what_is_no_cut_is_refused(tail: list[Operation], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        import_model(unsigned(tmp_path, tail))
    assert "econ_t_apart.json" in str(caught.value)


def test_a_cut_of_what_is_no_latent_is_refused(tmp_path: Path) -> None:
    path = unsigned(tmp_path, [])
    content = json.loads(path.read_text())
    config = content["config"]
    last = behind(config, "conv_relu", cut(4))
    (flatten,) = (node for node in config["layers"] if node["config"]["name"] == "flatten")
    flatten["inbound_nodes"][0][0][0] = last
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=r"'flatten' .*behind latents that are cut"):
        import_model(path)
    content = json.loads((OLD / "econ_t_apart.json").read_text())
    config = content["config"]
    last = behind(config, "image", cut(4))
    (conv,) = (node for node in config["layers"] if node["config"]["name"] == "conv")
    conv["inbound_nodes"][0][0][0] = last
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match="arithmetic on values that are not quantised latents"):
        import_model(path)
