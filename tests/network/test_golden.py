"""Golden execution equals a big-integer reference written here, word by word."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asicae.chip.image import pack, unpack
from asicae.foundation.errors import BadInput
from asicae.network.description import PRESET_FOLDER, PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.golden import activations, encode
from asicae.network.weights import Weights
from tests.judges.exact_reference import latents as reference
from tests.support.drawn_networks import networks
from tests.support.work import counted

ECON_T = Network.preset("econ-t")


def stimulus(events: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 256, size=(events, 48))
    codes[generator.random(codes.shape) < generator.random((events, 1))] = 0
    codes[0], codes[1] = 0, 255
    codes[2] = np.eye(48, dtype=int)[7] * 255
    return codes


@settings(max_examples=40, deadline=None)
@given(network=networks(), seed=st.integers(0, 2**31))
def test_any_network_equals_unlimited_integers(network: Network, seed: int) -> None:
    weights = Weights.random(network, seed)
    codes = network.input.from_bits(stimulus(4, seed))
    expected = [reference(Encoder(network, weights), row) for row in codes.tolist()]
    assert encode(Encoder(network, weights), codes).tolist() == expected
    again = unpack(network, pack(Encoder(network, weights)))
    assert all((again.arrays[name] == array).all() for name, array in weights.arrays.items())


def test_econ_t_equals_unlimited_integers_and_a_flipped_weight_does_not() -> None:
    weights = Weights.random(ECON_T, 1)
    codes = stimulus(25, 2)
    expected = [reference(Encoder(ECON_T, weights), row) for row in codes.tolist()]
    assert encode(Encoder(ECON_T, weights), codes).tolist() == expected
    mutated = {name: array.copy() for name, array in weights.arrays.items()}
    mutated["conv.kernel"][0, 0, 0, 0] ^= 16
    assert encode(Encoder(ECON_T, Weights.checked(ECON_T, mutated)), codes).tolist() != expected


def _wide(content: dict[str, Any], number: int) -> dict[str, Any]:
    """A convolution of thousands of positions that see one pixel each."""
    changes = {"kernel": [1, 1], "strides": [1, 1], "padding": [[60, 60]] * 2, "filters": 1}
    return content["layers"][0] | {"name": f"w{number}"} | changes


def test_activations_end_in_the_latents() -> None:
    weights, codes = Weights.random(ECON_T, 3), stimulus(5000, 4)
    layers = activations(Encoder(ECON_T, weights), codes[:100])
    assert layers["conv"].shape == (100, 4, 4, 8)
    assert np.array_equal(layers["dense"], encode(Encoder(ECON_T, weights), codes)[:100])


def test_derived_figures_of_econ_t() -> None:
    conv, dense = ECON_T.plans
    assert ECON_T.layers[0].window(conv.input_shape).pads == ((0, 1), (0, 1))
    assert (conv.accumulator_width, dense.accumulator_width) == (18, 21)
    assert (conv.macs, dense.macs) == (85 * 8, 2048)
    taps = np.bincount(conv.taps.output, minlength=conv.outputs).reshape(4, 4, 8)
    assert (taps == taps[..., :1]).all() and (taps[..., 0] == 0).sum() == 4
    assert (sum(p.count for p in ECON_T.parameters), ECON_T.weight_bits) == (2144, 12864)


@pytest.mark.parametrize("name", PRESETS)
def test_a_description_survives_its_file(name: str, tmp_path: Path) -> None:
    network = Network.preset(name)
    assert Network.load(network.save(tmp_path / "network.json")) == network
    assert Network.load(PRESET_FOLDER / f"{name}.toml") == network
    assert (
        network.design_hash != Network.preset("small" if name != "small" else "large").design_hash
    )


LONG = "a" * 5000 + "\n"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda d: d.update(schema_version=3), "schema_version is 3, this asicae reads 1, 2"),
        (lambda d: d.update(arrangement="9x9"), "arrangement"),
        (lambda d: d.update(schema_version=True), "schema_version is True"),
        (lambda d: d.update(schema_version=1.0), "schema_version is 1.0"),
        (lambda d: d.update(surprise=1), "surprise"),
        (lambda d: d.update({LONG: 1}), "aaa[.]{3}: found 1, extra"),
        (lambda d: d.update(name=LONG), r"name: .*\.\.\. is no network name"),
        (lambda d: d.update(arrangement=LONG), r"\.\.\. is unknown; allowed: "),
        (lambda d: d.update(input=LONG), r"\.\.\. is no fixed-point type"),
        (lambda d: d.update(input="fixed<6,1,A" + "A" * 5000 + ">"), r"\.\.\. is no rounding"),
        (lambda d: d.update(image_order=[LONG]), r"image_order \['a.*\.\.\. must name each"),
        (lambda d: d["layers"][0].update(kind=LONG), "layers.0: found .*tag"),
        (lambda d: d["layers"][0].update(name=LONG), r"\.\.\. is no layer name"),
        (lambda d: d["layers"][0].update(relu="off"), "relu: found 'off'"),
        (lambda d: d["layers"][0].update(relu=1), "relu: found 1"),
        (lambda d: d["layers"][0].update(filters="1"), "filters: found '1'"),
        (lambda d: d["layers"][0].update(filters=8.0), "filters: found 8.0"),
        (lambda d: d["layers"][0].update(kernel=[True, 3]), "kernel.0: found True"),
        (lambda d: d["layers"][0].update(padding=[[0, 1], [0, True]]), "padding"),
        (lambda d: d["layers"][0].update(strides=[2, 2.0]), "strides.1: found 2.0"),
        (lambda d: d["layers"][0].update(weight="ufixed<\uff18,1>"), "no fixed-point type"),
        (lambda d: d["layers"][0].update(weight=6), "weight: found 6, 6 is no fixed-point type"),
        (lambda d: d["layers"][1].update(units=True), "units: found True"),
        (lambda d: d.update(masked_cells=["3"]), "masked_cells.0: found '3'"),
        (lambda d: d["layers"][0].update(name="x; rm"), "layer name"),
        (lambda d: d["layers"][0].update(weight="fixed<99,1>"), "bits"),
        (lambda d: d["layers"].pop(), "dense"),
        (lambda d: d.update(masked_cells=[48]), "masked_cells.*0 to 47"),
        (lambda d: d.update(masked_cells=[3, 3]), "masked_cells.*rising"),
        (lambda d: d.update(masked_cells=list(range(48))), "'conv': no output sees a live input"),
        (lambda d: d.update(image_order=["conv.kernel"]), "image_order .* must name each"),
        (lambda d: d.update(input="ufixed<16,-12>"), "28 fractional bits.* has 27"),
        (lambda d: d["layers"][0].update(padding=[[0, 99], [0, 0]]), "padding"),
        (lambda d: d["layers"][0].update(padding="reflect"), "padding"),
        (lambda d: d["layers"][0].update(kernel=[16, 16], padding="valid"), "'conv': .* is empty"),
        (lambda d: d["layers"][0].update(bias="fixed<16,24>", output="ufixed<16,-16>"), "accumul"),
        (lambda d: d["layers"][1].update(units=300), "image of 29085 bytes, allowed are 28672"),
        (lambda d: d["layers"][1].update(units=170, weight="fixed<4,1>"), "keep mask has room"),
        (lambda d: d["layers"].insert(0, d["layers"][1] | {"name": "x"}), "cannot follow a dense"),
        (
            lambda d: d.update(layers=[d["layers"][1] | {"name": f"d{n}"} for n in range(17)]),
            "17 layers, allowed are 16",
        ),
        # Nothing is made for the taps of layers that are too large together.
        (
            lambda d: d.update(layers=[_wide(d, n) for n in range(15)] + d["layers"][1:]),
            "'w1': with it .* connections, allowed",
        ),
        (
            lambda d: d["layers"][0].update(filters=300, strides=[1, 1], padding=[[16, 16]] * 2),
            "'conv': .* connections, allowed",
        ),
    ],
)
def test_a_wrong_description_is_named(change, word: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    import json

    content = json.loads(ECON_T.model_dump_json())
    change(content)
    path = tmp_path / "network.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=word) as caught:
        Network.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and len(message) < len(str(path)) + 300
    assert message.isprintable()


def of_layers(*layers: dict[str, object]) -> Network:
    types = {"weight": "ufixed<1,1>", "bias": "fixed<1,1>", "output": "ufixed<1,1>"}
    content = {"name": "sized", "arrangement": "8x8", "input": "ufixed<1,1>"}
    named = [
        {"name": f"layer_{k}", "kind": "conv2d" if "kernel" in layer else "dense"} | types | layer
        for k, layer in enumerate(layers)
    ]
    return Network.model_validate(content | {"layers": named})


AROUND = [[64, 64], [64, 64]]


@pytest.mark.parametrize(
    ("layers", "word"),
    [
        ([{"filters": 4096, "kernel": [1, 1]}, {"units": 1}], "connections, allowed"),
        ([{"filters": 64, "kernel": [64, 64], "padding": AROUND}, {"units": 1}], "connections, a"),
        ([{"filters": 60, "kernel": [64, 64], "padding": "same"}, {"units": 1}], "weight image of"),
        ([{"filters": 1, "kernel": [64, 64], "padding": [[40, 30], [20, 45]]}, {"units": 1}], None),
        ([{"filters": 256, "kernel": [3, 3]}, {"units": 1}], None),
        ([{"units": 1}] * 16, None),
    ],
)  # fmt: skip
def test_a_size_is_refused_soon_or_carried(layers: list, word: str | None) -> None:
    """Large windows and zeros included; what is accepted is computed as unlimited integers do."""
    with counted() as work, contextlib.ExitStack() as refused:
        if word is not None:
            refused.enter_context(pytest.raises(ValueError, match=word))
        network = of_layers(*layers)
    # Windows, taps and weights are counted, not listed.
    assert work.lines < 20_000 and work.peak_bytes < 1 << 20
    if word is not None:
        return
    weights, codes = Weights.random(network, 1), stimulus(3, 5)[:1] & 1
    expected = reference(Encoder(network, weights), codes[0].tolist())
    assert encode(Encoder(network, weights), codes)[0].tolist() == expected
