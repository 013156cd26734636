"""Traps, each in a model file: modelled, or refused with the name of the layer and the value."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from asicae.foundation.errors import BadInput
from asicae.network.importing.importer import MAX_MESSAGE, ImportChoice, import_model
from tests.support.places import FIXTURES

OLD = FIXTURES / "qkeras09"


def quantiser(name: str = "quantized_bits", **config: Any) -> dict[str, Any]:
    alpha = {} if name == "quantized_relu" else {"alpha": 1}
    return {"class_name": name, "config": {"bits": 6, "integer": 0} | alpha | config}


def variable(value: float) -> dict[str, Any]:
    return {"class_name": "__tensor__", "config": {"value": value, "dtype": "float32"}}


def foreign(**names: str) -> dict[str, Any]:
    """A quantiser of another package that calls itself like one of QKeras."""
    return quantiser() | names


def changed(tmp_path: Path, layer: str, **config: Any) -> Path:
    """The published encoder with some values of one layer replaced."""
    return changed_entry(tmp_path, layer, {}, config)


def changed_entry(
    tmp_path: Path, layer: str, entry_values: dict[str, Any], config: dict[str, Any]
) -> Path:
    content = json.loads((OLD / "econ_t_apart.json").read_text())
    for entry in content["config"]["layers"]:
        if entry["config"]["name"] == layer:
            entry.update(entry_values)
            entry["config"] |= copy.deepcopy(config)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(content))
    return path


def refusal(path: Path, choice: ImportChoice | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        import_model(path, choice, weights=OLD / "econ_t_apart.h5")
    message = str(caught.value)
    assert message.isprintable() and len(message) <= MAX_MESSAGE
    return message


@pytest.mark.parametrize(
    ("layer", "config", "words"),
    [
        ("conv", {"kernel_quantizer": quantiser(alpha=None)}, ("conv", "alpha=None")),
        ("conv", {"kernel_quantizer": quantiser(alpha="auto")}, ("conv", "alpha='auto'")),
        ("encoded", {"bias_quantizer": quantiser(alpha="auto_po2")}, ("bias", "alpha='auto_po2'")),
        ("conv", {"kernel_quantizer": quantiser(alpha=0.3)}, ("conv", "alpha=0.3")),
        ("conv", {"kernel_quantizer": quantiser(alpha=[[1.0, 0.5]])}, ("alpha has shape (2,)",)),
        ("conv", {"kernel_quantizer": quantiser(alpha=[1.0, 0.3] * 4)}, ("alpha holds 0.3",)),
        ("conv", {"kernel_quantizer": quantiser(alpha=[1.0, 0.0] * 4)}, ("alpha holds 0,",)),
        ("conv", {"kernel_quantizer": quantiser(alpha=[1.0, "x"] * 4)}, ("alpha=[1.0, 'x'",)),
        ("conv", {"kernel_quantizer": quantiser(alpha=["1", "0.5"] * 4)}, ("alpha=['1', '0.5'",)),
        ("conv", {"kernel_quantizer": quantiser(alpha=[[1.0], [1.0, 0.5]])}, ("alpha=[[1.0], [",)),
        ("conv", {"kernel_quantizer": quantiser(alpha=[1.0, 2.0**-12] * 4)}, ("18 bits, allowed",)),
        (
            "conv",
            {"kernel_quantizer": quantiser(alpha="auto_po2", post_training_scale=[0.3])},
            ("post_training_scale holds 0.3",),
        ),
        ("conv_relu", {"activation": quantiser(alpha=[1.0, 0.5])}, ("for weights alone",)),
        ("conv", {"kernel_quantizer": None}, ("conv", "kernel_quantizer is None", "unquantised")),
        ("conv", {"bias_quantizer": None}, ("conv", "bias_quantizer is None", "unquantised")),
        ("conv", {"kernel_quantizer": quantiser("ternary")}, ("'ternary'", "quantized_po2")),
        ("conv", {"kernel_quantizer": quantiser(bits=17)}, ("17 bits", "1 to 16")),
        ("conv", {"kernel_quantizer": quantiser(bits="six")}, ("bits='six'", "a number")),
        ("conv", {"kernel_quantizer": quantiser(bits=5.5)}, ("bits=5.5", "whole")),
        ("conv", {"kernel_quantizer": quantiser(bits=10**400)}, ("bits=", "a number")),
        ("conv", {"kernel_quantizer": quantiser(qnoise_factor=0.5)}, ("qnoise_factor=0.5",)),
        ("conv", {"kernel_quantizer": quantiser(qnoise_factor=variable(0.5))}, ("qnoise_factor=",)),
        (
            "conv",
            {"kernel_quantizer": quantiser(rounding="down")},
            ("'rounding': 'down'", "no such"),
        ),
        ("conv_relu", {"activation": "quantized_relu(8,1,alpha=1)"}, ("'alpha': 1", "no such")),
        (
            "conv",
            {"kernel_quantizer": foreign(class_name="Evil>quantized_bits")},
            ("conv", "Evil>"),
        ),
        ("conv", {"bias_quantizer": foreign(registered_name="Evil>quantized_bits")}, ("Evil>",)),
        ("conv", {"bias_quantizer": foreign(registered_name="qkeras>binary")}, ("qkeras>binary",)),
        ("conv", {"kernel_quantizer": foreign(module="evil.quantizers")}, ("evil.quantizers",)),
        ("conv", {"dtype": "mixed_float16"}, ("conv", "dtype='mixed_float16'", "float32")),
        (
            "flatten",
            {"dtype": {"class_name": "DTypePolicy", "config": {"name": "bfloat16"}}},
            ("flatten", "dtype='bfloat16'"),
        ),
        ("flatten", {"dtype": {"class_name": "DTypePolicyMap", "config": {}}}, ("DTypePolicyMap",)),
        ("conv_relu", {"activation": quantiser(alpha="auto")}, ("conv_relu", "alpha='auto'")),
        ("conv_relu", {"activation": quantiser(alpha=2)}, ("conv_relu", "scales after rounding")),
        ("conv_relu", {"activation": quantiser(bits=1)}, ("conv_relu", "1 bit is a sign")),
        ("conv_relu", {"activation": "quantized_po2(4)"}, ("conv_relu", "no rounding")),
        ("conv_relu", {"activation": "quantized_tanh(4)"}, ("conv_relu", "quantized_tanh")),
        ("conv_relu", {"activation": "quantized_relu(8,1,1)"}, ("use_sigmoid=1", "0")),
        ("conv_relu", {"activation": "quantized_relu(8,1,0,0.3)"}, ("negative_slope=0.3", "2**-7")),
        (
            "conv_relu",
            {
                "activation": quantiser(
                    "quantized_relu", is_quantized_clip=False, relu_upper_bound=0.5
                )
            },
            ("relu_upper_bound=0.5", "none below the largest value"),
        ),
        (
            "conv_relu",
            {"activation": quantiser("quantized_relu", relu_upper_bound=0.5)},
            ("relu_upper_bound=0.5", "does not save", "saturates at 0.5 or at 0.98"),
        ),
        ("conv_relu", {"activation": "linear"}, ("conv", "no quantised activation", "encoded")),
        ("encoded", {"activation": "linear"}, ("encoded", "no quantised activation", "the end")),
        ("encoded", {"activation": "tanh"}, ("encoded", "'tanh'", "relu")),
        ("conv", {"padding": "causal"}, ("conv", "padding='causal'", "same")),
        ("conv", {"dilation_rate": [2, 2]}, ("conv", "dilation_rate=[2, 2]")),
        ("conv", {"groups": 2}, ("conv", "groups=2")),
        ("conv", {"data_format": "channels_first"}, ("conv", "channels_first")),
        ("conv", {"mask": [[1]]}, ("conv", "mask=[[1]]")),
        ("conv", {"filters": 10**9}, ("conv", "filters=1000000000", "1 to 4096")),
        ("conv", {"filters": 4}, ("conv", "kernel has shape (3, 3, 1, 8)", "(3, 3, 1, 4)")),
        ("conv", {"kernel_size": [3]}, ("conv", "kernel_size=[3]")),
        ("conv", {"kernel_size": [65, 65]}, ("conv", "kernel_size=[65, 65]", "1 to 64")),
        ("conv", {"kernel_size": [9, 9], "padding": "valid"}, ("conv", "[9, 9] on 8x8")),
        ("conv", {"strides": [1, 65]}, ("conv", "strides=[1, 65]", "1 to 64")),
        ("conv", {"strides": [0, 1]}, ("conv", "strides=[0, 1]")),
        ("conv", {"use_bias": False}, ("conv", "2 arrays of weights", "kernel")),
        ("image", {"batch_input_shape": [None, 9, 9, 1]}, ("input of (9, 9, 1)", "(4, 4, 3)")),
        ("image", {"batch_input_shape": [None, None, 8, 1]}, ("image", "input shape")),
        ("image", {"batch_input_shape": [None, 2, 2, 2, 2, 3]}, ("image", "1 to 3 sizes")),
        # What a file says is quoted in few printable characters.
        ("conv", {"padding": "x" * 5000}, ("conv", "padding='xxx")),
        ("conv", {"groups": "\x1b[31m\n"}, ("conv", r"groups='\x1b[31m\n'")),
        ("conv", {"filters": "\x1b]0;x\x07"}, (r"filters='\x1b]0;x\x07'",)),
        ("conv", {"strides": ["\n"]}, (r"strides=['\n']",)),
        ("conv", {"kernel_quantizer": quantiser(alpha="\x1b[2J")}, (r"alpha='\x1b[2J'",)),
        ("conv", {"kernel_quantizer": "\x1b[2J" * 99}, (r"\x1b[2J",)),
        ("conv", {"kernel_quantizer": quantiser("\n")}, (r"class_name='\n'",)),
        ("encoded", {"activation": "x" * 400}, ("encoded", "'xxx")),
    ],
)
def test_a_trap_is_named_with_layer_and_value(
    layer: str, config: dict[str, Any], words: tuple[str, ...], tmp_path: Path
) -> None:
    message = refusal(changed(tmp_path, layer, **config))
    for word in (*words, str(tmp_path / "model.json")):
        assert word in message, message


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ({"class_name": "Evil>QConv2D"}, "'Evil>QConv2D'"),
        ({"registered_name": "Evil>QConv2D"}, "'Evil>QConv2D'"),
        ({"registered_name": "qkeras>QDense"}, "'qkeras>QDense'"),
        ({"module": "qkeras_of_mine.layers"}, "'qkeras_of_mine.layers'"),
        ({"module": ["qkeras"]}, "['qkeras']"),
        ({"class_name": "Evil>Functional"}, "'Evil>Functional'"),
    ],
)
def test_classes_of_other_packages_are_refused(
    names: dict[str, Any], word: str, tmp_path: Path
) -> None:
    message = refusal(changed_entry(tmp_path, "conv", names, {}))
    assert word in message and "layer 'conv'" in message, message


def test_names_of_both_qkeras_lines_are_taken(tmp_path: Path) -> None:
    plain = import_model(OLD / "econ_t_apart.json").network
    for names in (
        {"class_name": "qkeras>QConv2D", "registered_name": None, "module": None},
        {"registered_name": "qkeras>QConv2D", "module": "qkeras.qconvolutional"},
        {"registered_name": "QConv2D", "module": "tf_keras.layers"},
    ):
        path = changed_entry(tmp_path, "conv", names, {})
        found = import_model(path, ImportChoice(name=plain.name), weights=OLD / "econ_t_apart.h5")
        assert found.network == plain


def relu(**values: Any) -> dict[str, Any]:
    return quantiser("quantized_relu", bits=8, integer=1, **values)


def test_what_changes_nothing_is_taken(tmp_path: Path) -> None:
    plain = import_model(OLD / "econ_t_apart.json").network
    shared = quantiser() | {"shared_object_id": 7}
    for layer, config in (
        ("conv", {"kernel_quantizer": shared, "bias_quantizer": shared}),
        ("conv", {"kernel_quantizer": quantiser(alpha=[[[1.0, 1.0]]])}),
        ("conv", {"kernel_quantizer": quantiser(use_stochastic_rounding=True)}),
        ("conv", {"kernel_quantizer": quantiser(qnoise_factor=variable(1.0))}),
        ("conv_relu", {"activation": quantiser("quantized_relu", bits=8, integer=1)}),
        ("conv_relu", {"activation": "quantized_bits(8,1,keep_negative=0)"}),
        # Bounds of which the file says that they have no effect, or that can have none.
        ("conv_relu", {"activation": "quantized_relu(8,1,relu_upper_bound=0.5)"}),
        ("conv_relu", {"activation": relu(relu_upper_bound=0.5, is_quantized_clip=True)}),
        ("conv_relu", {"activation": relu(relu_upper_bound=2.0)}),
        ("conv_relu", {"activation": relu(relu_upper_bound=2.0, is_quantized_clip=False)}),
    ):
        found = import_model(
            changed(tmp_path, layer, **config),
            ImportChoice(name=plain.name),
            weights=OLD / "econ_t_apart.h5",
        )
        assert found.network == plain


def replaced(tmp_path: Path, name: str, **entry: Any) -> Path:
    """The published encoder with another layer in the place of its Flatten."""
    content = json.loads((OLD / "econ_t_apart.json").read_text())
    layers = content["config"]["layers"]
    (place,) = (k for k, layer in enumerate(layers) if layer["name"] == "flatten")
    config = {"name": "flatten"} | entry.get("config", {})
    layers[place] |= {"class_name": name} | entry | {"config": config}
    path = tmp_path / "model.json"
    path.write_text(json.dumps(content))
    return path


MARSHALLED = ["4wAAAAAAAAAAAAAAAAAAAAAA", None, None]


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        ("ReLU", {"max_value": 0.0}, ("max_value=0.0", "None")),
        ("ReLU", {"max_value": 6}, ("max_value=6", "None")),
        ("ReLU", {"threshold": 0.5}, ("threshold=0.5",)),
        ("No\x1b[2J", {}, (r"'No\x1b[2J' is no name of a class",)),
        ("BatchNormalization", {}, ("BatchNormalization", "of codes, allowed is one between")),
        ("LayerNormalization", {}, ("LayerNormalization", "unknown layer", "--latent")),
        ("Conv2D", {}, ("Conv2D", "not quantised, allowed is QConv2D")),
        ("Dense", {}, ("Dense", "not quantised, allowed is QDense")),
        ("Lambda", {"function": MARSHALLED, "function_type": "lambda"}, ("embedded code", "never")),
        ("Lambda", {"function": {"class_name": "__lambda__", "config": {}}}, ("embedded code",)),
        ("Lambda", {"function": "os.system"}, ("'os.system'", "allowed are pad")),
        ("Lambda", {"function": "pad"}, ("paddings=None",)),
        ("Lambda", {"function": "pad", "arguments": {"paddings": [[1, 0]] * 4}}, ("paddings=",)),
        ("ZeroPadding2D", {"padding": 1}, ("encoded", "a padding before it")),
        ("ZeroPadding2D", {"padding": [[0, 99], [0, 1]]}, ("padding=[[0, 99], [0, 1]]",)),
        ("Reshape", {"target_shape": [-1, -1]}, ("target_shape=[-1, -1]",)),
        ("Reshape", {"target_shape": [64]}, ("target_shape=[64] for 128",)),
        ("Reshape", {"target_shape": [2, 8, 8]}, ("behind a kernel",)),
        ("Reshape", {"target_shape": [10**30]}, ("target_shape",)),
        ("Reshape", {"target_shape": [1] * 10**6 + [-1]}, ("target_shape",)),
        ("Reshape", {"target_shape": ["\n"]}, (r"target_shape=['\n']",)),
    ],
)
def test_unknown_and_hidden_layers_are_refused(
    kind: str, config: dict[str, Any], words: tuple[str, ...], tmp_path: Path
) -> None:
    message = refusal(replaced(tmp_path, kind, config=config))
    for word in words:
        assert word in message, message
