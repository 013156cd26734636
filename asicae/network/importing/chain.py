"""A chain of Keras layers, one after the other, as layers of a network.

After every kernel the hardware rounds once; so every QConv2D and QDense must be followed by exactly
one quantiser, in its own activation or in a layer behind it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.module.geometry import ARRANGEMENTS
from asicae.network.fixed_point import FixedPoint
from asicae.network.importing import fields, paddings
from asicae.network.importing.architecture import Node, Step
from asicae.network.importing.layers import READERS, Place
from asicae.network.importing.quantisers import (
    Quantiser,
    Spec,
    is_quantiser,
    quantiser_of,
    spec_of,
)
from asicae.network.importing.weighted import WeightedLayer
from asicae.network.ops.base import Shape
from asicae.network.ops.window import NO_PADS, Pads

INPUTS: dict[Shape, str] = {
    (8, 8, 1): "8x8",
    (8, 8): "8x8",
    (64,): "8x8",
    (4, 4, 3): "4x4x3",
    (1, 48, 1): "flat",
    (48,): "flat",
}
"""The arrangement that the shape of an input means, unless the user says another."""
IDENTITIES = ("Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout")
"""Layers that do nothing outside training."""


@dataclass
class Chain:
    """The layers so far; ``source`` names the file in messages.

    Attributes:
        half_is_chosen: whether the user said where the encoder ends.
        input_type: type of the codes, where the model quantises its input.
        input_shape: shape of the input without the batch.
        image_shape: (height, width, channels) that a convolution on the input takes it for; None
            where a dense layer takes its values in their order.
        notes: what a user should know.
    """

    source: str
    half_is_chosen: bool
    input_type: FixedPoint | None = None
    input_shape: Shape = ()
    image_shape: Shape | None = None
    notes: list[str] = field(default_factory=list)
    _layers: list[WeightedLayer] = field(default_factory=list)
    _shape: Shape = ()
    _pads: Pads = NO_PADS

    def add(self, step: Step) -> None:
        """Take one layer.

        Raises:
            BadInput: a layer that is unknown here or cannot be reproduced exactly.
        """
        node = step.node
        if node.foreign:
            raise self._refusal(node, f"{node.foreign}, allowed are classes of Keras and QKeras")
        fields.require_float32(self.source, node)
        if not self._shape:
            self._shape = self.input_shape = fields.input_shape(self.source, node)
            if node.kind == "InputLayer":
                return
        handlers: dict[str, Callable[[], None]] = {
            "InputLayer": lambda: None,  # of a nested model: what feeds it is known already
            **dict.fromkeys(READERS, lambda: self._weighted(step)),
            "QActivation": lambda: self._activation(node, node.config.get("activation")),
            "Activation": lambda: self._activation(node, node.config.get("activation")),
            "ReLU": lambda: self._plain_relu(node),
            "Flatten": lambda: self._flatten(node),
            "Reshape": lambda: self._reshape(node),
        }
        if node.kind in paddings.LAYERS:
            self._pad(node)
        elif node.kind in handlers:
            handlers[node.kind]()
        elif node.kind not in IDENTITIES:
            raise self._unknown(node, sorted([*handlers, *paddings.LAYERS]))

    def finished(self) -> list[WeightedLayer]:
        """The layers, each with its output type.

        Raises:
            BadInput: there is none, or the last one is not quantised.
        """
        if not self._layers:
            raise BadInput(f"{self.source}: no QConv2D or QDense on the way to the latents")
        self._require_quantised("the end")
        return self._layers

    def arrangement(self, chosen: str | None) -> str:
        """Which cell each value of the input is: as ``chosen``, or as the input's shape says.

        A reshaping keeps the values in their order, so it does not change their cells either.

        Raises:
            BadInput: ``chosen`` is unknown, the shape says nothing, or the model makes images of
                the input that are not those of the arrangement.
        """
        if chosen is None and self.input_shape not in INPUTS:
            allowed = ", ".join(str(shape) for shape in INPUTS)
            raise BadInput(f"{self.source}: input of {self.input_shape}, allowed are {allowed}")
        name = chosen or INPUTS[self.input_shape]
        if name not in ARRANGEMENTS:
            raise BadInput(f"arrangement {short(name)}, allowed are {', '.join(ARRANGEMENTS)}")
        shape = ARRANGEMENTS[name].shape
        if self.image_shape is None:
            if math.prod(self.input_shape) == math.prod(shape):
                return name
            raise BadInput(
                f"{self.source}: arrangement {name} has images of {shape}, "
                f"the input is of {self.input_shape}"
            )
        if self.image_shape == shape:
            return name
        others = [other for other, a in ARRANGEMENTS.items() if a.shape == self.image_shape]
        hint = f"; if its values are such images, say --arrangement {others[0]}" if others else ""
        raise BadInput(
            f"{self.source}: input of {self.input_shape}: arrangement {name} has images of "
            f"{shape}, the model makes {self.image_shape} of it{hint}"
        )

    # -- layers --------------------------------------------------------------------------------

    def _weighted(self, step: Step) -> None:
        node = step.node
        place = Place(self.source, not self._layers, self._shape, self._pads)
        layer = READERS[node.kind](node, place)
        if place.first and layer.of_image:
            self.image_shape = place.inputs
        self._require_quantised(repr(node.name))
        kernel_shape = layer.kernel_shape(place.inputs)
        for axis in kernel_shape:
            if not 1 <= axis <= 1 << 16:
                raise self._refusal(node, f"kernel of shape {kernel_shape}")
        kernel = self._quantiser(node, "kernel_quantizer", of_kernel=True)
        bias = None
        if node.config.get("use_bias", True):
            bias = self._quantiser(node, "bias_quantizer")
        self._layers.append(WeightedLayer(step, layer, place.inputs, kernel, bias))
        self._pads, self._shape = NO_PADS, layer.output_shape(place.inputs)
        self._activation(node, node.config.get("activation"))

    def _quantiser(self, node: Node, key: str, of_kernel: bool = False) -> Quantiser:
        where = f"{self.source}: layer {short(node.name)}: {key}"
        spec = spec_of(node.config.get(key), where)
        if spec is None:
            raise BadInput(f"{where} is None: unquantised weights cannot be reproduced exactly")
        return quantiser_of(spec, where, of_kernel)

    # -- activations ---------------------------------------------------------------------------

    def _activation(self, node: Node, value: Any) -> None:
        where = f"{self.source}: layer {short(node.name)}: activation"
        spec = spec_of(value, where)
        if spec is None or spec.name == "linear":
            return
        if spec.name == "relu":
            self._relu(node)
        elif is_quantiser(spec):
            self._quantise(node, quantiser_of(spec, where), spec, where)
        else:
            raise BadInput(
                f"{where} {short(spec.name)}, allowed are linear, relu, quantisers of QKeras"
            )

    def _plain_relu(self, node: Node) -> None:
        fields.require(self.source, node, "max_value", None)
        for key in ("negative_slope", "threshold"):
            fields.require(self.source, node, key, None, 0, 0.0)
        self._relu(node)

    def _relu(self, node: Node) -> None:
        """ReLU and rounding with saturation change places freely: zero is a code."""
        if self._layers:
            self._layers[-1].relu = True
        elif self.input_type is None or self.input_type.signed:
            raise self._refusal(node, "a ReLU on the input, allowed is one behind a kernel")

    def _quantise(self, node: Node, quantiser: Quantiser, spec: Spec, where: str) -> None:
        if quantiser.activation_refusal:
            raise BadInput(f"{where} {spec}: {quantiser.activation_refusal}")
        if not self._layers:
            self.input_type = self._again(node, self.input_type, quantiser)
            return
        layer = self._layers[-1]
        layer.output = self._again(node, layer.output, quantiser, layer.relu)
        # What saturates at zero is a ReLU.
        layer.relu = layer.relu or quantiser.relu or not layer.output.signed

    def _again(
        self, node: Node, before: FixedPoint | None, quantiser: Quantiser, relu: bool = False
    ) -> FixedPoint:
        """The type after a quantiser; a second one behind the first must change no value."""
        kind = quantiser.type
        if before is None:
            return kind
        low, high = (0 if relu else before.limits[0]), before.limits[1]
        shift = kind.fraction - before.fraction
        inside = shift >= 0 and kind.limits[0] <= low << shift and high << shift <= kind.limits[1]
        if not inside:
            raise self._refusal(
                node, f"values of {before} are quantised again, to {kind}; allowed is once"
            )
        self.notes.append(f"layer {short(node.name)}: {kind} changes no value of {before}")
        return before

    def _require_quantised(self, where: str) -> None:
        if self._layers and self._layers[-1].output is None:
            node = self._layers[-1].step.node
            raise self._refusal(node, f"no quantised activation before {where}")

    # -- shapes --------------------------------------------------------------------------------

    def _pad(self, node: Node) -> None:
        if len(self._shape) != 3:
            raise self._refusal(node, f"input of shape {self._shape}, expected an image")
        pads = paddings.pads_of(node, f"{self.source}: layer {short(node.name)}")
        (top, bottom), (left, right) = pads
        (t, b), (lf, r) = self._pads
        self._pads = ((t + top, b + bottom), (lf + left, r + right))
        rows, columns, channels = self._shape
        self._shape = (rows + top + bottom, columns + left + right, channels)

    def _flatten(self, node: Node) -> None:
        fields.require(self.source, node, "data_format", "channels_last", None)
        self._no_pads(node)
        self._shape = (math.prod(self._shape),)

    def _reshape(self, node: Node) -> None:
        sizes = fields.reshaped(self.source, node, math.prod(self._shape))
        self._no_pads(node)
        if len(sizes) == 3 and sizes != self._shape and self._layers:
            raise self._refusal(node, "an image made behind a kernel, allowed is one of the input")
        self._shape = sizes

    def _no_pads(self, node: Node) -> None:
        if self._pads != NO_PADS:
            raise self._refusal(node, "a padding before it, allowed is one before a QConv2D")

    def _refusal(self, node: Node, reason: str) -> BadInput:
        return fields.refusal(self.source, node, reason)

    def _unknown(self, node: Node, allowed: list[str]) -> BadInput:
        hint = "" if self.half_is_chosen else "; of an autoencoder choose the encoder (--latent)"
        return self._refusal(node, f"unknown layer, allowed are {', '.join(allowed)}{hint}")
