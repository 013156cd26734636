"""QKeras models as users build them, for the tests of the import; needs the training extra.

    python -m tests.support.qkeras_models tests/fixtures/qkeras_v3

writes the committed files that the fuzzing starts from.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint
from asicae.network.golden import encode
from asicae.network.importing.importer import Imported
from asicae.training.backend import keras, qkeras

layers = keras.layers
EVENTS = 20_000


@keras.saving.register_keras_serializable(package="Custom")
class keras_pad(layers.Layer):  # noqa: N801  the name that public conditional autoencoders use
    """Zeros below and right of the image."""

    def call(self, x: Any) -> Any:
        return keras.ops.pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]])


def bits(width: int = 6, integer: int = 0, **options: Any) -> Any:
    return qkeras.quantized_bits(width, integer, **({"alpha": 1} | options))


def convolution(filters: int, kernel: Any, **options: Any) -> Any:
    given = {"kernel_quantizer": bits(), "bias_quantizer": bits()} | options
    return qkeras.QConv2D(filters, kernel, **given)


def dense(units: int, **options: Any) -> Any:
    given = {"kernel_quantizer": bits(), "bias_quantizer": bits()} | options
    return qkeras.QDense(units, **given)


def encoder(pad: Any = None) -> Any:
    """Conditional style: signed input, no ReLU, padded below and right, signed latents."""
    image = keras.Input((8, 8, 1), name="Wafer")
    x = qkeras.QActivation(qkeras.quantized_bits(8, 1), name="input_quantization")(image)
    x = (pad or keras_pad())(x)
    x = convolution(8, 3, strides=2, padding="valid", name="conv2d")(x)
    x = qkeras.QActivation("quantized_bits(8,1)", name="act")(x)
    x = layers.Flatten()(x)
    x = dense(16, name="encoder_dense")(x)
    latent = qkeras.QActivation(qkeras.quantized_bits(9, 1), name="latent_quantization")(x)
    return keras.Model(image, latent, name="encoder")


def autoencoder() -> Any:
    """The same encoder as a nested model, with a decoder."""
    image, condition = keras.Input((8, 8, 1), name="image"), keras.Input((8,), name="cond")
    code = keras.Input((24,), name="code")
    x = layers.Dense(128, activation="relu")(code)
    x = layers.Reshape((4, 4, 8))(x)
    x = layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid")(x)
    decoder = keras.Model(code, x, name="decoder")
    joined = layers.Concatenate()([encoder()(image), condition])
    return keras.Model([image, condition], decoder(joined), name="autoencoder")


def linear() -> Any:
    """quantized_linear everywhere, with scales; dense layers on the 48 cells."""
    quantiser = qkeras.quantized_linear
    return keras.Sequential(
        [
            keras.Input(batch_shape=(2000, 48)),  # this quantiser asks for a known shape
            qkeras.QActivation(quantiser(9, 1, keep_negative=False)),
            dense(20, kernel_quantizer=quantiser(5, 0, alpha=0.5), bias_quantizer=quantiser(4, 1)),
            qkeras.QActivation(quantiser(8, 1, alpha=2.0)),
            dense(
                6,
                kernel_quantizer=quantiser(1, 1, alpha=0.25),
                bias_quantizer=bits(alpha=None),
                activation=qkeras.quantized_relu(7, 2),
            ),
        ],
        name="linear",
    )


def folded() -> Any:
    """Batch normalisation inside a convolution and a dense layer, of both ways to train it."""
    image = keras.Input((8, 8, 1))
    x = qkeras.QActivation("quantized_bits(8,1)")(image)
    given = {"kernel_quantizer": bits(), "bias_quantizer": bits(8, 2)}
    x = qkeras.QConv2DBatchnorm(4, 3, strides=2, ema_freeze_delay=9, name="cbn", **given)(x)
    x = layers.Flatten()(qkeras.QActivation("quantized_relu(8,2)")(x))
    given |= {"use_bias": False, "folding_mode": "batch_stats_folding"}
    x = qkeras.QDenseBatchnorm(6, name="dbn", **given)(x)
    return keras.Model(image, qkeras.QActivation("quantized_bits(9,3)")(x))


def normalised() -> Any:
    """Batch normalisation as layers of their own, with quantised factors."""
    power = qkeras.quantized_po2
    image = keras.Input((8, 8, 1))
    x = qkeras.QActivation("quantized_bits(8,1)")(image)
    x = normalisation(bits(4, 1), bits(6, 1), bits(5, 0))(convolution(4, 3, strides=2)(x))
    x = layers.Flatten()(qkeras.QActivation("quantized_relu(8,2)")(x))
    x = normalisation(power(3, 2.0), bits(6, 1), power(3, 2.0))(dense(6, use_bias=False)(x))
    return keras.Model(image, qkeras.QActivation("quantized_bits(9,3)")(x))


def normalisation(inverse: Any, beta: Any, mean: Any) -> Any:
    return qkeras.QBatchNormalization(
        inverse_quantizer=inverse, beta_quantizer=beta, mean_quantizer=mean,
        gamma_quantizer=None, variance_quantizer=None,
    )  # fmt: skip


def graph() -> Any:
    """Branches on the codes and on a layer, that meet in sums and side by side."""
    image = keras.Input((8, 8, 1), name="image")
    codes = qkeras.QActivation("quantized_bits(8,1)", name="codes")(image)
    x = convolution(4, 3, strides=2, padding="same", name="conv")(codes)
    conv = qkeras.QActivation("quantized_relu(8,1)", name="conv_act")(x)
    x = layers.ZeroPadding2D(((1, 1), (1, 1)), name="pad")(conv)
    x = depthwise(3, name="by_channel")(x)
    x = qkeras.QActivation("quantized_bits(7,1)", name="by_channel_act")(x)
    x = layers.Add(name="skip")([conv, x])
    skip = qkeras.QActivation("quantized_bits(8,2)", name="skip_act")(x)
    largest = layers.MaxPooling2D(3, strides=2, padding="same", name="largest")(codes)
    x = layers.Concatenate(name="side_by_side")([skip, largest])
    x = layers.AveragePooling2D(2, name="mean")(x)
    x = qkeras.QActivation("quantized_bits(8,2)", name="mean_act")(x)
    row = dense(6, name="beside")(layers.Flatten(name="cells")(codes))
    row = qkeras.QActivation("quantized_relu(6,2)", name="beside_act")(row)
    x = layers.Concatenate(name="rows")([layers.Flatten(name="row")(x), row])
    x = qkeras.QActivation("quantized_bits(9,3)", name="latent")(dense(8, name="last")(x))
    return keras.Model(image, x, name="graph")


def pooled() -> Any:
    """Quantisers and ReLU behind what only chooses, means of whole images, exact sums."""
    image = keras.Input((4, 4, 3), name="image")
    codes = qkeras.QActivation("quantized_bits(7,0)")(image)
    x = layers.Concatenate()([convolution(3, 2, name="first")(codes), convolution(2, 2)(codes)])
    x = layers.MaxPooling2D((2, 1), strides=1)(x)
    x = qkeras.QActivation("quantized_bits(7,2)")(x)
    a = qkeras.QDepthwiseConv2D(
        (2, 2), depth_multiplier=2, strides=(2, 2), padding="same", use_bias=False,
        depthwise_quantizer=bits(), activation=qkeras.quantized_relu(5, 2),
    )(codes)  # fmt: skip
    a = layers.AveragePooling2D((1, 2), strides=(1, 1))(a)
    means = qkeras.QAveragePooling2D(
        2, average_quantizer=bits(4, 0), activation=qkeras.quantized_bits(6, 2)
    )(codes)
    summed = layers.Add()([means, layers.MaxPooling2D(2)(codes)])
    rows = [layers.GlobalMaxPooling2D()(x), layers.Flatten()(a), layers.Flatten()(summed)]
    rows.append(layers.GlobalAveragePooling2D(keepdims=False)(codes))
    x = dense(8, name="last")(layers.Concatenate(axis=1)(rows))
    return keras.Model(image, qkeras.QActivation("quantized_bits(9,4)")(layers.ReLU()(x)))


def depthwise(kernel: Any, **options: Any) -> Any:
    given = {"depthwise_quantizer": bits(), "bias_quantizer": bits()} | options
    return qkeras.QDepthwiseConv2D(kernel, **given)


def fill(model: Any, seed: int) -> Any:
    """Weights off the grid and beyond the range, so that every quantiser has work to do."""
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            fill(layer, seed)
        elif layer.weights:
            spread = 0.35 if isinstance(layer, qkeras.QDense) else 1.1
            drawn = [generator.normal(0, spread, w.shape) for w in layer.weights]
            for place, weight in enumerate(layer.weights):
                if weight.name == "moving_variance":
                    drawn[place] = np.exp(drawn[place])
            layer.set_weights(drawn)
    return model


def saved(model: Any, folder: Path, ending: str) -> Path:
    """A model in one of the formats, as a file called ``model``."""
    path = folder / f"model{ending}"
    if ending == ".json":
        path.write_text(model.to_json())
        model.save_weights(folder / "model.weights.h5")
    else:
        model.save(path)
    return path


def agrees(model: Any, found: Imported, seed: int, drawn: FixedPoint | None = None) -> None:
    """`predict` and golden on 20,000 codes of the input type, negative ones included.

    ``drawn``: another type with the same steps to draw the codes from; golden gets what it takes.
    """
    own = found.network.input
    kind = drawn or own
    generator = np.random.default_rng(seed)
    codes = generator.integers(kind.raw_min, kind.raw_max + 1, (EVENTS, 48))
    codes *= generator.random(codes.shape) < generator.random((EVENTS, 1))
    values = codes.astype(np.float32) * np.float32(kind.lsb)
    pictures = found.network.image(values).reshape(-1, *model.input_shape[1:])
    outputs = model.predict(pictures, batch_size=2000, verbose=0).astype(np.float64)
    assert own.fraction == kind.fraction
    expected = encode(Encoder(found.network, found.weights), np.clip(codes, *own.limits))
    assert np.array_equal(outputs * 2.0**found.network.latent_type.fraction, expected)
    assert np.count_nonzero(expected) > 0.2 * expected.size


if __name__ == "__main__":
    fill(encoder(), 1).save(Path(sys.argv[1]) / "conditional.keras")
    fill(graph(), 9).save(Path(sys.argv[1]) / "graph.keras")
