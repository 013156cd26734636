"""Models whose layers join: the words of `predict`, and in one line what has no exact integers."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.image import pack, unpack
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.importing.importer import Imported, import_model
from asicae.network.weights import Weights
from tests.support.places import FIXTURES

OLD, NEW = FIXTURES / "qkeras09_graph", FIXTURES / "qkeras_v3" / "graph.keras"
Config = dict[str, Any]


@pytest.fixture(scope="module")
def calq() -> np.ndarray:
    with np.load(FIXTURES / "qkeras09" / "calq.npz", allow_pickle=False) as stored:
        return stored["calq"]


@pytest.fixture(scope="module")
def predicted() -> np.ndarray:
    with np.load(OLD / "graph.npz", allow_pickle=False) as stored:
        return stored["latents"]


def latents(found: Imported, calq: np.ndarray, weights: Weights | None = None) -> np.ndarray:
    """Golden latents of charges, through the converter, as raw integers."""
    words = golden.run(Encoder(found.network, weights or found.weights), calq).latents
    return found.network.latent_type.from_bits(words)


@pytest.mark.parametrize("ending", [".h5", ".pb"])
def test_a_graph_matches_in_every_word(
    ending: str, calq: np.ndarray, predicted: np.ndarray
) -> None:
    found = import_model(OLD / f"graph{ending}")
    assert predicted.shape == (len(calq), found.network.latents) and len(calq) == 20_000
    assert np.array_equal(latents(found, calq), predicted)
    assert len(np.unique(predicted)) > 100
    assert [(layer.kind, layer.inputs) for layer in found.network.layers] == [
        ("conv2d", None),
        ("depthwise_conv2d", None),
        ("add", ("conv", "by_channel")),
        ("max_pool", ("input",)),
        ("concatenate", ("skip", "largest")),
        ("average_pool", None),
        ("dense", ("input",)),
        ("concatenate", ("mean", "beside")),
        ("dense", None),
    ]
    # The highest bit of one weight of every array is flipped, and seen.
    image = pack(Encoder(found.network, found.weights))
    for parameter in found.network.parameters:
        width = parameter.type.width
        bit = parameter.offset + parameter.count // 2 * width + width - 1
        wrong = bytearray(image)
        wrong[bit // 8] ^= 1 << bit % 8
        changed = unpack(found.network, bytes(wrong))
        assert not np.array_equal(latents(found, calq, changed), predicted), parameter.name


def test_another_join_is_seen(calq: np.ndarray, predicted: np.ndarray) -> None:
    found = import_model(OLD / "graph.h5")
    content = found.network.model_dump(mode="json")
    (join,) = (layer for layer in content["layers"] if layer["name"] == "side_by_side")
    join["inputs"].reverse()
    wrong = found.network.model_validate(content)
    words = golden.run(Encoder(wrong, found.weights), calq[:2000]).latents
    assert not np.array_equal(wrong.latent_type.from_bits(words), predicted[:2000])


def edited(folder: Path, edit: Callable[[dict[str, Config]], None]) -> Path:
    """The graph with an architecture that ``edit`` changes, layer by name."""
    path = folder / "edited.keras"
    with zipfile.ZipFile(NEW) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            if entry == "config.json":
                model = json.loads(content)
                edit({layer["name"]: layer for layer in model["config"]["layers"]})
                content = json.dumps(model).encode()
            new.writestr(entry, content)
    return path


def settings(layer: str, **config: Any) -> Callable[[dict[str, Config]], None]:
    def edit(layers: dict[str, Config]) -> None:
        layers[layer]["config"] |= config

    return edit


def kind(layer: str, name: str, **config: Any) -> Callable[[dict[str, Config]], None]:
    def edit(layers: dict[str, Config]) -> None:
        layers[layer] |= {"class_name": name, "registered_name": None}
        layers[layer]["config"] |= config

    return edit


def feeds(taker: str, *sources: str) -> Callable[[dict[str, Config]], None]:
    """``taker`` takes the outputs of ``sources``."""

    def edit(layers: dict[str, Config]) -> None:
        (call,) = layers[taker]["inbound_nodes"]
        tensors = [tensor("keras", source) for source in sources]
        call["args"] = [tensors] if len(tensors) > 1 else tensors

    return edit


def takes(taker: str, value: Any) -> Callable[[dict[str, Config]], None]:
    """``taker`` takes a constant as well."""
    return lambda layers: layers[taker]["inbound_nodes"][0]["args"][0].append(value)


def tensor(root: str, source: str) -> Config:
    history = {"shape": None, "dtype": "float32", "keras_history": [source, 0, 0]}
    return {"class_name": "__keras_tensor__", "module": root, "config": history}


def bits(width: int) -> Config:
    config = {"bits": width, "integer": 0}
    return {"class_name": "quantized_bits", "module": "qkeras.quantizers", "config": config}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (settings("mean", pool_size=[3, 3]), "'mean' .*a mean of 3x3 numbers, .*not exact"),
        (settings("mean", padding="same", strides=[1, 1]), "'mean' .*padding=same .* edge"),
        (settings("mean", data_format="channels_first"), "'mean' .*data_format='channels_first'"),
        (settings("largest", data_format="channels_first"), "'largest' .*data_format='channels_f"),
        (settings("largest", pool_size=[65, 1]), r"'largest' .*pool_size=\[65, 1\], allowed are 1"),
        (settings("largest", padding="reflect"), "'largest' .*padding='reflect'"),
        (settings("largest", padding="valid", strides=[1, 1]), r"'side_by_side' .*\(6, 6, 1\)"),
        (settings("by_channel", dilation_rate=[2, 2]), r"'by_channel' .*dilation_rate=\[2, 2\]"),
        (settings("by_channel", depth_multiplier=2), r"'skip' .*\(4, 4, 4\) and \(4, 4, 8\)"),
        (settings("by_channel", depth_multiplier=0), "'by_channel' .*depth_multiplier=0"),
        (settings("by_channel", data_format="channels_first"), "'by_channel' .*data_format"),
        (settings("by_channel", depthwise_quantizer=None), "depthwise_quantizer is None"),
        (settings("side_by_side", axis=1), "'side_by_side' .*axis=1, allowed is -1"),
        (settings("side_by_side", axis=None), "'side_by_side' .*axis=None"),
        (settings("pad", padding=[[1, 1], [1, 0]]), r"'skip' .*\(4, 4, 4\) and \(4, 3, 4\)"),
        (kind("by_channel", "DepthwiseConv2D"), "'by_channel' .*allowed is QDepthwiseConv2D"),
        (kind("skip", "Multiply"), r"'skip' \(Multiply\): unknown layer, .*Add, .*Concatenate"),
        (
            kind("mean", "QAveragePooling2D", average_quantizer=bits(2)),
            "average_quantizer .* makes 0 of the factor 1/4, allowed",
        ),
        (
            kind("by_channel_act", "Identity"),
            "'by_channel' .*no quantised activation before 'skip'",
        ),
        (feeds("skip", "conv", "by_channel_act"), "'conv_act' .*changes values that other layers"),
        (feeds("skip", "conv_act"), "'skip' .*1 inputs from layers, allowed are 2 to 8"),
        (feeds("skip", "conv_act", "conv_act"), "'conv' stands there twice"),
        (feeds("skip", *["conv_act"] * 9), "9 inputs from layers"),
        (feeds("skip", "conv_act", "largest"), r"'skip' .*\(4, 4, 4\) and \(4, 4, 1\)"),
        (
            takes("skip", {"class_name": "__numpy__", "config": {"value": [1]}}),
            "'skip' .*__numpy__",
        ),
        (feeds("largest", "image"), "'codes' .*changes values that other layers"),
        (feeds("mean", "row"), "is not there or feeds itself"),
        (feeds("mean", "pad"), "'mean' .*a padding before it"),
        (feeds("rows", "row", "cells", "beside_act"), r"'last': kernel has shape \(26, 8\)"),
        (feeds("last", "row", "beside_act"), r"'last' \(QDense\): 2 inputs, allowed is one"),
        (feeds("by_channel_act", "conv"), "'conv_act' .*changes values that other layers"),
        (feeds("beside_act", "conv_act"), "'beside_act' .*ufixed<8,1> are quantised again"),
        (feeds("codes", "nowhere"), "'nowhere' is not there"),
    ],
)
def test_what_has_no_exact_integers_is_refused(
    edit: Callable[[dict[str, Config]], None], words: str, tmp_path: Path
) -> None:
    path = edited(tmp_path, edit)
    with pytest.raises(BadInput, match=words) as caught:
        import_model(path)
    message = str(caught.value)
    assert message.isprintable() and str(path) in message
