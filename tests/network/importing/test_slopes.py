"""Slopes below zero: exact, or refused with the reason."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asicae.foundation.errors import BadInput
from asicae.network.importing.importer import import_model

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from tests.network.importing.test_weightless import activation, chained, model
from tests.support.qkeras_models import agrees, convolution, dense, fill, keras, qkeras

layers = keras.layers
SIGNED = "quantized_bits(8,1)"
Build = Callable[[], Any]
Outputs = list[tuple[str, str]]


def in_the_layer() -> Any:
    """The quantiser is the layer's own activation."""
    image = keras.Input((48,))
    own = qkeras.quantized_relu(5, 1, negative_slope=0.5)
    x = dense(12, activation=own, name="one")(activation(SIGNED)(image))
    return fill(keras.Model(image, activation("quantized_bits(9,4)")(dense(6)(x))), 3)


def of_images() -> Any:
    """Behind the largest of sums that nothing has rounded, and behind a sum of nodes."""
    image = keras.Input((8, 8, 1))
    codes = activation("quantized_bits(6,1)")(image)
    x = layers.MaxPooling2D(2)(convolution(3, 3, strides=2, padding="same", name="conv")(codes))
    x = activation("quantized_relu(6,1,0,0.125)", name="leak")(x)
    y = activation("quantized_bits(6,1)")(convolution(3, 1, strides=4, name="side")(codes))
    x = layers.LeakyReLU(0.25, name="of_sums")(layers.Add(name="sums")([x, y]))
    x = dense(6, name="last")(layers.Flatten()(x))
    return fill(keras.Model(image, activation("quantized_bits(9,4)")(x)), 5)


def shared_before(slope: Any) -> Any:
    """Another layer takes the values without a slope."""
    image = keras.Input((48,))
    x = dense(12, name="one")(activation(SIGNED)(image))
    x = layers.Concatenate()([slope(x), activation("quantized_bits(8,2)")(x)])
    return fill(keras.Model(image, activation("quantized_bits(9,4)")(dense(6)(x))), 3)


EXACT: dict[str, tuple[Build, Outputs]] = {
    "a quantiser with a slope behind sums": (
        lambda: model(activation(SIGNED), activation("quantized_relu(6,1,0,0.25)", name="leak")),
        [("dense", "fixed<13,2>"), ("leaky_relu", "fixed<6,2>"), ("dense", "fixed<9,5>")],
    ),
    "the smallest slope of its bits": (
        lambda: model(activation(SIGNED), activation("quantized_relu(4,2,0,0.125)", name="leak")),
        [("dense", "fixed<14,3>"), ("leaky_relu", "fixed<4,3>"), ("dense", "fixed<9,5>")],
    ),
    "the quantiser of the layer itself": (
        in_the_layer,
        [("dense", "fixed<13,2>"), ("leaky_relu", "fixed<5,2>"), ("dense", "fixed<9,5>")],
    ),
    "a layer between sums and their quantiser": (
        lambda: model(
            activation(SIGNED),
            chained(layers.LeakyReLU(0.125, name="leak"), activation("quantized_bits(7,1,1)")),
        ),
        [
            ("dense", "fixed<16,5>"),
            ("leaky_relu", "fixed<7,2,RND_CONV,SAT_SYM>"),
            ("dense", "fixed<9,5>"),
        ],
    ),
    "one behind a quantiser, which keeps all bits": (
        lambda: model(
            activation(SIGNED),
            chained(activation(SIGNED), layers.ReLU(negative_slope=0.5, name="leak")),
        ),
        [("dense", "fixed<8,2>"), ("leaky_relu", "fixed<9,2>"), ("dense", "fixed<9,5>")],
    ),
    "a quantiser with a slope behind a quantiser": (
        lambda: model(
            activation(SIGNED),
            chained(activation(SIGNED), activation("quantized_relu(5,1,0,0.25)", name="leak")),
        ),
        [("dense", "fixed<8,2>"), ("leaky_relu", "fixed<5,2>"), ("dense", "fixed<9,5>")],
    ),
    "images, pools and sums": (
        of_images,
        [
            ("conv2d", "fixed<11,2>"),
            ("max_pool", ""),
            ("leaky_relu", "fixed<6,2>"),
            ("conv2d", "fixed<6,2>"),
            ("add", "fixed<7,3>"),
            ("leaky_relu", "fixed<9,3>"),
            ("dense", "fixed<9,5>"),
        ],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_it_is_exact_in_every_word(name: str, tmp_path: Path) -> None:
    build, outputs = EXACT[name]
    made = build()
    made.save(tmp_path / "model.keras")
    found = import_model(tmp_path / "model.keras")
    assert [
        (layer.kind, str(getattr(layer, "output", ""))) for layer in found.network.layers
    ] == outputs
    agrees(made, found, seed=4)
    # A slope half as steep is another function, and the comparison sees it.
    content = found.network.model_dump(mode="json")
    leak = next(layer for layer in content["layers"] if layer["kind"] == "leaky_relu")
    leak["negative_slope"] /= 2
    wrong = replace(found, network=found.network.model_validate(content))
    with pytest.raises(AssertionError):
        agrees(made, wrong, seed=4)


def between(*chain: Any) -> Build:
    return lambda: model(activation(SIGNED), chained(*chain))


REFUSED: dict[str, tuple[Build, str]] = {
    "no power of two": (
        between(layers.LeakyReLU(0.3, name="leak"), activation(SIGNED)),
        "'leak' (LeakyReLU): negative_slope=0.3, allowed are powers of two from 2**-15 to 0.5",
    ),
    "steeper than the values": (
        between(activation(SIGNED), layers.ReLU(negative_slope=2.0, name="leak")),
        "'leak' (ReLU): negative_slope=2.0, allowed are powers of two",
    ),
    "a quantiser of fewer bits than the slope": (
        between(activation("quantized_relu(4,2,0,0.0625)", name="leak")),
        "negative_slope=0.0625, allowed is 0 or a power of two from 2**-3 to 0.5",
    ),
    "a slope and a threshold": (
        between(activation(SIGNED), layers.ReLU(negative_slope=0.5, threshold=1.0, name="leak")),
        "'leak' (ReLU): threshold=1.0, allowed is None",
    ),
    "nothing rounds behind it": (
        between(layers.LeakyReLU(0.5, name="leak")),
        "'leak' (LeakyReLU): no quantised activation behind it, and it takes sums that are not",
    ),
    "more bits than there are": (
        between(layers.LeakyReLU(0.125, name="leak"), activation("quantized_bits(8,2)")),
        "'one' (QDense): a leaky ReLU behind it, and of fixed<8,2> 17 bits, allowed are 1 to 16",
    ),
    "a ReLU in front": (
        between(layers.ReLU(), activation("quantized_relu(6,1,0,0.25)", name="leak")),
        "'leak' (QActivation): a ReLU in front of it",
    ),
    "a ReLU behind": (
        between(activation("quantized_relu(6,1,0,0.25)", name="leak"), layers.ReLU(name="relu")),
        "'relu' (ReLU): a ReLU behind the slope of 'leak'",
    ),
    "values that QKeras cuts": (
        between(activation("quantized_bits(8,3)"), activation("quantized_relu(6,1,0,0.25)")),
        "values of fixed<8,4>, allowed are none below -2, where QKeras cuts them",
    ),
    "an input without a type": (
        lambda: model(activation("quantized_relu(6,1,0,0.25)", name="leak"), activation(SIGNED)),
        "'leak' (QActivation): values of an input that the model does not quantise",
    ),
    "sums that another layer takes": (
        lambda: shared_before(activation("quantized_relu(6,1,0,0.25)", name="leak")),
        "sums that other layers take without it",
    ),
    "a quantiser of weights": (
        lambda: model(
            activation(SIGNED),
            chained(
                activation(SIGNED),
                dense(
                    4, kernel_quantizer=qkeras.quantized_relu(6, 1, negative_slope=0.25), name="own"
                ),
                activation(SIGNED),
            ),
        ),
        "'own': kernel_quantizer: quantized_relu with negative_slope=0.25, allowed is 0",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_a_line(name: str, tmp_path: Path) -> None:
    build, reason = REFUSED[name]
    build().save(tmp_path / "model.keras")
    with pytest.raises(BadInput, match=re.escape(reason)) as refusal:
        import_model(tmp_path / "model.keras")
    assert "\n" not in str(refusal.value)


def test_a_slope_may_stand_before_an_unsigned_quantiser(tmp_path: Path) -> None:
    """What is below zero becomes zero all the same."""
    made = model(
        activation(SIGNED),
        chained(
            activation("quantized_bits(8,2)"),
            layers.LeakyReLU(0.25, name="leak"),
            activation("quantized_relu(6,2)"),
        ),
    )
    made.save(tmp_path / "model.keras")
    agrees(made, import_model(tmp_path / "model.keras"), seed=6)
