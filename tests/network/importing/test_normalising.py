"""Batch normalisation behind the sums of a layer: part of its integers, or a refusal."""

from typing import Any

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.golden import encode
from asicae.network.importing.architecture import model_of
from asicae.network.importing.importer import ImportChoice, Imported, lower_model
from asicae.network.importing.model_file import StoredModel

Arrays = dict[str, Any]
UNITS = 4


def bits(width: int = 6, integer: int = 0) -> dict[str, Any]:
    return {
        "class_name": "quantized_bits",
        "config": {"bits": width, "integer": integer, "alpha": 1},
    }


def activation(name: str, quantiser: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "QActivation", "config": {"name": name, "activation": quantiser}}


def normalisation(**config: Any) -> dict[str, Any]:
    given = {
        "name": "bn", "axis": [1], "epsilon": 0.25, "gamma_quantizer": None,
        "variance_quantizer": None, "inverse_quantizer": bits(4, 1), "beta_quantizer": bits(),
        "mean_quantizer": bits(5, 1),
    }  # fmt: skip
    return {"class_name": "QBatchNormalization", "config": given | config}


def arrays(**changed: Any) -> Arrays:
    given: Arrays = {
        "gamma": [1.0, -0.5, 0.75, 1.0], "beta": [0.5, -0.28125, 0.0, 0.03125],
        "moving_mean": [1.0, 0.25, -0.375, 0.0], "moving_variance": [0.75, 0.75, 0.75, 3.75],
    }  # fmt: skip
    return {key: np.float32(values) for key, values in (given | changed).items()}


def lowered(
    layer: dict[str, Any], statistics: Arrays, *, bias: bool = True, before: str = "dense"
) -> tuple[Imported, Any, Any]:
    """One dense layer with such a normalisation behind it, and its kernel and bias."""
    generator = np.random.default_rng(6)
    kernel = generator.integers(-32, 32, (48, UNITS)).astype(np.float32) / 32
    own = {"kernel": kernel} | ({"bias": kernel[0].copy()} if bias else {})
    dense = {
        "name": "dense", "units": UNITS, "use_bias": bias, "kernel_quantizer": bits(),
        "bias_quantizer": bits(),
    }  # fmt: skip
    kinds = {
        "codes": activation("codes", bits(8, 1)),
        "dense": {"class_name": "QDense", "config": dense},
        "latent": activation("latent", bits(9, 4)),
    }
    start = {"class_name": "InputLayer", "config": {"name": "image", "batch_shape": [None, 48]}}
    chain = [start]
    for name, entry in kinds.items():
        chain += [entry, layer] if name == before else [entry]
    content = {"class_name": "Sequential", "config": {"name": "model", "layers": chain}}
    stored = StoredModel(model_of(content, "file"), {("dense",): own, ("bn",): statistics})
    return lower_model(stored, ImportChoice(), "file", "model"), kernel, own.get("bias", 0)


@pytest.mark.parametrize("bias", [True, False])
def test_words_are_those_of_the_arithmetic(bias: bool) -> None:
    statistics = arrays()
    found, kernel, own = lowered(normalisation(), statistics, bias=bias)
    factor = np.float64(statistics["gamma"]) / np.sqrt(statistics["moving_variance"] + 0.25)
    factor = np.clip(np.rint(factor * 4), -8, 7) / 4
    assert factor.tolist() == [1, -0.5, 0.75, 0.5]
    codes = np.random.default_rng(7).integers(-128, 128, (3000, 48))
    sums = (codes / 64) @ kernel.astype(np.float64) + own
    exact = (sums - statistics["moving_mean"]) * factor + statistics["beta"]
    expected = np.clip(np.rint(exact * 16), -256, 255)
    assert np.array_equal(encode(Encoder(found.network, found.weights), codes), expected)
    (layer,) = found.network.layers
    assert str(layer.weight) == "fixed<8,1>"  # -32..31 times -2..4 quarters
    for key in statistics:
        changed = lowered(normalisation(), statistics | {key: statistics[key] * 2 + 0.5})[0]
        words = encode(Encoder(changed.network, changed.weights), codes)
        assert not np.array_equal(words, expected), key


@pytest.mark.parametrize(
    ("layer", "statistics", "message"),
    [
        (
            {"class_name": "BatchNormalization", "config": {"name": "bn", "epsilon": 0.25}},
            arrays(),
            "'bn': factors from -0.5 to 1 that are not quantised.*allowed is QConv2DBatchnorm or",
        ),
        (normalisation(inverse_quantizer=None), arrays(), "factors from -0.5 to 1 that are not"),
        (normalisation(beta_quantizer=None), arrays(), "beta from -0.28125 to 0.5 that are not"),
        (normalisation(mean_quantizer=None), arrays(), "mean from -0.375 to 1 that are not"),
        (normalisation(gamma_quantizer=bits()), arrays(), "gamma_quantizer=.*, allowed is None"),
        (normalisation(axis=[2]), arrays(), r"axis=\[2\], allowed is -1"),
        (
            normalisation(inverse_quantizer=bits(16, 0)),
            arrays(gamma=[0.7, 0.7001, 0.3, 0.9]),
            r"'dense': kernel: with the batch normalisation behind it .*\d+ bits, allowed are 1 to",
        ),
        (
            normalisation(),
            arrays(gamma=[0.125, 1, 1, 1]),
            "'bn': inverse: 1 of 4 numbers .* 0.125 among them",
        ),
        (normalisation(), {"gamma": np.ones(4)}, "no array beta"),
        (normalisation(), arrays(beta=[0.0, 0.0]), r"beta has shape \(2,\), expected \(4,\)"),
    ],
)  # fmt: skip
def test_what_has_no_integers_is_refused(
    layer: dict[str, Any], statistics: Arrays, message: str
) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        lowered(layer, statistics)
    assert str(caught.value).startswith("file: layer ") and str(caught.value).isprintable()


@pytest.mark.parametrize("before", ["codes", "latent"])
def test_a_normalisation_of_codes_is_refused(before: str) -> None:
    with pytest.raises(BadInput, match=r"'bn' \(QBatchNormalization\): a batch normalisation of"):
        lowered(normalisation(), arrays(), before=before)
