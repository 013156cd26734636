"""The encoder of a ``Network`` in QKeras: quantised forward, straight-through backward."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.graph import INPUT
from asicae.network.ops.base import Rounded
from asicae.network.ops.depthwise_conv2d import DepthwiseConv2D
from asicae.network.plan import FLOAT32_EXACT_BITS, LayerPlan, WeightedPlan
from asicae.training.backend import keras, qkeras
from asicae.training.pooling import repeat_gradients


def check_expressible(network: Network) -> None:
    """Refuse what QKeras cannot compute to the bit.

    Raises:
        BadInput: a kind of layer that QKeras lacks, an output that does not round half to even and
            saturate, one signed bit (which QKeras reads as +-1), an accumulator over 24 bits, a
            depthwise convolution with two strides (TensorFlow has one).
    """
    for plan in network.plans:
        where = f"network {network.name}, layer {plan.name}"
        if plan.kind not in BUILDERS:
            raise BadInput(f"{where}: QKeras has no {plan.kind}, allowed are {', '.join(BUILDERS)}")
        if isinstance(plan.layer, Rounded):
            _check_output(plan, where)
        for name, used in _types(plan):
            if used.signed and used.width == 1:
                raise BadInput(f"{where}: {name} {used}: one signed bit is +-1 in QKeras")
        if isinstance(plan.layer, DepthwiseConv2D) and len(set(plan.layer.strides)) > 1:
            raise BadInput(
                f"{where}: strides {plan.layer.strides}, TensorFlow has one for rows and columns"
            )
        if plan.accumulator_width > FLOAT32_EXACT_BITS:
            raise BadInput(
                f"{where}: accumulator of {plan.accumulator_width} bits, "
                f"float32 is exact up to {FLOAT32_EXACT_BITS}"
            )


def _check_output(plan: LayerPlan, where: str) -> None:
    kind = plan.output_type
    if kind.rounding is not Rounding.RND_CONV or kind.overflow not in (
        Overflow.SAT,
        Overflow.SAT_SYM,
    ):
        raise BadInput(f"{where}: output {kind}, QKeras has RND_CONV with SAT or SAT_SYM only")


def _types(plan: LayerPlan) -> list[tuple[str, FixedPoint]]:
    """What is quantised in a layer, by name."""
    found = [("output", plan.output_type)] if isinstance(plan.layer, Rounded) else []
    if isinstance(plan, WeightedPlan):
        return [("weight", plan.layer.weight), ("bias", plan.layer.bias), *found]
    return found


def build_encoder(network: Network, seed: int) -> Any:
    """A QKeras model from images to latents, with he-normal weights and zero biases.

    Input: float32[n,h,w,c] from ``images``. Output: float32[n,latents], exact multiples of the
    latent's LSB. Layers carry the names of the network's layers.

    Raises:
        BadInput: see ``check_expressible``.
    """
    check_expressible(network)
    image = keras.Input(network.cells.shape, name="image")
    values = {INPUT: image}
    starts = {plan.name: seed + place for place, plan in enumerate(network.weighted)}
    for plan in network.plans:
        seen = [values[operand.name] for operand in plan.operands]
        made = BUILDERS[plan.kind](plan, seen, starts.get(plan.name, seed))
        values[plan.name] = _rounded(plan, made) if isinstance(plan.layer, Rounded) else made
    latents = values[network.plans[-1].name]
    return repeat_gradients(keras.Model(image, latents, name=f"{network.identifier}_encoder"))


def _rounded(plan: LayerPlan, values: Any) -> Any:
    """Sums as the layer gives them on."""
    if plan.relu and plan.output_type.signed:
        values = keras.layers.Activation("relu", name=f"{plan.name}_relu")(values)
    return qkeras.QActivation(_activation(plan), name=f"{plan.name}_output")(values)


def images(network: Network, codes: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Codes [n,48] (AE order, raw) as values in the arrangement's image, float32[n,h,w,c]."""
    values = np.asarray(codes, dtype=np.float32) * np.float32(network.input.lsb)
    return np.asarray(network.image(values))


def _weights(plan: WeightedPlan, seed: int, kernel: str) -> dict[str, Any]:
    """Options of a QKeras layer that do not depend on its kind.

    ``kernel``: what it calls its kernel.
    """
    layer = plan.layer
    return {
        "name": plan.name,
        # Each quantiser belongs to one use: QKeras objects keep the scale of their last call.
        f"{kernel}_quantizer": _bits(layer.weight),
        "bias_quantizer": _bits(layer.bias),
        f"{kernel}_initializer": keras.initializers.HeNormal(seed=seed),
        "bias_initializer": "zeros",
        f"{kernel}_constraint": _range(layer.weight),
        "bias_constraint": _range(layer.bias),
    }


def _conv2d(plan: Any, seen: list[Any], seed: int) -> Any:
    (values,), layer = seen, plan.layer
    values, padding = _padded(layer, values)
    return qkeras.QConv2D(
        layer.filters,
        layer.kernel,
        strides=layer.strides,
        padding=padding,
        **_weights(plan, seed, "kernel"),
    )(values)


def _depthwise_conv2d(plan: Any, seen: list[Any], seed: int) -> Any:
    (values,), layer = seen, plan.layer
    values, padding = _padded(layer, values)
    return qkeras.QDepthwiseConv2D(
        layer.kernel,
        depth_multiplier=layer.multiplier,
        strides=layer.strides,
        padding=padding,
        **_weights(plan, seed, "depthwise"),
    )(values)


def _padded(layer: Any, values: Any) -> tuple[Any, str]:
    """What a window slides over, and TensorFlow's padding of it."""
    if isinstance(layer.padding, str):
        return values, layer.padding
    return keras.layers.ZeroPadding2D(layer.padding, name=f"{layer.name}_padding")(values), "valid"


def _dense(plan: Any, seen: list[Any], seed: int) -> Any:
    (values,), layer = seen, plan.layer
    if len(values.shape) > 2:
        values = keras.layers.Flatten(name=f"{layer.name}_input")(values)
    return qkeras.QDense(layer.units, **_weights(plan, seed, "kernel"))(values)


def _max_pool(plan: Any, seen: list[Any], seed: int) -> Any:
    del seed
    (values,), layer = seen, plan.layer
    return keras.layers.MaxPooling2D(
        layer.pool, strides=layer.strides, padding=layer.padding, name=layer.name
    )(values)


def _average_pool(plan: Any, seen: list[Any], seed: int) -> Any:
    del seed
    (values,), layer = seen, plan.layer
    return keras.layers.AveragePooling2D(layer.pool, strides=layer.strides, name=layer.name)(values)


def _add(plan: Any, seen: list[Any], seed: int) -> Any:
    del seed
    return keras.layers.Add(name=plan.name)(seen)


def _leaky_relu(plan: Any, seen: list[Any], seed: int) -> Any:
    del seed
    (values,), layer = seen, plan.layer
    return keras.layers.LeakyReLU(layer.negative_slope, name=layer.name)(values)


def _concatenate(plan: Any, seen: list[Any], seed: int) -> Any:
    del seed
    if plan.layer.flatten:
        seen = [
            keras.layers.Flatten(name=f"{plan.name}_input{place}")(values)
            for place, values in enumerate(seen)
        ]
    return keras.layers.Concatenate(name=plan.name)(seen)


BUILDERS: dict[str, Callable[[Any, list[Any], int], Any]] = {
    "conv2d": _conv2d,
    "dense": _dense,
    "depthwise_conv2d": _depthwise_conv2d,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "add": _add,
    "concatenate": _concatenate,
    "leaky_relu": _leaky_relu,
}
"""By kind, of a plan, the tensors that it sees and a seed of its weights: its sums, or the numbers
that it chooses."""


def _bits(kind: FixedPoint) -> Any:
    # Without alpha QKeras would scale a kernel by its data.
    return qkeras.quantized_bits(
        kind.width,
        kind.integer - int(kind.signed),
        symmetric=int(kind.overflow is Overflow.SAT_SYM),
        keep_negative=kind.signed,
        alpha=1,
    )


def _activation(plan: LayerPlan) -> Any:
    kind = plan.output_type
    if plan.relu and not kind.signed:
        return qkeras.quantized_relu(kind.width, kind.integer)
    return _bits(kind)


def _range(kind: FixedPoint) -> Any:
    return qkeras.qlayers.Clip(kind.raw_min * kind.lsb, kind.raw_max * kind.lsb)
