"""Models of QKeras 0.9 are imported and compute the same words as `predict`."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.image import pack, unpack
from asicae.chip.normaliser import normalise
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.importing.importer import ImportChoice, Imported, import_model
from asicae.network.weights import Weights
from tests.support.places import FIXTURES

OLD = FIXTURES / "qkeras09"
EVENTS = 20_000
LATENT = ImportChoice(latent="latent_quantization")


@pytest.fixture(scope="module")
def calq() -> np.ndarray:
    with np.load(OLD / "calq.npz", allow_pickle=False) as stored:
        return stored["calq"]


def predicted(name: str) -> np.ndarray:
    with np.load(OLD / f"{name}.npz", allow_pickle=False) as stored:
        return stored["latents"]


def latents(found: Imported, calq: np.ndarray, weights: Weights | None = None) -> np.ndarray:
    """Golden latents of charges, through the converter, as raw integers."""
    words = golden.run(Encoder(found.network, weights or found.weights), calq).latents
    return found.network.latent_type.from_bits(words)


@pytest.mark.parametrize(
    ("file", "name", "choice"),
    [
        ("econ_t.h5", "econ_t", None),
        ("econ_t_apart.json", "econ_t", None),
        ("conditional.hdf5", "conditional", LATENT),
        ("exotic.h5", "exotic", None),
    ],
)
def test_qkeras_09_models_match_in_every_word(
    file: str, name: str, choice: ImportChoice | None, calq: np.ndarray
) -> None:
    assert len(calq) == EVENTS
    found = import_model(OLD / file, choice)
    expected = predicted(name)
    assert expected.shape == (EVENTS, found.network.latents)
    assert np.array_equal(latents(found, calq), expected)
    assert np.count_nonzero(expected) > 0.5 * expected.size
    # The highest bit of one weight of every array is flipped, and seen.
    image = pack(Encoder(found.network, found.weights))
    for parameter in found.network.parameters:
        width = parameter.type.width
        bit = parameter.offset + parameter.count // 2 * width + width - 1
        wrong = bytearray(image)
        wrong[bit // 8] ^= 1 << bit % 8
        changed = unpack(found.network, bytes(wrong))
        assert not np.array_equal(latents(found, calq, changed), expected), parameter.name


def test_the_description_of_a_conditional_encoder() -> None:
    found = import_model(OLD / "conditional.hdf5", LATENT)
    conv, dense = found.network.layers
    assert str(found.network.input) == "fixed<8,2>"
    assert (str(conv.output), conv.relu, conv.padding) == ("fixed<8,2>", False, ((0, 1), (0, 1)))
    assert (str(dense.output), dense.relu, dense.name) == ("fixed<9,2>", False, "encoder_dense")
    assert found.origins == {"conv2d": "conv2d", "encoder_dense": "encoder_dense"}
    assert found.notes == (
        "inputs that do not reach the latents are the decoder's: 'cond' of (8,)",
        "layer 'conv2d': 27 of 72 values of the kernel lie outside fixed<6,1> and saturate, as in "
        "QKeras; the largest is -2.70444",
        "layer 'conv2d': 2 of 8 values of the bias lie outside fixed<6,1> and saturate, as in "
        "QKeras; the largest is 1.6186",
        "layer 'encoder_dense': 9 of 2048 values of the kernel lie outside fixed<6,1> and "
        "saturate, as in QKeras; the largest is -1.12984",
    )


def test_unusual_quantisers_become_types() -> None:
    conv, signs, wire = import_model(OLD / "exotic.h5").network.layers
    assert (conv.name, signs.name, wire.name) == ("conv_1", "signs", "layer_wire")
    assert (str(conv.weight), str(conv.output)) == ("fixed<10,2>", "fixed<8,3,RND_CONV,SAT_SYM>")
    assert conv.padding == ((1, 1), (0, 3))  # tf.pad and TensorFlow's "same" behind it
    assert (str(signs.weight), str(signs.bias)) == ("fixed<2,2>", "ufixed<1,1>")
    assert str(wire.weight) == "fixed<4,-1>"


def test_the_committed_keras_3_file_is_read_by_names_and_by_numbers(tmp_path: Path) -> None:
    path = FIXTURES / "qkeras_v3" / "conditional.keras"
    found = import_model(path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    # Keras before 3.6 left no names beside the arrays, only numbered classes.
    assert entries["model.weights.h5"].count(b"encoder_dense") == 1
    entries["model.weights.h5"] = _without_names(entries["model.weights.h5"], tmp_path)
    with zipfile.ZipFile(tmp_path / "numbered.keras", "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    again = import_model(tmp_path / "numbered.keras", ImportChoice(name=found.network.name))
    assert again.network == found.network
    for name, array in found.weights.arrays.items():
        assert np.array_equal(again.weights.arrays[name], array)


def _without_names(content: bytes, folder: Path) -> bytes:
    import h5py

    path = folder / "weights.h5"
    path.write_bytes(content)
    with h5py.File(path, "r+") as file:
        file.visititems(lambda _, item: item.attrs.pop("name", None))
    return path.read_bytes()


def test_a_silicon_input_is_taken_where_the_model_has_none() -> None:
    found = import_model(OLD / "econ_t.h5")
    assert str(found.network.input) == "ufixed<8,1,TRN,SAT>"
    assert "does not quantise its input" in found.notes[0]
    assert not any("does not quantise" in note for note in found.notes[1:])
    other = found.network.input.parse("ufixed<9,1>")
    assert import_model(OLD / "econ_t.h5", ImportChoice(input=other)).network.input == other
    with pytest.raises(BadInput, match=r"brings its input to fixed<8,2>, not ufixed<9,1>"):
        import_model(OLD / "conditional.hdf5", ImportChoice(latent="act", input=other))


def test_codes_of_the_imported_input_are_those_of_qkeras(calq: np.ndarray) -> None:
    """The converter rounds a charge to the type of the model's input quantiser."""
    found = import_model(OLD / "conditional.hdf5", LATENT)
    codes = normalise(calq[:500], found.network.input)
    total = calq[:500].sum(axis=1, keepdims=True)
    exact = calq[:500] / 2.0 ** np.floor(np.log2(np.maximum(total, 1)))
    assert np.array_equal(codes, np.minimum(np.rint(exact * 64), 127))


def test_json_needs_its_weights(tmp_path: Path) -> None:
    shutil.copy(OLD / "econ_t_apart.json", tmp_path / "model.json")
    with pytest.raises(BadInput, match="no weights beside it"):
        import_model(tmp_path / "model.json")
    found = import_model(tmp_path / "model.json", weights=OLD / "econ_t_apart.h5")
    assert found.network.name == "model"
    with pytest.raises(BadInput, match=r"calq.npz: ending '.npz', allowed are .h5, .hdf5"):
        import_model(tmp_path / "model.json", weights=OLD / "calq.npz")
    with pytest.raises(BadInput, match="holds weights only"):
        import_model(OLD / "econ_t_apart.h5")
    with pytest.raises(BadInput, match="brings its own weights"):
        import_model(OLD / "econ_t.h5", weights=OLD / "econ_t_apart.h5")


def _dropout_twice(
    folder: Path, *, calls: tuple[str, ...], flatten: int, encoded: int, behind: int = 0
) -> Path:
    """The published encoder with one Dropout that is called twice, as Keras 2 writes it.

    ``behind``: further calls, each on the one before.
    """
    content = json.loads((OLD / "econ_t_apart.json").read_text())
    layers = {layer["name"]: layer for layer in content["config"]["layers"]}
    drop = {"class_name": "Dropout", "name": "drop", "config": {"name": "drop", "rate": 0.5}}
    drop["inbound_nodes"] = [[[name, 0, 0, {}]] for name in calls]
    first = len(calls) - 1
    drop["inbound_nodes"] += [[["drop", first + k, 0, {}]] for k in range(behind)]
    content["config"]["layers"].append(drop)
    for name, number in (("flatten", flatten), ("encoded", encoded)):
        layers[name]["inbound_nodes"] = [[["drop", number, 0, {}]]]
    path = folder / "model.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    "calls",
    [
        {"calls": ("conv_relu", "flatten"), "flatten": 0, "encoded": 1},
        {"calls": ("flatten", "conv_relu"), "flatten": 1, "encoded": 0},
    ],
)
def test_a_layer_that_is_used_twice_is_followed_by_its_calls(
    calls: dict[str, Any], tmp_path: Path, calq: np.ndarray
) -> None:
    path = _dropout_twice(tmp_path, **calls)
    found = import_model(path, weights=OLD / "econ_t_apart.h5")
    assert np.array_equal(latents(found, calq), predicted("econ_t"))


@pytest.mark.parametrize(
    ("calls", "word"),
    [
        ({"calls": ("conv_relu", "flatten"), "flatten": 0, "encoded": 2}, "call 2 of layer 'drop'"),
        ({"calls": ("conv_relu", "flatten"), "flatten": 0, "encoded": -1}, "call -1 of layer"),
        ({"calls": ("conv_relu", "flatten"), "flatten": 1, "encoded": 1}, "feeds itself"),
        (
            {"calls": ("conv_relu", "flatten"), "flatten": 0, "encoded": 5001, "behind": 5000},
            "more than 4096 calls of layers",
        ),
    ],
)
def test_calls_that_lead_nowhere_are_refused(
    calls: dict[str, Any], word: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=word):
        import_model(_dropout_twice(tmp_path, **calls), weights=OLD / "econ_t_apart.h5")


def test_fixtures_tell_where_they_come_from() -> None:
    made_with = json.loads((OLD / "made_with.json").read_text())
    assert (made_with["qkeras"], made_with["events"]) == ("0.9.0", EVENTS)
