"""The largest of windows with a gradient that repeats: XLA has none such for TensorFlow's own."""

from functools import partial, reduce
from typing import Any

from asicae.network.ops.max_pool import MaxPool
from asicae.network.ops.window import Window
from asicae.training.backend import keras, tf


def repeat_gradients(model: Any) -> Any:
    """The same model, in which every MaxPooling2D gives the same numbers another way.

    A model file says nothing of it. Of equal numbers in a window the first takes the gradient.
    """
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            repeat_gradients(layer)
        elif type(layer) is keras.layers.MaxPooling2D and layer.data_format == "channels_last":
            geometry = MaxPool.sized(
                pool=layer.pool_size, strides=layer.strides, padding=layer.padding
            )
            layer.call = partial(_largest, geometry)
    return model


def _largest(layer: MaxPool, inputs: Any) -> Any:
    """The largest of all numbers at the same place of their windows, place by place."""
    window: Window = layer.window(tuple(inputs.shape[1:]))
    padded = tf.pad(inputs, [(0, 0), *window.pads, (0, 0)], constant_values=tf.float32.min)
    rows, columns, _ = window.outputs
    down, right = window.strides
    ends = ((rows - 1) * down + 1, (columns - 1) * right + 1)
    parts = [
        padded[:, y : y + ends[0] : down, x : x + ends[1] : right]
        for y in range(window.kernel[0])
        for x in range(window.kernel[1])
    ]
    return reduce(tf.maximum, parts)
