"""The encoder of a ``Network`` in QKeras: quantised forward, straight-through backward."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.plan import FLOAT32_EXACT_BITS, LayerPlan, WeightedPlan
from asicae.training.backend import keras, qkeras


def check_expressible(network: Network) -> None:
    """Refuse what QKeras cannot compute to the bit.

    Raises:
        BadInput: a kind of layer that QKeras lacks, an output that does not round half to even and
            saturate, one signed bit (which QKeras reads as +-1), an accumulator over 24 bits.
    """
    for plan in network.plans:
        where = f"network {network.name}, layer {plan.name}"
        if plan.kind not in BUILDERS or not isinstance(plan, WeightedPlan):
            raise BadInput(f"{where}: QKeras has no {plan.kind}, allowed are {', '.join(BUILDERS)}")
        layer = plan.layer
        kind = layer.output
        if kind.rounding is not Rounding.RND_CONV or kind.overflow not in (
            Overflow.SAT,
            Overflow.SAT_SYM,
        ):
            raise BadInput(f"{where}: output {kind}, QKeras has RND_CONV with SAT or SAT_SYM only")
        for name, used in (("weight", layer.weight), ("bias", layer.bias), ("output", kind)):
            if used.signed and used.width == 1:
                raise BadInput(f"{where}: {name} {used}: one signed bit is +-1 in QKeras")
        if plan.accumulator_width > FLOAT32_EXACT_BITS:
            raise BadInput(
                f"{where}: accumulator of {plan.accumulator_width} bits, "
                f"float32 is exact up to {FLOAT32_EXACT_BITS}"
            )


def build_encoder(network: Network, seed: int) -> Any:
    """A QKeras model from images to latents, with he-normal weights and zero biases.

    Input: float32[n,h,w,c] from ``images``. Output: float32[n,latents], exact multiples of the
    latent's LSB. Layers carry the names of the network's layers.

    Raises:
        BadInput: see ``check_expressible``.
    """
    check_expressible(network)
    image = keras.Input(network.cells.shape, name="image")
    values = image
    for index, plan in enumerate(network.weighted):  # all that there are: a chain
        values = BUILDERS[plan.kind](plan.layer, _common(plan, seed + index), values)
        if plan.relu and plan.output_type.signed:
            values = keras.layers.Activation("relu", name=f"{plan.name}_relu")(values)
        values = qkeras.QActivation(_activation(plan), name=f"{plan.name}_output")(values)
    return keras.Model(image, values, name=f"{network.identifier}_encoder")


def images(network: Network, codes: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Codes [n,48] (AE order, raw) as values in the arrangement's image, float32[n,h,w,c]."""
    values = np.asarray(codes, dtype=np.float32) * np.float32(network.input.lsb)
    return np.asarray(network.image(values))


def _common(plan: WeightedPlan, seed: int) -> dict[str, Any]:
    """Options of a QKeras layer that do not depend on its kind."""
    layer = plan.layer
    return {
        "name": plan.name,
        # Each quantiser belongs to one use: QKeras objects keep the scale of their last call.
        "kernel_quantizer": _bits(layer.weight),
        "bias_quantizer": _bits(layer.bias),
        "kernel_initializer": keras.initializers.HeNormal(seed=seed),
        "bias_initializer": "zeros",
        "kernel_constraint": _range(layer.weight),
        "bias_constraint": _range(layer.bias),
    }


def _conv2d(layer: Conv2D, common: dict[str, Any], values: Any) -> Any:
    padding = layer.padding
    if not isinstance(padding, str):
        values = keras.layers.ZeroPadding2D(padding, name=f"{layer.name}_padding")(values)
        padding = "valid"
    return qkeras.QConv2D(
        layer.filters, layer.kernel, strides=layer.strides, padding=padding, **common
    )(values)


def _dense(layer: Dense, common: dict[str, Any], values: Any) -> Any:
    if len(values.shape) > 2:
        values = keras.layers.Flatten(name=f"{layer.name}_input")(values)
    return qkeras.QDense(layer.units, **common)(values)


BUILDERS: dict[str, Callable[[Any, dict[str, Any], Any], Any]] = {
    "conv2d": _conv2d,
    "dense": _dense,
}
"""By kind: a layer with the options of all QKeras layers behind a tensor, up to its sums."""


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
