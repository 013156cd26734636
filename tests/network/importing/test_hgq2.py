"""Models of HGQ2 are imported and compute the same words as `predict`, or are refused in a line."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.image import pack, unpack
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import validated
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.importing.codes import Codes
from asicae.network.importing.hgq.bits import Bits
from asicae.network.importing.hgq.weights import quantised, type_of
from asicae.network.importing.importer import MAX_MESSAGE, ImportChoice, import_model
from asicae.network.weights import Weights
from tests.support.places import FIXTURES

MODELS = FIXTURES / "hgq2"
EVENTS = 4000
ARCHITECTURE, WEIGHTS = "config.json", "model.weights.h5"
Config = dict[str, Any]


@pytest.fixture(scope="module")
def calq() -> np.ndarray:
    with np.load(FIXTURES / "qkeras09" / "calq.npz", allow_pickle=False) as stored:
        return stored["calq"][:EVENTS]


def predicted(name: str) -> np.ndarray:
    with np.load(MODELS / f"{name}.npz", allow_pickle=False) as stored:
        return stored["latents"]


def latents(network: Network, weights: Weights, calq: np.ndarray) -> np.ndarray:
    """Golden latents of charges, through the converter, as numbers."""
    kind = network.latent_type
    return kind.from_bits(golden.run(Encoder(network, weights), calq).latents) * kind.lsb


def changed(
    tmp_path: Path,
    name: str,
    layer: str = "",
    entry: Callable[[Config], Any] = lambda _: None,
    arrays: Callable[[Any], Any] = lambda _: None,
) -> Path:
    """A model with the entry of a layer, or the file of its weights, changed in place."""
    import h5py

    with zipfile.ZipFile(MODELS / f"{name}.keras") as archive:
        entries = {each: archive.read(each) for each in archive.namelist()}
    content = json.loads(entries[ARCHITECTURE])
    for found in content["config"]["layers"]:
        if found["config"]["name"] == layer:
            entry(found)
    entries[ARCHITECTURE] = json.dumps(content).encode()
    weights = io.BytesIO(entries[WEIGHTS])
    with h5py.File(weights, "r+") as file:
        arrays(file["layers"])
    entries[WEIGHTS] = weights.getvalue()
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in entries.items():
            archive.writestr(each, data)
    return path


def refusal(path: Path, choice: ImportChoice | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        import_model(path, choice)
    message = str(caught.value)
    assert message.startswith(f"{path}: layer '")
    assert message.isprintable() and len(message) <= MAX_MESSAGE
    return message


@pytest.mark.parametrize("name", ["conv", "dense"])
def test_models_of_hgq2_match_in_every_word(name: str, calq: np.ndarray) -> None:
    found = import_model(MODELS / f"{name}.keras")
    expected = predicted(name)
    assert expected.shape == (EVENTS, found.network.latents)
    assert np.count_nonzero(expected) > 0.9 * expected.size
    assert np.array_equal(latents(found.network, found.weights, calq), expected)
    # The highest bit of one weight of every array is flipped, and seen.
    image = pack(Encoder(found.network, found.weights))
    for parameter in found.network.parameters:
        if parameter.type.width == 1:
            continue  # the zeros of a layer without a bias
        bit = parameter.offset + (parameter.count // 2 + 1) * parameter.type.width - 1
        wrong = bytearray(image)
        wrong[bit // 8] ^= 1 << bit % 8
        weights = unpack(found.network, bytes(wrong))
        assert not np.array_equal(latents(found.network, weights, calq), expected), parameter.name


@pytest.mark.parametrize(
    ("name", "own", "other"),
    [
        ("conv", "ufixed<7,2,RND,WRAP>", "ufixed<7,2,TRN,WRAP>"),
        ("conv", "ufixed<6,1,RND,SAT>", "ufixed<6,1,RND_MIN_INF,SAT>"),
        ("conv", "ufixed<6,1,RND,SAT>", "ufixed<6,1,RND,WRAP>"),
        ("dense", "ufixed<7,1,TRN,SAT>", "ufixed<7,1,RND,SAT>"),
        ("dense", "fixed<6,2,RND_CONV,SAT_SYM>", "fixed<6,2,RND,SAT_SYM>"),
        ("dense", "fixed<6,2,RND_CONV,SAT_SYM>", "fixed<6,2,RND_CONV,SAT>"),
        ("dense", "fixed<6,1,RND,WRAP>", "fixed<6,1,RND,SAT>"),
    ],
)
def test_another_rounding_or_overflow_is_seen(
    name: str, own: str, other: str, calq: np.ndarray
) -> None:
    found = import_model(MODELS / f"{name}.keras")
    text = found.network.model_dump_json()
    assert text.count(f'"{own}"') == 1
    network = validated(Network, json.loads(text.replace(own, other)), "test")
    weights = Weights.checked(network, found.weights.arrays, None, "test")
    assert not np.array_equal(latents(network, weights, calq), predicted(name))


def test_quantisers_become_types_and_those_of_weights_the_narrowest() -> None:
    found = import_model(MODELS / "dense.keras")
    hidden, middle, latent = found.network.layers
    assert str(found.network.input) == "ufixed<7,1,TRN,SAT>"
    # It never leaves the type that the model wraps to, so saturating is the same.
    assert (str(hidden.output), hidden.relu) == ("ufixed<9,6,RND,SAT>", True)
    assert (str(middle.output), middle.relu) == ("fixed<6,2,RND_CONV,SAT_SYM>", False)
    assert (str(latent.output), latent.relu) == ("fixed<6,1,RND,WRAP>", False)
    assert (str(middle.weight), str(middle.bias)) == ("fixed<5,1>", "ufixed<1,1>")
    assert found.origins == {name: name for name in ("hidden", "middle", "latent")}
    assert found.notes == (
        "layer 'middle_iq': ufixed<9,6> changes no value of ufixed<9,6,RND,SAT>",
        "layer 'latent_iq': fixed<6,2,RND,WRAP> changes no value of fixed<6,2,RND_CONV,SAT_SYM>",
    )
    # Trained weights have bits of their own, some of them none.
    kernel = found.weights.arrays["middle.kernel"]
    assert kernel.min() < 0 < kernel.max() and np.count_nonzero(kernel == 0) > 3


def test_a_layer_in_the_middle_may_be_the_latents() -> None:
    found = import_model(MODELS / "dense.keras", ImportChoice(latent="middle"))
    assert [layer.name for layer in found.network.layers] == ["hidden", "middle"]
    message = refusal(MODELS / "conv.keras", ImportChoice(latent="conv"))
    assert "'conv'" in message and "enable_oq=True" in message


@pytest.mark.parametrize("overflow", ["WRAP", "SAT", "SAT_SYM"])
@pytest.mark.parametrize("rounding", [each for each in Rounding if each != "RND_CONV_ODD"])
def test_single_numbers_are_quantised_as_by_hgq2(rounding: str, overflow: str) -> None:
    with np.load(MODELS / "quantisers.npz", allow_pickle=False) as stored:
        own = {key: stored[f"{rounding},{overflow},{key}"] for key in ("k", "i", "f")}
        values, expected = (
            stored[f"{rounding},{overflow},{key}"] for key in ("values", "quantised")
        )
    bits = Bits("test", *own.values(), Rounding(rounding), Overflow(overflow), is_weight=False)
    assert np.array_equal(quantised(values, bits), expected)
    kind = type_of(expected, "test")
    assert np.array_equal(kind.quantise(expected) * kind.lsb, expected)
    with pytest.raises(AssertionError):
        narrower = replace(kind, width=kind.width - 1)
        assert np.array_equal(narrower.quantise(expected) * narrower.lsb, expected)
    for other in Rounding:
        if other not in (rounding, Rounding.RND_CONV_ODD):
            again = quantised(values, replace(bits, rounding=other))
            assert not np.array_equal(again, expected), other
    # One type for all elements is what the hardware rounds to.
    for place, value in enumerate(values):
        one = replace(bits, **{
            name: array[place : place + 1]
            for name, array in zip(("sign", "integer", "fraction"), own.values(), strict=True)
        })  # fmt: skip
        if sum(array[place] for array in own.values()) < 1:
            assert expected[place] == 0
            with pytest.raises(BadInput, match="nothing but zeros"):
                one.type()
            continue
        hardware = one.type()
        assert hardware.quantise(value) * hardware.lsb == expected[place]


def quantiser(key: str, **values: Any) -> Callable[[Config], Any]:
    """Settings of one quantiser of a layer."""
    return lambda entry: entry["config"][key]["config"].update(values)


def setting(**values: Any) -> Callable[[Config], Any]:
    return lambda entry: entry["config"].update(values)


@pytest.mark.parametrize(
    ("layer", "change", "words"),
    [
        ("latent", quantiser("iq_conf", q_type="float"), ("'latent_iq'", "q_type='float'", "kif")),
        ("latent", quantiser("iq_conf", q_type=["kif"]), ("'latent_iq'", "q_type=['kif']", "kbi")),
        ("latent", quantiser("kq_conf", q_type="dummy"), ("'latent_kq'", "q_type='dummy'")),
        ("latent", quantiser("oq_conf", scaler=0.5), ("'latent_oq'", "scaler=0.5", "None")),
        ("latent", quantiser("oq_conf", affine=[0.25, 0.5]), ("affine=[0.25, 0.5]", "None")),
        ("latent", quantiser("iq_conf", bw_mapper={}), ("bw_mapper={}", "None")),
        ("latent", quantiser("oq_conf", bits=7), ("setting 'bits'", "allowed are")),
        ("latent", quantiser("iq_conf", round_mode="RND_CONV_ODD"), ("round_mode=", "RND_CONV")),
        ("latent", quantiser("iq_conf", round_mode=None), ("round_mode=None", "TRN_ZERO")),
        ("latent", quantiser("iq_conf", overflow_mode="WRAP_SM"), ("='WRAP_SM'", "SAT_SYM")),
        ("latent", quantiser("iq_conf", overflow_mode="WRAP"), ("3 arrays", "f, k, i, decay")),
        ("latent", quantiser("iq_conf", is_weight=True), ("is_weight=True", "False")),
        ("latent", quantiser("iq_conf", is_weight="yes"), ("is_weight='yes'", "False")),
        ("latent", setting(iq_conf=None), ("'latent_iq'", "found None", "QuantizerConfig")),
        ("latent", setting(kq_conf={"class_name": "x", "config": {}}), ("'latent_kq'", "'x'")),
        ("latent", setting(enable_iq=None), ("enable_iq=None", "True, False")),
        ("latent", setting(enable_iq=False), ("'conv'", "no quantised activation before")),
        ("latent", setting(enable_oq=False), ("latents are not quantised", "enable_oq=True")),
        ("latent", setting(use_bias=1), ("use_bias=1", "True, False")),
        ("latent", setting(activation="tanh"), ("activation='tanh'", "linear, relu")),
        ("latent", setting(activation="quantized_relu(8,1)"), ("quantized_relu", "linear, relu")),
        ("latent", setting(units=5), ("kernel has shape", "expected")),
        ("latent", setting(dtype="float16"), ("dtype='float16'", "float32")),
        ("conv", setting(groups=2), ("groups=2",)),
        ("conv", setting(dilation_rate=[2, 2]), ("dilation_rate=[2, 2]",)),
        ("conv", setting(data_format="channels_first"), ("channels_first",)),
        (
            "latent",
            lambda entry: entry.update(class_name="QSoftmax", registered_name="hgq>QSoftmax"),
            ("(QSoftmax)", "QConv2D, QDense, Quantizer", "Flatten"),
        ),
        (
            "flatten",
            lambda entry: entry.update(class_name="MaxPooling2D"),
            ("(MaxPooling2D)", "QConv2D, QDense, Quantizer", "Flatten"),
        ),
        ("latent", lambda entry: entry.update(registered_name="Evil>QDense"), ("(QDense)",)),
        ("latent", lambda entry: entry.update(module="evil.layers"), ("(QDense)",)),
        (
            "latent",
            lambda entry: entry["config"]["oq_conf"].update(registered_name="Evil>QuantizerConfig"),
            ("'latent_oq'", "'Evil>QuantizerConfig'"),
        ),
        (
            "latent",
            lambda entry: entry["inbound_nodes"][0]["kwargs"].update(training=True),
            ("training=True",),
        ),
    ],
)
def test_what_does_not_map_is_refused(
    tmp_path: Path, layer: str, change: Callable[[Config], Any], words: tuple[str, ...]
) -> None:
    message = refusal(changed(tmp_path, "conv", layer, change))
    assert all(word in message for word in words), message
    assert any(word in message for word in ("allowed", "expected", "no quantised")), message


def put(path: str, *values: float) -> Callable[[Any], Any]:
    """The first values of an array; of one value all of them."""

    def write(layers: Any) -> None:
        array = layers[path][()].astype(np.float64).reshape(-1)
        array[: len(values) if len(values) > 1 else None] = values
        shape = layers[path].shape
        del layers[path]
        layers[path] = array.reshape(shape)

    return write


@pytest.mark.parametrize(
    ("array", "values", "words"),
    [
        ("iq/quantizer/vars/0", [1e9], ("'latent_iq': i=1e+09", "-64 to 64")),
        ("iq/quantizer/vars/1", [np.nan], ("'latent_iq': f=nan", "-64 to 64")),
        ("iq/quantizer/vars/1", [-1e300], ("'latent_iq': f=-1e+300", "-64 to 64")),
        ("iq/quantizer/vars/0", [12], ("k=0 i=12 f=5: 17 bits", "1 to 16")),
        ("iq/quantizer/vars/0", [-5], ("k=0 i=-5 f=5 leaves nothing but zeros",)),
        ("iq/quantizer/vars/2", [2], ("'latent_iq': k=2", "0 to 1")),
        ("kq/quantizer/vars/0", [1, np.inf], ("'latent_kq': b=inf", "0 to 64")),
        ("kq/quantizer/vars/0", [-3, 1], ("'latent_kq': b=-3", "0 to 64")),
        ("kq/quantizer/vars/0", [5, 30], ("'latent_kq': 31 bits", "up to 24")),
        ("kq/quantizer/vars/0", [22, 22], ("'latent_kq': weights from", "1 to 16")),
        ("vars/0", [1, np.nan], ("'latent_kq'", "NaN")),
        ("vars/1", [1e-40, 0], ("'latent_bq'", "2**-126")),
    ],
)
def test_hostile_numbers_are_refused(
    tmp_path: Path, array: str, values: list[float], words: tuple[str, ...]
) -> None:
    message = refusal(changed(tmp_path, "conv", arrays=put(f"q_dense/{array}", *values)))
    assert all(word in message for word in words), message


def test_values_of_different_types_are_refused_by_both_types(tmp_path: Path) -> None:
    def by_element(layers: Any) -> None:
        group = layers["q_dense/iq/quantizer/vars"]
        for number, own in (("0", [1] * 64), ("1", [5] * 63 + [4]), ("2", [0] * 64)):
            del group[number]
            group[number] = np.array([own], dtype=np.float32)

    message = refusal(changed(tmp_path, "conv", arrays=by_element))
    assert "'latent_iq': elements of k=0 i=1 f=4 and of k=0 i=1 f=5" in message

    def alike(layers: Any) -> None:
        by_element(layers)
        # Real numbers are trained, and rounded half to even.
        layers["q_dense/iq/quantizer/vars/1"][0, 60:] = [4.5001, 5.4999, 5.25, 4.75]

    found = import_model(changed(tmp_path, "conv", arrays=alike))
    assert str(found.network.layers[0].output) == "ufixed<6,1,RND,SAT>"


@pytest.mark.parametrize(
    ("array", "value", "found"),
    [
        ("0", 3, "fixed<5,2,RND,WRAP>"),  # fractional bits
        ("1", 0, "ufixed<5,1,RND,WRAP>"),  # which is no ReLU, as a saturating one would be
        ("2", 0, "fixed<5,1,RND,WRAP>"),
    ],
)
def test_a_second_quantiser_may_change_no_value(
    tmp_path: Path, array: str, value: float, found: str
) -> None:
    arrays = put(f"q_dense_2/iq/quantizer/vars/{array}", value)
    message = refusal(changed(tmp_path, "dense", arrays=arrays))
    assert f"RND_CONV,SAT_SYM> are quantised again, to {found}; allowed is once" in message


def test_weights_that_wrap_or_not_by_their_training_are_refused(tmp_path: Path) -> None:
    message = refusal(changed(tmp_path, "dense", arrays=put("q_dense/kq/quantizer/vars/2", -7)))
    assert "'hidden_kq'" in message and "weights wrap" in message and "trace_minmax" in message


def test_a_wrap_behind_a_relu_is_taken_where_nothing_wraps(tmp_path: Path) -> None:
    """`hidden` is rounded to wrapping types; the smallest that holds its sums is found."""
    taken = {}
    for integer in range(1, 7):
        path = changed(tmp_path, "dense", arrays=put("q_dense/oq/quantizer/vars/2", integer))
        try:
            import_model(path, ImportChoice(latent="hidden"))
            taken[integer] = ""
        except BadInput as error:
            taken[integer] = str(error)
    refused = [integer for integer, message in taken.items() if message]
    assert refused == list(range(1, len(refused) + 1)) and 1 < len(refused) < 6
    message = taken[refused[-1]]
    assert "behind its ReLU" in message and "overflow_mode SAT" in message
    largest = float(message.partition("values up to ")[2].split()[0])
    assert 2.0 ** refused[-1] <= largest < 2.0 ** (refused[-1] + 1)


def test_codes_that_wrap_below_zero_are_no_codes_of_a_relu() -> None:
    codes = Codes("test", (48,), FixedPoint.parse("fixed<8,2,RND,WRAP>"), relu=True)
    with pytest.raises(ValueError, match="wraps to values below zero"):
        codes.rectified()
    codes.output = FixedPoint.parse("fixed<8,2,RND,SAT>")
    assert codes.rectified() and str(codes.output) == "ufixed<7,1,RND,SAT>"


def test_a_wrap_without_sign_keeps_the_low_bits(tmp_path: Path, calq: np.ndarray) -> None:
    path = changed(tmp_path, "dense", arrays=put("q_dense_2/oq/quantizer/vars/1", 0))
    found = import_model(path)
    layer = found.network.layers[-1]
    assert (str(layer.output), layer.relu) == ("ufixed<5,0,RND,WRAP>", False)
    assert np.array_equal(latents(found.network, found.weights, calq), predicted("dense") % 1)


@pytest.mark.parametrize(
    ("layer", "group", "ends"),
    [("hidden", "q_dense", (0, 127 / 64)), ("latent", "q_dense_2", (-31 / 16, 31 / 16))],
)
def test_the_bound_behind_a_relu_is_attained(
    tmp_path: Path, layer: str, group: str, ends: tuple[float, float]
) -> None:
    """By inputs that are the largest where a weight is positive and the smallest elsewhere."""
    arrays = put(f"{group}/oq/quantizer/vars/2", -2)
    path = changed(tmp_path, "dense", layer, setting(activation="relu"), arrays)
    message = refusal(path, ImportChoice(latent=layer))
    largest = float(message.partition("values up to ")[2].split()[0])
    found = import_model(MODELS / "dense.keras")
    own = next(each for each in found.network.layers if each.name == layer)
    kernel = found.weights.arrays[f"{layer}.kernel"] * own.weight.lsb
    bias = found.weights.arrays[f"{layer}.bias"] * own.bias.lsb
    sums = np.maximum(kernel * ends[0], kernel * ends[1]).sum(axis=0) + bias
    assert np.floor(sums.max() / own.output.lsb + 0.5) * own.output.lsb == largest
