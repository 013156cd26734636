"""Layers that name their inputs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip.design import design_of
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.foundation.errors import BadInput
from asicae.network.description import PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.golden import activations, encode
from asicae.network.graph import INPUT
from tests.judges import exact_reference
from tests.network.test_golden import stimulus
from tests.support.tiny_network import GRAPH, TWO_LAYERS, described

TYPES = {"weight": "fixed<3,1>", "bias": "fixed<3,1>", "output": "fixed<4,1>"}


def graph(tmp_path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(described(GRAPH, tmp_path).model_dump_json())
    return content


def test_a_graph_gives_what_unlimited_integers_give(tmp_path: Path) -> None:
    network = described(GRAPH, tmp_path)
    for seed in range(3):
        encoder, codes = Encoder.random(network, seed), stimulus(40, seed) & 15
        expected = [exact_reference.latents(encoder, row) for row in codes.tolist()]
        assert encode(encoder, codes).tolist() == expected
        known = {INPUT: network.image(codes)} | activations(encoder, codes)
        for plan in network.plans:
            sums = plan.accumulators(encoder.weights.arrays, plan.joined(known))
            found = plan.output_type.cast(sums, plan.accumulator_fraction)
            found = np.maximum(found, 0) if plan.relu else found
            assert np.array_equal(found, known[plan.name].reshape(len(codes), -1))


def test_cells_that_are_not_seen_are_zeros_beside_others(tmp_path: Path) -> None:
    """Those that are masked, and pixels without a cell."""
    content = graph(tmp_path) | {"arrangement": "8x8", "masked_cells": [0, 7, 40]}
    content["layers"][0] |= {"strides": [1, 1], "filters": 2}
    both = {"kind": "concatenate", "name": "all", "inputs": [INPUT, "conv"]}
    content["layers"].insert(1, both)
    network = Network.model_validate(content)
    encoder, codes = Encoder.random(network, 1), stimulus(40, 2) & 15
    expected = [exact_reference.latents(encoder, row) for row in codes.tolist()]
    assert encode(encoder, codes).tolist() == expected
    (joined,) = (plan for plan in network.plans if plan.name == "all")
    assert sum(joined.output.live) == 45 + 128


def test_the_order_of_a_description_is_free(tmp_path: Path) -> None:
    content = graph(tmp_path)
    named = [dict(layer) for layer in content["layers"]]
    for layer, ahead in zip(named, [INPUT, "conv", "input", "dense"], strict=True):
        layer.setdefault("inputs", [ahead])
    assert Network.model_validate(content | {"layers": named}) == Network.model_validate(content)
    *rest, last = named
    other = Network.model_validate(content | {"layers": [*rest[::-1], last]})
    network = Network.model_validate(content)
    order = [f"{name}.{array}" for name in ("conv", "dense") for array in ("kernel", "bias")]
    assert [array.name for array in network.parameters][:4] == order
    places = [[plan.name for plan in network.plans].index(op.name) for op in other.plans]
    assert sorted(places) == list(range(4)) and other.plans[-1].name == last["name"]
    encoder, codes = Encoder.random(network, 1), stimulus(40, 3) & 15
    assert np.array_equal(encode(Encoder(other, encoder.weights), codes), encode(encoder, codes))


def test_a_graph_is_written_as_schema_2_and_a_chain_as_ever(tmp_path: Path) -> None:
    network = described(GRAPH, tmp_path)
    assert json.loads(network.model_dump_json())["schema_version"] == 2
    assert Network.load(network.save(tmp_path / "again.json")) == network
    for chain in (*map(Network.preset, PRESETS), described(TWO_LAYERS, tmp_path)):
        text = chain.model_dump_json()
        assert json.loads(text)["schema_version"] == 1 and "inputs" not in text
        assert Network.model_validate(json.loads(text) | {"schema_version": 2}) == chain
        assert chain.is_chain
    assert not network.is_chain


def _beside(**fields: object) -> dict[str, object]:
    return {"kind": "dense", "name": "more", "units": 2, **TYPES, **fields}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda d: d.update(schema_version=1), "schema_version is 1, .* inputs of layer 'beside'"),
        (lambda d: d["layers"][2].update(inputs=[]), "'beside': no inputs, allowed are 1 to 8"),
        (lambda d: d["layers"][2].update(inputs=["input"] * 9), "'beside': 9 inputs, allowed are"),
        (
            lambda d: d["layers"][2].update(inputs=["sea"]),
            "'beside': input 'sea' is no node; allowed are input, conv, dense, beside",
        ),
        (lambda d: d["layers"][2].update(inputs="conv"), "layers.2.*inputs: found 'conv'"),
        (
            lambda d: d["layers"][3].update(inputs=["dense", "dense"]),
            "'latents_of_both': input 'dense' stands there twice",
        ),
        (lambda d: d["layers"][2].update(name="dense"), "layer names .* repeat"),
        (lambda d: d["layers"][2].update(name="input"), "'input' is no layer name"),
        (lambda d: d["layers"][0].update(inputs=["conv"]), "'conv': a cycle of inputs, .'conv'."),
        (
            lambda d: d["layers"][0].update(inputs=["dense"]),
            r"'conv': a cycle of inputs, \['conv', 'dense'\]; allowed is none",
        ),
        (
            lambda d: d["layers"].insert(1, _beside(inputs=["input"])),
            "'conv': no layer uses its outputs, which only the last, 'latents_of_both'",
        ),
        (lambda d: d["layers"][2].update(inputs=["input", "conv"]), "'beside': 2 inputs, allowed"),
        (lambda d: d["layers"][3].update(inputs=["dense"]), "'beside': no layer uses"),
        (
            lambda d: d["layers"][3].update(inputs=["dense", "beside", "conv"]),
            "'latents_of_both': inputs of 2 and 2 and 2x2x1, allowed is one number of rows",
        ),
        (
            lambda d: d["layers"][2].update(output="fixed<16,16>"),
            r"'latents_of_both': no type for fixed<16,16> and ufixed<5,1>: 20 bits, allowed are 1",
        ),
        (lambda d: d["layers"].append(_beside(inputs=["conv"])), "latents_of_both': no layer uses"),
    ],
)  # fmt: skip
def test_a_wrong_graph_is_named(change, word: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    content = graph(tmp_path)
    change(content)
    path = tmp_path / "network.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=word) as caught:
        Network.load(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_what_cannot_hold_a_graph_says_so(tmp_path: Path) -> None:
    network = described(GRAPH, tmp_path)
    said = (
        r"(barrier: found true with|pipeline phased cannot hold .* which) network graph.*; allowed"
    )
    for name, row in MICROARCHITECTURES.items():
        if name in ("naive", "gated"):
            assert design_of(network, row.configuration).latency_bx == 2
            continue
        with pytest.raises(BadInput, match=said):
            design_of(network, row.configuration)
