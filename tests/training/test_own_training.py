"""A model and a loss of the user: refused before anything is done, or trained to words of RTL."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256
from asicae.network.description import Network
from asicae.readout.conversion import save
from asicae.runs.job import Job
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.support.command_line import call
from tests.support.pages import commands, section, write_files

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.concentrator.links import mask_of
from asicae.training.decoder import build_decoder
from asicae.training.encoder_maker import EncoderMaker
from asicae.training.own_loss import own_loss
from asicae.training.own_model import network_of_own
from asicae.training.trained import Trained

PAGE = section("training.md", "A model and a loss of your own")
SETTINGS = """
links = [5]
validation_events = 100
test_events = 200
verify_events = 100
allow_worse_than_mean = true
dead_cells = 0
[train]
epochs = 2
hidden = [16]
"""
MISTAKES = """
import keras
import qkeras
import tensorflow as tf
from mine import build


def six(shape, latents):
    return build(shape, 6)


def fewer(shape, latents):
    return build(shape, latents - 4)


def other_image(shape, latents):
    return build((4, 4, 3), latents)


def image_out(shape, latents):
    image = keras.Input(shape)
    return keras.Model(image, qkeras.QActivation("quantized_relu(9,1)")(image))


def nothing(shape, latents):
    return None


def soft(shape, latents):
    image = keras.Input(shape)
    values = keras.layers.Dense(latents, name="plain")(keras.layers.Flatten()(image))
    return keras.Model(image, keras.layers.Softmax(name="soft")(values))


def bits():
    return qkeras.quantized_bits(5, 0, alpha=1)


def values_of(image, layer):
    values = layer(2, 3, strides=2, padding="same", kernel_quantizer=bits(), bias_quantizer=bits())
    return qkeras.QActivation(qkeras.quantized_relu(6, 1))(values(image))


def latents_of(image, values, latents):
    values = keras.layers.Flatten()(values)
    values = qkeras.QDense(latents, kernel_quantizer=bits(), bias_quantizer=bits())(values)
    return keras.Model(image, qkeras.QActivation(qkeras.quantized_relu(9, 1))(values))


def nested(shape, latents):
    image, inner = keras.Input(shape), keras.Input(shape)
    block = keras.Model(inner, values_of(inner, qkeras.QConv2D), name="block")
    return latents_of(image, block(image), latents)


def folded(shape, latents):
    image = keras.Input(shape)
    return latents_of(image, values_of(image, qkeras.QConv2DBatchnorm), latents)


def behind(shape, latents):
    def of():
        return qkeras.quantized_bits(8, 2, alpha=1)

    def layer(*given, **named):
        named_normalised = qkeras.QBatchNormalization(
            inverse_quantizer=of(),
            beta_quantizer=of(),
            mean_quantizer=of(),
            gamma_quantizer=None,
            variance_quantizer=None,
        )
        convolution = qkeras.QConv2D(*given, **named)
        return lambda image: named_normalised(convolution(image))

    image = keras.Input(shape)
    return latents_of(image, values_of(image, layer), latents)


def mean(target, decoded):
    return tf.reduce_mean(tf.abs(target - decoded))


def whole(target, decoded):
    return tf.cast(tf.reduce_sum(tf.abs(target - decoded), axis=-1), tf.int32)


def blind(target, decoded):
    return tf.reduce_sum(target, axis=-1)


def endless(target, decoded):
    return tf.reduce_sum(decoded / (target - target), axis=-1)


def in_python(target, decoded):
    def sums(one, other):
        return tf.reduce_sum(tf.abs(one - other), axis=-1)

    return tf.py_function(sums, (target, decoded), tf.float32)


def by_name(target, decoded):
    return target.no_such_thing
"""


@pytest.fixture
def there(own_folder: Path) -> Path:
    """A working folder with the files of the page, and with some that are wrong."""
    write_files(PAGE, own_folder)
    for name, text in (("mistakes.py", MISTAKES), ("my.toml", SETTINGS)):
        (own_folder / name).write_text(text, encoding="utf-8")
    return own_folder


@pytest.mark.build
@pytest.mark.slow
def test_the_page_holds_literally_from_functions_to_words_of_rtl(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(simulate(SourceSettings(events=900, seed=5)), there / "readouts.npz")
    train, verify = commands(PAGE)
    assert call(*train, "--settings", "my.toml") == 0
    assert call(*verify) == 0
    assert re.search(
        r"[1-9]\d* latents and .* compared with golden, 0 differ", capsys.readouterr().out
    )
    job = Job.open(there / "RUN")
    network = job.network
    assert network.name == "mine-build" and network.latents == 16
    assert [plan.layer.output.width for plan in network.plans] == [6, 9]
    assert job.folder.metrics()["exact.qkeras_vs_golden.mismatches"] == 0
    # Which code it was is on record, and another one is another training.
    for name in ("train", "evaluate"):
        record = json.loads((there / "RUN" / "stages" / f"{name}.json").read_text())
        content = sha256(there / "mine.py")
        assert record["inputs"] == {"mine:build": content, "mine:misplaced": content}
    (stage,) = [stage for stage in job.stages if stage.name == "train"]
    key = job.folder._key(stage, job.view)
    (there / "mine.py").rename(there / "gone.py")
    assert job.folder._key(stage, job.view) == key
    (there / "mine.py").write_text((there / "gone.py").read_text() + "\n")
    assert job.folder._key(stage, job.view) != key


def test_a_model_is_the_network_that_it_lowers_to(there: Path) -> None:
    asked = Network.preset("econ-t")
    found = network_of_own("mine:build", asked)
    assert found == network_of_own("mine:build", asked)
    assert (found.arrangement, found.latents) == ("8x8", 16)
    assert network_of_own("mistakes:six", asked).latents == 6


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other_image", "input of shape (None, 4, 4, 3), allowed is (None, 8, 8, 1)"),
        ("image_out", "output of shape (None, 8, 8, 1), allowed is one vector of latents"),
        ("nothing", "returned None, allowed is a Keras model"),
        ("soft", "'plain'"),
        ("behind", "gives another network with other weights, which cannot be trained"),
        ("fewer", "gives 12 latents where 16 are asked for, and another network where 12 are"),
    ],
)
def test_a_model_that_cannot_be_is_refused(there: Path, name: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        network_of_own(f"mistakes:{name}", Network.preset("econ-t"))
    line = str(refused.value)
    assert line.startswith(f"mistakes:{name}: ") and words in line and "\n" not in line


@pytest.mark.parametrize("name", ["nested", "folded"])
def test_a_model_comes_back_with_what_it_learned(there: Path, name: str) -> None:
    network = network_of_own(f"mistakes:{name}", Network.preset("econ-t"))
    maker = EncoderMaker(network, f"mistakes:{name}")
    encoder, keep = maker.build(1), mask_of(9, network)
    for number, variable in enumerate(encoder.trainable_variables):
        variable.assign(np.asarray(variable) + 0.01 * (number + 1))
    decoder = build_decoder(network, (8,), 1)
    trained = Trained(5, encoder, decoder, maker.lower(encoder, keep), (), 0)
    trained.save(there, "5links")
    back = Trained.load(there, "5links", network, 5, f"mistakes:{name}")
    for one, other in zip(encoder.get_weights(), back.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mean", "returned float32[] for 8 events, allowed is a number for each, float32[8]"),
        ("whole", "returned int32[8] for 8 events"),
        ("blind", "no gradient for what was decoded"),
        ("endless", "values that are not finite"),
        ("in_python", "does not compile"),
        ("by_name", "raised AttributeError"),
    ],
)
def test_a_loss_that_cannot_be_is_refused(there: Path, name: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        own_loss(f"mistakes:{name}")
    line = str(refused.value)
    assert line.startswith(f"mistakes:{name}: ") and words in line and "\n" not in line


def test_a_loss_is_that_of_the_function(there: Path) -> None:
    images = np.eye(48, dtype=np.float32)[:3]
    found = own_loss("mine:misplaced")(images, images[[0, 2, 2]])
    np.testing.assert_array_equal(np.asarray(found), [0, 1, 0])


def test_both_are_looked_at_before_anything_is_made(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(simulate(SourceSettings(events=900, seed=5)), there / "readouts.npz")
    for words, told in (
        (("--model", "mistakes:soft"), "mistakes:soft: "),
        (("--loss", "mistakes:blind"), "mistakes:blind: no gradient"),
        (("--loss", "mine:none"), "mine:none: mine.py has no 'none'"),
        (("--model", "mine"), "my.toml: train.model: found 'mine', allowed is module:function"),
    ):
        assert call("train", "readouts.npz", "-o", "RUN", "-s", "my.toml", *words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert told in line
        assert not (there / "RUN").exists()
