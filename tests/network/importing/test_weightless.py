"""Layers without weights, in every place and number: exact, or refused with the reason.

What is imported is compared with ``predict`` in every word; files are of qkeras-v3.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asicae.foundation.errors import BadInput
from asicae.network.fixed_point import FixedPoint
from asicae.network.importing.importer import ImportChoice, import_model

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from tests.support.qkeras_models import agrees, bits, convolution, dense, fill, keras, qkeras

layers = keras.layers
Layers = Callable[[Any], Any]


def activation(text: str, **options: Any) -> Any:
    return qkeras.QActivation(text, **options)


def chained(*chain: Any) -> Layers:
    def call(x: Any) -> Any:
        for layer in chain:
            x = layer(x)
        return x

    return call


def model(start: Layers, between: Layers, end: Layers | None = None) -> Any:
    """Two dense layers on 48 cells, with something before, between and behind them."""
    image = keras.Input((48,))
    x = dense(12, name="one")(start(image))
    x = dense(6, name="two")(between(x))
    x = (end or activation("quantized_bits(9,4)", name="latent"))(x)
    return fill(keras.Model(image, x, name="whole"), 3)


SIGNED, UNSIGNED = "quantized_bits(8,1)", "quantized_relu(8,1)"


def noises() -> tuple[Any, ...]:
    """All layers that change nothing, or nothing outside training."""
    return (
        layers.Dropout(0.4),
        layers.AlphaDropout(0.4),
        layers.GaussianDropout(0.4),
        layers.GaussianNoise(0.4),
        layers.ActivityRegularization(0.1, 0.1),
        layers.Identity(),
    )


def saved(made: Any, path: Path) -> Path:
    """The model in a file of the kind that ``path`` ends in."""
    if path.suffix == ".json":
        path.write_text(made.to_json())
        made.save_weights(path.with_suffix(".weights.h5"))
    else:
        made.save(path)
    return path


def shared(*, training: bool | None = None) -> Any:
    """One quantiser, one ReLU, one Dropout and one Flatten, each called twice on the way."""
    act, drop = activation("quantized_bits(8,2)", name="act"), layers.Dropout(0.4, name="drop")
    relu, flat = layers.ReLU(name="relu"), layers.Flatten(name="flat")
    image = keras.Input((48,))
    x = dense(12, name="one")(activation(SIGNED)(image))
    x = dense(10, name="two")(flat(drop(act(relu(x)))))
    x = flat(drop(act(x), training=training))
    x = activation("quantized_bits(9,4)", name="latent")(relu(dense(6, name="three")(x)))
    return fill(keras.Model(image, x, name="whole"), 3)


def shared_padding() -> Any:
    """A padding and a reshaping, called twice with images of different sizes."""
    pad, act = layers.ZeroPadding2D(((0, 1), (1, 0))), activation(UNSIGNED)
    image = keras.Input((8, 8, 1))
    x = act(convolution(4, 3, strides=2, name="one")(pad(activation(SIGNED)(image))))
    x = act(convolution(4, 2, name="two")(pad(x)))
    x = dense(6, name="three")(layers.Flatten()(x))
    return fill(keras.Model(image, activation("quantized_bits(9,4)")(x)), 3)


def variables() -> Any:
    """Quantisers that keep their noise factor in a variable, which Keras writes as a tensor."""
    image = keras.Input((48,))
    x = qkeras.QActivation(qkeras.quantized_relu(8, 1, use_variables=True))(image)
    x = dense(12, kernel_quantizer=bits(use_variables=True), name="one")(x)
    x = qkeras.QActivation(qkeras.quantized_bits(8, 2, use_variables=True))(x)
    x = dense(6, kernel_quantizer=qkeras.quantized_po2(4, 1.0, use_variables=True), name="two")(x)
    latent = activation(qkeras.quantized_relu(9, 4, use_variables=True))(x)
    found = fill(keras.Model(image, latent), 3)
    found(keras.ops.zeros((1, 48)))  # the first call makes the variables
    return found


# A model, the type of its input, the outputs and the ReLUs of its layers.
EXACT: dict[str, tuple[Callable[[], Any], str, list[tuple[str, bool]]]] = {
    "the second quantiser is a ReLU of the first": (
        lambda: model(
            activation(SIGNED),
            chained(activation(SIGNED), activation(UNSIGNED)),
            chained(activation("quantized_bits(9,4)"), activation("quantized_relu(8,4)")),
        ),
        "fixed<8,2>",
        [("fixed<8,2>", True), ("fixed<9,5>", True)],
    ),
    "the second quantiser is one of bits without sign": (
        lambda: model(
            activation(SIGNED),
            chained(
                activation("quantized_bits(8,2,1)"),
                activation("quantized_bits(9,3,keep_negative=0)"),
            ),
        ),
        "fixed<8,2>",
        [("fixed<8,3,RND_CONV,SAT_SYM>", True), ("fixed<9,5>", False)],
    ),
    "the second quantiser of the input is a ReLU": (
        lambda: model(chained(activation(SIGNED), activation(UNSIGNED)), activation(UNSIGNED)),
        "ufixed<7,1>",
        [("ufixed<8,1>", True), ("fixed<9,5>", False)],
    ),
    "a ReLU before the input's quantiser": (
        lambda: model(chained(layers.ReLU(), activation(SIGNED)), activation(UNSIGNED)),
        "ufixed<7,1>",
        [("ufixed<8,1>", True), ("fixed<9,5>", False)],
    ),
    "a ReLU behind the input's quantiser": (
        lambda: model(
            chained(activation("quantized_bits(8,1,1)"), layers.Activation("relu")),
            activation(UNSIGNED),
        ),
        "ufixed<7,1>",
        [("ufixed<8,1>", True), ("fixed<9,5>", False)],
    ),
    "a ReLU beside an input without sign": (
        lambda: model(
            chained(layers.ReLU(), activation(UNSIGNED), layers.ReLU()), activation(UNSIGNED)
        ),
        "ufixed<8,1>",
        [("ufixed<8,1>", True), ("fixed<9,5>", False)],
    ),
    "identities and noise everywhere": (
        lambda: model(
            chained(*noises(), activation(SIGNED)),
            chained(layers.Dropout(0.2), activation(UNSIGNED), *noises()),
        ),
        "fixed<8,2>",
        [("ufixed<8,1>", True), ("fixed<9,5>", False)],
    ),
    "layers without weights that are used twice": (
        shared,
        "fixed<8,2>",
        [("fixed<8,3>", True), ("fixed<8,3>", False), ("fixed<9,5>", True)],
    ),
    "paddings that are used twice": (
        shared_padding,
        "fixed<8,2>",
        [("ufixed<8,1>", True), ("ufixed<8,1>", True), ("fixed<9,5>", False)],
    ),
    "noise factors in variables": (
        variables,
        "ufixed<8,1>",
        [("fixed<8,3>", False), ("ufixed<9,4>", True)],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_it_is_exact_in_every_word(name: str, tmp_path: Path) -> None:
    build, kind, outputs = EXACT[name]
    made = build()
    endings = [".keras", ".json"]
    # Keras itself cannot write variables of quantisers into a whole HDF5 file.
    endings += [] if build is variables else [".h5"]
    networks = set()
    for ending in endings:
        found = import_model(saved(made, tmp_path / f"model{ending}"))
        networks.add(found.network.model_dump_json())
    assert len(networks) == 1
    assert str(found.network.input) == kind
    assert [(str(layer.output), layer.relu) for layer in found.network.layers] == outputs
    # Where the input has lost its sign, codes below zero go into the model all the same.
    same_steps = FixedPoint(found.network.input.width + 1, found.network.input.integer + 1)
    agrees(made, found, seed=4, drawn=same_steps)


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("ending", [".keras", ".h5", ".json"])
def test_a_bound_whose_effect_the_file_does_not_tell_is_refused(
    clip: bool, ending: str, tmp_path: Path
) -> None:
    """Two models that compute different words, and files that differ in nothing."""
    relu = qkeras.quantized_relu(8, 2, relu_upper_bound=1.0, is_quantized_clip=clip)
    made = model(activation(UNSIGNED), qkeras.QActivation(relu, name="bounded"))
    path = saved(made, tmp_path / f"model{ending}")
    with pytest.raises(BadInput, match=r"'bounded': activation: .*saturates at 1 or at 3\.98438"):
        import_model(path)
    if ending != ".json":
        return
    # Told by hand, it is exact or refused as what it is.
    told = f'"relu_upper_bound": 1.0, "is_quantized_clip": {json.dumps(clip)}'
    path.write_text(path.read_text().replace('"relu_upper_bound": 1.0', told))
    if clip:
        agrees(made, import_model(path), seed=5)
    else:
        with pytest.raises(BadInput, match=r"allowed is none below the largest value 3\.98"):
            import_model(path)


def test_noise_that_acts_in_use_is_refused(tmp_path: Path) -> None:
    shared(training=True).save(tmp_path / "model.keras")
    with pytest.raises(BadInput, match=r"layer 'drop' \(Dropout\): training=True"):
        import_model(tmp_path / "model.keras")
    inner = keras.Sequential([keras.Input((48,)), layers.Dropout(0.5, name="inner")], name="noise")
    for training in (True, False):
        between = chained(activation(SIGNED), lambda x, on=training: inner(x, training=on))
        made = model(between, activation(UNSIGNED))
        made.save(tmp_path / "model.keras")
        if training:
            with pytest.raises(BadInput, match=r"layer 'inner' \(Dropout\): training=True"):
                import_model(tmp_path / "model.keras")
        else:
            agrees(made, import_model(tmp_path / "model.keras"), seed=6)


def test_weights_that_are_used_twice_are_refused_only_on_the_way(tmp_path: Path) -> None:
    act, square = activation(SIGNED, name="act"), dense(48, name="square")
    image = keras.Input((48,))
    first = act(square(activation(SIGNED)(image)))
    second = act(square(first))
    latent = activation("quantized_bits(9,4)", name="latent")
    outputs = {"once": latent(dense(6)(first)), "twice": latent(dense(6)(second))}
    for name, output in outputs.items():
        made = fill(keras.Model(image, [output, second], name="whole"), 3)
        made.save(tmp_path / f"{name}.keras")
    once = fill(keras.Model(image, outputs["once"]), 3)
    agrees(once, import_model(tmp_path / "once.keras", ImportChoice(latent="latent")), seed=7)
    with pytest.raises(BadInput, match=r"'square' \(QDense\): weights that are used twice"):
        import_model(tmp_path / "twice.keras", ImportChoice(latent="latent"))
    with pytest.raises(BadInput, match="layer 'square' is called 2 times, so it does not say"):
        import_model(tmp_path / "twice.keras", ImportChoice(latent="square"))


def test_the_latents_are_the_call_that_is_the_output(tmp_path: Path) -> None:
    act = activation("quantized_bits(8,3)", name="act")
    made = model(chained(activation(SIGNED)), act, act)
    made.save(tmp_path / "model.keras")
    agrees(made, import_model(tmp_path / "model.keras", ImportChoice(latent="act")), seed=8)


def test_a_sign_that_the_model_drops_cannot_be_chosen(tmp_path: Path) -> None:
    made = model(layers.ReLU(), activation(UNSIGNED))
    made.save(tmp_path / "model.keras")
    unsigned = FixedPoint.parse("ufixed<8,1>")
    agrees(made, import_model(tmp_path / "model.keras", ImportChoice(input=unsigned)), seed=9)
    with pytest.raises(BadInput, match=r"a ReLU on the input leaves no sign, .* not fixed<8,2>"):
        import_model(tmp_path / "model.keras", ImportChoice(input=FixedPoint(8, 2)))


def test_an_encoder_of_nested_models_is_among_the_choices(tmp_path: Path) -> None:
    def block(name: str, units: int, size: int) -> Any:
        image = keras.Input((size,))
        return keras.Model(image, activation(SIGNED)(dense(units)(image)), name=name)

    image = keras.Input((48,))
    x = block("second", 6, 12)(block("first", 12, 48)(activation(SIGNED)(image)))
    made = fill(keras.Model(image, x, name="encoder"), 3)
    made.save(tmp_path / "model.keras")
    with pytest.raises(BadInput, match=r"'first', 'second'; .* --encoder NAME \('encoder' is all"):
        import_model(tmp_path / "model.keras")
    with pytest.raises(BadInput, match="0 models 'x', found are 'encoder', 'first', 'second'"):
        import_model(tmp_path / "model.keras", ImportChoice(encoder="x"))
    agrees(made, import_model(tmp_path / "model.keras", ImportChoice(encoder="encoder")), seed=10)
