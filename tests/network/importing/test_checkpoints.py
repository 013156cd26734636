"""Weights in checkpoints of TensorFlow: those of the HDF5 file, or one line."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.campaigns.damaged_checkpoints import (
    checkpoint,
    damaged_index,
    table,
)
from asicae.campaigns.damaged_graphs import entry
from asicae.chip import golden
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.importing.checkpoint.bundle import Bundle
from asicae.network.importing.checkpoint.objects import GRAPH
from asicae.network.importing.checkpoint.table import Table
from asicae.network.importing.importer import ImportChoice, import_model
from tests.support.checkpoints import (
    INDEX,
    OLD,
    PLACES,
    SHARD,
    STORED,
    arrays_of,
    drawn,
    graph_of,
    refused,
    same,
    written,
)
from tests.support.made_up_models import APART

# --- the same as HDF5 -----------------------------------------------------------------------------


def test_a_checkpoint_of_keras_2_gives_the_words_of_predict() -> None:
    found = import_model(APART, weights=INDEX)
    assert same(found, import_model(APART))
    with np.load(OLD / "calq.npz", allow_pickle=False) as stored:
        calq = stored["calq"]
    with np.load(OLD / "econ_t.npz", allow_pickle=False) as stored:
        expected = stored["latents"]
    words = golden.run(Encoder(found.network, found.weights), calq).latents
    assert np.array_equal(found.network.latent_type.from_bits(words), expected)
    assert len(expected) == 20_000 and np.count_nonzero(expected) > 0.5 * expected.size


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("nested", ImportChoice(encoder="encoder")),  # with an optimiser and its slots
        ("nested", ImportChoice(latent="encoded")),
        ("folded", None),  # of a SavedModel, normalisation inside a layer
    ],
)
def test_other_checkpoints_give_what_their_hdf5_does(
    name: str, choice: ImportChoice | None
) -> None:
    model = STORED / f"{name}.json"
    found = import_model(model, choice, STORED / f"{name}.index")
    assert same(found, import_model(model, choice, STORED / f"{name}.h5"))


def test_a_flipped_weight_changes_the_weights(tmp_path: Path) -> None:
    arrays = arrays_of()
    sound = import_model(APART, weights=written(tmp_path, *drawn(arrays, PLACES)))
    assert same(sound, import_model(APART))
    for key in arrays:
        wrong = {**arrays, key: arrays[key].copy()}
        place = np.argmax(abs(arrays[key]).ravel() < 0.9)
        wrong[key].ravel()[place] *= -1
        found = import_model(APART, weights=written(tmp_path, *drawn(wrong, PLACES)))
        name = key.replace("/", ".")
        different = np.flatnonzero(found.weights.arrays[name] != sound.weights.arrays[name])
        assert different.tolist() == [place]


def test_the_prefix_names_a_checkpoint_and_so_does_its_place_beside_the_model(
    tmp_path: Path,
) -> None:
    expected = import_model(APART, ImportChoice(name="m"))
    for path in (INDEX, SHARD):
        shutil.copy(path, tmp_path / path.name.replace("econ_t", "model"))
    shutil.copy(APART, tmp_path / "model.json")
    for weights in (tmp_path / "model", tmp_path / "model.index", None):
        found = import_model(tmp_path / "model.json", ImportChoice(name="m"), weights)
        assert same(found, expected)


def test_numbers_in_several_shards(tmp_path: Path) -> None:
    index, shard = INDEX.read_bytes(), SHARD.read_bytes()
    values = {k: bytes(v) for k, v in Table("here", memoryview(index)).entries().items()}
    values[""] = entry(1, 2) + entry(3, entry(1, 1))
    for key in values:
        if key.endswith("kernel/.ATTRIBUTES/VARIABLE_VALUE"):
            values[key] += entry(3, 1)
    path = written(tmp_path, table(values), shard, shard)
    assert same(import_model(APART, weights=path), import_model(APART))
    (tmp_path / "w.data-00001-of-00002").write_bytes(bytes(len(shard)))
    refused(path, r"'conv': array 'kernel' is damaged, or of another checkpoint than the index")
    (tmp_path / "w.data-00001-of-00002").unlink()
    refused(path, r"w\.data-00001-of-00002: the numbers of checkpoint .* cannot be read \(No such")


# --- which array is whose -------------------------------------------------------------------------


def test_the_model_may_be_a_child_of_the_checkpoint(tmp_path: Path) -> None:
    arrays = arrays_of()
    expected = import_model(APART)
    own = drawn(arrays, PLACES, above={"root": 0, "net": 1})
    assert same(import_model(APART, weights=written(tmp_path, *own)), expected)
    # Of several it is the one that is called as the model is.
    graph = [({"encoder": 1, "decoder": 2}, None), ({}, None), ({"layer-0": 0}, None)]
    graph[1] = ({f"layer-{k}": 3 + k for k in range(5)}, None)
    graph += [({}, None)] * 3 + [({}, None)] * 2
    graph[4], graph[7] = ({"kernel": 8, "bias": 9}, None), ({"kernel": 10, "bias": 11}, None)
    graph += [({}, (key, key)) for key in arrays]
    files = checkpoint({**arrays, GRAPH: graph_of(graph)})
    assert same(import_model(APART, weights=written(tmp_path, *files)), expected)
    graph[0] = ({"first": 1, "decoder": 2}, None)
    files = checkpoint({**arrays, GRAPH: graph_of(graph)})
    refused(written(tmp_path, *files), "holds 2 models, found are 'first', 'decoder'")
    graph[0] = ({"_operations": 3}, None)
    files = checkpoint({**arrays, GRAPH: graph_of(graph)})
    refused(written(tmp_path, *files), r"no layers of Keras 2 \(layer-0\), found are '_operations'")


def test_kernel_and_bias_are_told_apart_in_any_order(tmp_path: Path) -> None:
    arrays = dict(reversed(arrays_of().items()))
    assert [*arrays] == ["encoded/bias", "encoded/kernel", "conv/bias", "conv/kernel"]
    path = written(tmp_path, *drawn(arrays, PLACES))
    assert same(import_model(APART, weights=path), import_model(APART))


@pytest.mark.parametrize(
    ("places", "count", "word"),
    [
        ({1: "encoded", 4: "conv"}, 5, r"'encoded/kernel' in the place of layer 'conv', and"),
        ({2: "conv", 4: "encoded"}, 5, "'conv/kernel' in the place of layer 'conv_relu'"),
        (PLACES, 6, "6 layers, expected 5 of model 'encoder'"),
        ({1: "conv", 3: "encoded"}, 4, "4 layers, expected 5"),
        ({1: "conv"}, 5, "'encoded': 0 arrays of weights, expected kernel and bias"),
    ],
)
def test_layers_that_stand_otherwise_are_refused(
    places: dict[int, str], count: int, word: str, tmp_path: Path
) -> None:
    refused(written(tmp_path, *drawn(arrays_of(), places, count)), word)


def test_names_of_another_making_of_the_same_model_are_taken(tmp_path: Path) -> None:
    """Keras counts on where a layer of that name was there before: the places tell the layers."""
    arrays = arrays_of()
    names = {key: key.replace("/", "_1/") for key in arrays}
    path = written(tmp_path, *drawn(arrays, PLACES, names=names))
    assert same(import_model(APART, weights=path), import_model(APART))


def test_layers_of_one_shape_that_are_swapped_are_seen(tmp_path: Path) -> None:
    """Without names that speak against it their numbers are those of the other layer."""
    model = json.loads(APART.read_text())
    first, last = np.ones((128, 16), "f4"), np.full((16, 16), 0.5, "f4")
    dense = model["config"]["layers"][-1]
    other = json.loads(json.dumps(dense).replace('"encoded"', '"more"'))
    third = json.loads(json.dumps(dense).replace('"encoded"', '"most"'))
    other["inbound_nodes"], third["inbound_nodes"] = (
        [[["encoded", 0, 0, {}]]],
        [[["more", 0, 0, {}]]],
    )
    model["config"]["layers"] += [other, third]
    model["config"]["output_layers"] = [["most", 0, 0]]
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model))
    arrays = {**arrays_of(), "more/kernel": last, "more/bias": np.zeros(16, "f4")}
    arrays |= {"most/kernel": last * 0, "most/bias": np.zeros(16, "f4"), "encoded/kernel": first}
    places = {**PLACES, 5: "more", 6: "most"}
    found = import_model(path, weights=written(tmp_path, *drawn(arrays, places, 7)))
    assert not found.weights.arrays["most.kernel"].any()
    swapped = {**PLACES, 5: "most", 6: "more"}
    refused(written(tmp_path, *drawn(arrays, swapped, 7)), "place of layer 'more'", path)
    names = {key: key.rpartition("/")[2] for key in arrays}
    index = written(tmp_path, *drawn(arrays, swapped, 7, names))
    assert not import_model(path, weights=index).weights.arrays["more.kernel"].any()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"conv/kernel": np.zeros((3, 3, 8, 1), "f4")}, r"'conv': kernel has shape \(3, 3, 8, 1\)"),
        (
            {"conv/kernel": np.zeros((3, 3, 1, 8), "f8")},
            "'conv': array 'kernel' is of type float64",
        ),
        ({"conv/kernel": np.zeros((3, 3, 1, 8), "i8")}, "'conv': 1 arrays of weights"),
        ({"conv/kernel": b"text"}, "'conv': array 'kernel' is of type string"),
        ({"conv/scale": np.zeros(8, "f4")}, "'conv': 3 arrays of weights, expected kernel and b"),
        ({"conv/bias": np.full(8, np.nan, "f4")}, "'conv': bias holds NaN"),
        ({"conv/bias": np.zeros((1, 1, 1, 1, 8), "f4")}, r"shape \(1, 1, 1, 1, 8\), allowed are 4"),
        ({"conv/bias": np.zeros((0,), "f4")}, r"shape \(0,\), allowed are 4 sizes from 1 on"),
    ],
)
def test_arrays_that_the_layer_has_not_are_refused(
    change: dict[str, Any], word: str, tmp_path: Path
) -> None:
    refused(written(tmp_path, *drawn({**arrays_of(), **change}, PLACES)), word)


def test_variables_of_tensorflow_1_are_found_by_name(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {f"model/{key}": value for key, value in arrays_of().items()}
    slots = {f"{key}/Adam": value for key, value in arrays.items()}
    arrays |= slots | {"global_step": np.int64(3)}
    index = written(tmp_path, *checkpoint(arrays))
    assert same(import_model(APART, weights=index), import_model(APART))
    again = {**arrays, "other/conv/kernel": arrays["model/conv/kernel"]}
    word = "'other/conv/kernel' is 'kernel' of layer 'conv', and so is 'model/conv/kernel'"
    refused(written(tmp_path, *checkpoint(again)), word)
    strange = {key.replace("conv", "conv_9"): value for key, value in arrays.items()}
    refused(written(tmp_path, *checkpoint(strange)), "'conv': 0 arrays of weights")
    strange = {key.replace("encoded", "more"): value for key, value in strange.items()}
    refused(written(tmp_path, *checkpoint(strange)), "no array of a layer of the model, found are")


# --- files that are none, or other ones -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("w.index", "w.index"),
        ("w", "w.index"),
        ("w.data-00000-of-00001", "w.index"),
        ("w.meta", "w.index"),
        ("checkpoint", "PREFIX.index"),
        ("w.ckpt", "w.ckpt.index"),
    ],
)
def test_a_checkpoint_alone_asks_for_the_model(name: str, instead: str, tmp_path: Path) -> None:
    for each in {name, "w.index"} - {"w"}:
        (tmp_path / each).write_bytes(b"x")
    with pytest.raises(BadInput, match=f"asicae import MODEL.json --weights {instead}$"):
        import_model(tmp_path / name)
    if "index" not in name and name != "w":
        refused(tmp_path / name, f"allowed is its index: --weights {instead}$")


def test_weights_that_are_no_checkpoint(tmp_path: Path) -> None:
    refused(tmp_path / "w", r"w: ending '', allowed are \.h5, \.hdf5, \.index")
    refused(tmp_path / "w.index", "w.index: cannot be read")
    shutil.copy(INDEX, tmp_path / "w.index")
    refused(tmp_path / "w.index", r"w\.data-00000-of-00001: the numbers of checkpoint .*w\.index")
    shutil.copy(STORED / "nested.index", tmp_path / "w.index")
    shutil.copy(STORED / "nested.data-00000-of-00001", tmp_path / "w.data-00000-of-00001")
    refused(tmp_path / "w.index", "3 layers, expected 5 of model 'encoder'")


# --- damage ---------------------------------------------------------------------------------------


def test_every_flipped_byte_of_an_index_is_refused(tmp_path: Path) -> None:
    index, shard = INDEX.read_bytes(), SHARD.read_bytes()
    for place in range(len(index)):
        wrong = bytearray(index)
        wrong[place] ^= 1 << place % 8
        refused(written(tmp_path, bytes(wrong), shard), "checkpoint")


def test_a_flipped_byte_of_a_shard_is_refused(tmp_path: Path) -> None:
    """All that is read of it has a check; optimisers are not read, and change nothing."""
    index, shard = INDEX.read_bytes(), SHARD.read_bytes()
    for place in (*range(0, len(shard), 97), len(shard) - 1):
        wrong = bytearray(shard)
        wrong[place] ^= 1 << place % 8
        refused(written(tmp_path, index, bytes(wrong)), "is damaged|of text|a text of")
    model, choice = STORED / "nested.json", ImportChoice(encoder="encoder")
    index = (STORED / "nested.index").read_bytes()
    shard = (STORED / "nested.data-00000-of-00001").read_bytes()
    expected = import_model(model, choice, STORED / "nested.index")
    entries = Bundle.read(STORED / "nested.index", "here").entries
    wrong = bytearray(shard)
    wrong[entries["optimizer/_variables/1/.ATTRIBUTES/VARIABLE_VALUE"].offset] ^= 1
    found = import_model(model, choice, written(tmp_path, index, bytes(wrong)))
    assert same(found, expected)


def test_files_that_are_cut_short_are_refused(tmp_path: Path) -> None:
    index, shard = INDEX.read_bytes(), SHARD.read_bytes()
    for length in range(len(index)):
        refused(written(tmp_path, index[:length], shard), "no readable index of a checkpoint")
    for length in (*range(0, len(shard), 311), len(shard) - 1):
        refused(written(tmp_path, index, shard[:length]), "is cut short: .* of 9481 bytes")
    # Also where only an optimiser is lost.
    index = (STORED / "nested.index").read_bytes()
    shard = (STORED / "nested.data-00000-of-00001").read_bytes()[:-1]
    refused(written(tmp_path, index, shard), "is cut short")


def test_an_index_and_the_shard_of_another_checkpoint_are_refused(tmp_path: Path) -> None:
    arrays = arrays_of()
    one = drawn(arrays, PLACES)
    other = drawn({**arrays, "conv/bias": -arrays["conv/bias"]}, PLACES)
    assert one[0] != other[0] and len(one[1]) == len(other[1])
    refused(written(tmp_path, one[0], other[1]), "'conv': array 'bias' is damaged, or of another")


def test_an_index_damaged_behind_its_checks_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    index, shard = INDEX.read_bytes(), SHARD.read_bytes()
    expected, taken = import_model(APART), 0
    generator = random.Random(1)  # noqa: S311
    for attempt in range(200):
        path = written(tmp_path, damaged_index(index, generator), shard)
        try:
            found = import_model(APART, weights=path)
        except BadInput as error:
            told = str(error)
            assert told.isprintable() and (str(tmp_path) in told or str(APART) in told)
        else:
            taken += 1
            assert same(found, expected), attempt
    assert 0 < taken < 100
