"""QKeras equals golden on random weights, and what has no exact integers is refused."""

import numpy as np
import pytest

from asicae.campaigns.every_kind import every_kind
from asicae.chip.normaliser import normalise
from asicae.foundation.errors import BadInput
from asicae.network.description import PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.readout.readouts import Readouts
from tests.support.tiny_network import GRAPH, flattened, parsed

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.training import lowering
from asicae.training.backend import tf
from asicae.training.encoder import build_encoder


def _with_weights(network: Network, weights: Weights) -> object:
    encoder = build_encoder(network, 1)
    for plan in network.weighted:
        encoder.get_layer(plan.name).set_weights(
            [weights.arrays[p.name] * p.type.lsb for p in (plan.kernel, plan.bias)]
        )
    return encoder


def _changed(name: str, **changes: object) -> Network:
    content = Network.preset("econ-t").model_dump(mode="json")
    for layer in content["layers"]:
        layer.update(changes)
    return Network.model_validate(content | {"name": name})


def _networks() -> list[Network]:
    return [
        *(Network.preset(name) for name in PRESETS),
        _changed("signed", output="fixed<8,2>", relu=False, weight="fixed<5,1>"),
        _changed("signed_relu", output="fixed<8,2>", relu=True, bias="ufixed<3,0>"),
        _changed("symmetric", output="fixed<8,2,RND_CONV,SAT_SYM>", relu=False),
        _changed("unsigned", output="ufixed<7,2>", relu=False, weight="ufixed<4,0>"),
        *(parsed(GRAPH), every_kind(), flattened()),
    ]


@pytest.mark.parametrize("network", _networks(), ids=lambda network: network.name)
def test_qkeras_equals_golden_on_random_weights(network: Network, readouts: Readouts) -> None:
    codes = normalise(readouts.calq, network.input)
    codes = lowering.exactness_codes(network, codes, 3000, seed=1)
    for seed in range(2):
        weights = Weights.random(network, seed)
        encoder = _with_weights(network, weights)
        lowered = lowering.lower(encoder, network)
        for name, array in weights.arrays.items():
            np.testing.assert_array_equal(lowered.arrays[name], array)
        result = lowering.qkeras_against_golden(encoder, Encoder(network, lowered), codes)
        assert (result.words, result.mismatches) == (3000 * network.latents, 0)
        assert result.saturated_fraction > 0.001
        assert result.ties_fraction > 0.001


def test_lowering_refuses_what_is_not_exact(network: Network) -> None:
    content = network.model_dump(mode="json")
    content["layers"][1]["weight"] = "fixed<8,1>"
    with pytest.raises(BadInput, match=r"dense\.kernel.*not exact in fixed<6,1>"):
        lowering.lower(build_encoder(Network.model_validate(content), 1), network)
    content["layers"][1]["weight"] = "fixed<7,2>"
    wide = build_encoder(Network.model_validate(content), 1)
    wide.get_layer("dense").kernel.assign(tf.fill((128, 16), 1.5))
    with pytest.raises(BadInput, match=r"dense\.kernel holds 1\.5"):
        lowering.lower(wide, network)
    content["layers"][1]["output"] = "ufixed<9,1,TRN,SAT>"
    with pytest.raises(BadInput, match="RND_CONV"):
        build_encoder(Network.model_validate(content), 1)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"padding": [[1, 0], [1, 0]]}, "'padding': .*1, 0.*, econ-t has .*'padding': 'same'"),
        ({"padding": "valid", "kernel": [2, 2]}, "'kernel': .*2, 2"),
        ({"output": "ufixed<8,2>"}, "output_type ufixed<8,2>, econ-t has ufixed<8,1>"),
        ({"filters": 4}, "output_shape .*4, 4, 4.*, econ-t has .*4, 4, 8"),
    ],
)
def test_lowering_refuses_layers_that_do_something_else(
    network: Network, changes: dict[str, object], word: str
) -> None:
    content = network.model_dump(mode="json")
    content["layers"][0] |= changes
    with pytest.raises(BadInput, match=f"layer conv: .*{word}"):
        lowering.lower(build_encoder(Network.model_validate(content), 1), network)


@pytest.mark.parametrize(
    ("layer", "changes", "word"),
    [
        ("skip", {"inputs": ["largest", "by_channel"]}, "inputs .*largest.*, every-kind has"),
        ("mean", {"pool": [2, 1]}, "'pool': .2, 1."),
        ("largest", {"pool": [1, 1]}, "'pool': .1, 1."),
        ("mean", {"output": "fixed<6,2>"}, "output_type fixed<6,2>"),
        ("by_channel", {"kernel": [4, 2]}, "'kernel': .4, 2."),
        ("leak", {"negative_slope": 0.5}, "'negative_slope': 0.25"),
    ],
)
def test_lowering_refuses_graphs_that_join_otherwise(
    layer: str, changes: dict[str, object], word: str
) -> None:
    right = every_kind()
    content = right.model_dump(mode="json")
    (own,) = (each for each in content["layers"] if each["name"] == layer)
    own |= changes
    with pytest.raises(BadInput, match=f"layer [a-z_]*: .*{word}"):
        lowering.lower(build_encoder(Network.model_validate(content), 1), right)


def test_a_graph_whose_integers_join_otherwise_differs_from_qkeras(readouts: Readouts) -> None:
    """Golden of the same weights where one layer sees another, or rounds another way."""
    network = every_kind()
    weights = Weights.random(network, 2)
    encoder = _with_weights(network, weights)
    codes = lowering.exactness_codes(network, normalise(readouts.calq, network.input), 2000, 1)
    changes: tuple[tuple[str, dict[str, object]], ...] = (
        ("largest", {"pool": [1, 1]}),
        ("mean", {"output": "fixed<5,2,TRN,SAT>"}),
        ("skip", {"output": "fixed<4,2>"}),
        ("both", {"inputs": ["mean", "skip"]}),
    )
    for layer, given in changes:
        content = network.model_dump(mode="json")
        (own,) = (each for each in content["layers"] if each["name"] == layer)
        own |= given
        wrong = Encoder(Network.model_validate(content), weights)
        assert lowering.qkeras_against_golden(encoder, wrong, codes).mismatches > 0, layer
    right = Encoder(network, weights)
    assert lowering.qkeras_against_golden(encoder, right, codes).mismatches == 0


def test_strides_that_tensorflow_lacks_are_refused() -> None:
    content = every_kind().model_dump(mode="json")
    names = ("conv", "by_channel", "dense")
    content["layers"] = [each for each in content["layers"] if each["name"] in names]
    content["layers"][1] |= {"strides": [1, 2], "inputs": ["conv"]}
    with pytest.raises(BadInput, match=r"layer by_channel: strides \(1, 2\), TensorFlow has one"):
        build_encoder(Network.model_validate(content), 1)
