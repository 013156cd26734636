"""The encoder of a ``Network`` in QKeras: quantised forward, straight-through backward."""

from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.errors import BadInput
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.layers import Conv2D, Dense
from asicae.network.plan import LayerPlan
from asicae.training.backend import keras, qkeras

FLOAT32_EXACT_BITS = 24
"""Accumulators up to this width are exact in the float32 arithmetic of QKeras."""


def check_expressible(network: Network) -> None:
    """Refuse what QKeras cannot compute to the bit.

    Raises:
        BadInput: a weight or output type that does not round half to even and saturate, an
            unsigned weight, an output whose sign does not follow from its ReLU, an accumulator
            over 24 bits.
    """
    for plan in network.plans:
        layer = plan.layer
        where = f"network {network.name}, layer {plan.name}"
        modes = (layer.output.rounding, layer.output.overflow)
        if modes != (Rounding.RND_CONV, Overflow.SAT):
            raise BadInput(f"{where}: output {layer.output}, QKeras has RND_CONV and SAT only")
        if not (layer.weight.signed and layer.bias.signed):
            raise BadInput(f"{where}: unsigned weights, QKeras training needs signed ones")
        if layer.relu == layer.output.signed:
            raise BadInput(
                f"{where}: output {layer.output} with relu={layer.relu}; QKeras has an unsigned "
                "output with ReLU or a signed one without"
            )
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
    for index, plan in enumerate(network.plans):
        if isinstance(plan.layer, Dense) and len(values.shape) > 2:
            values = keras.layers.Flatten(name=f"{plan.name}_input")(values)
        if isinstance(plan.layer, Conv2D) and not isinstance(plan.layer.padding, str):
            values = keras.layers.ZeroPadding2D(plan.padding, name=f"{plan.name}_padding")(values)
        values = _layer(plan, seed + index)(values)
        values = qkeras.QActivation(_activation(plan), name=f"{plan.name}_output")(values)
    return keras.Model(image, values, name=f"{network.identifier}_encoder")


def images(network: Network, codes: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Codes [n,48] (AE order, raw) as values in the arrangement's image, float32[n,h,w,c]."""
    values = np.asarray(codes, dtype=np.float32) * np.float32(network.input.lsb)
    return np.asarray(network.image(values))


def _layer(plan: LayerPlan, seed: int) -> Any:
    layer = plan.layer
    common = {
        "name": plan.name,
        # Each quantiser belongs to one use: QKeras objects keep the scale of their last call.
        "kernel_quantizer": _signed(layer.weight),
        "bias_quantizer": _signed(layer.bias),
        "kernel_initializer": keras.initializers.HeNormal(seed=seed),
        "bias_initializer": "zeros",
        "kernel_constraint": _range(layer.weight),
        "bias_constraint": _range(layer.bias),
    }
    if isinstance(layer, Conv2D):
        padding = layer.padding if isinstance(layer.padding, str) else "valid"
        return qkeras.QConv2D(
            layer.filters, layer.kernel, strides=layer.strides, padding=padding, **common
        )
    return qkeras.QDense(layer.units, **common)


def _signed(kind: FixedPoint) -> Any:
    # The third argument is ``symmetric``: 0 keeps the lowest code, so the range is that of `kind`.
    return qkeras.quantized_bits(kind.width, kind.integer - 1, 0, alpha=1)


def _activation(plan: LayerPlan) -> Any:
    kind = plan.output_type
    if plan.relu:
        return qkeras.quantized_relu(kind.width, kind.integer)
    return _signed(kind)


def _range(kind: FixedPoint) -> Any:
    return qkeras.qlayers.Clip(kind.raw_min * kind.lsb, kind.raw_max * kind.lsb)
