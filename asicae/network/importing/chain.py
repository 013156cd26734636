"""A chain of Keras layers, one after the other, as layers of a network.

After every kernel the hardware rounds once; so every QConv2D and QDense must be followed by exactly
one quantiser, in its own activation or in a layer behind it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.module.geometry import ARRANGEMENTS
from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.importing import fields, paddings
from asicae.network.importing.architecture import Node
from asicae.network.importing.folding import FOLDED, Folding
from asicae.network.importing.hdf5 import Array
from asicae.network.importing.layers import READERS, Place
from asicae.network.importing.normalising import NORMALISING, STATISTICS, Factors
from asicae.network.importing.quantisers import Quantiser, quantiser_of
from asicae.network.importing.specs import Spec, is_quantiser, spec_of
from asicae.network.importing.tail import Tail, is_cut
from asicae.network.importing.walk import Step
from asicae.network.importing.weighted import WeightedLayer
from asicae.network.ops.base import Layer, Shape
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
NOISES = (
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
)
"""Layers that do nothing outside training."""
IDENTITIES = ("ActivityRegularization", "Identity")
"""Layers that never change a value."""


@dataclass
class Chain:
    """The layers so far; ``source`` names the file in messages.

    Attributes:
        half_is_chosen: whether the user said where the encoder ends.
        arrays: of a layer, by the models that it is nested in and its name.
        input_type: type of the codes, where the model quantises its input.
        input_relu: whether the model takes no codes below zero.
        input_shape: shape of the input without the batch.
        image_shape: (height, width, channels) that a convolution on the input takes it for; None
            where a dense layer takes its values in their order.
        notes: what a user should know.
    """

    source: str
    half_is_chosen: bool
    arrays: Callable[[tuple[str, ...], str], Mapping[str, Array]]
    input_type: FixedPoint | None = None
    input_relu: bool = False
    input_shape: Shape = ()
    image_shape: Shape | None = None
    notes: list[str] = field(default_factory=list)
    _layers: list[WeightedLayer] = field(default_factory=list)
    _shape: Shape = ()
    _pads: Pads = NO_PADS
    _tail: Tail | None = None

    def add(self, step: Step) -> None:
        """Take one layer.

        Raises:
            BadInput: a layer that is unknown here or cannot be reproduced exactly.
        """
        node = step.node
        if node.foreign:
            raise self._refusal(node, f"{node.foreign}, allowed are classes of Keras and QKeras")
        fields.require_float32(self.source, node)
        if is_cut(node.kind, node.config):
            self._cut(step)
            return
        if self._tail is not None:
            raise self._refusal(node, "behind latents that are cut, allowed is their end")
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
            **dict.fromkeys(NORMALISING, lambda: self._normalise(step)),
            "Flatten": lambda: self._flatten(node),
            "Reshape": lambda: self._reshape(node),
            **dict.fromkeys(paddings.LAYERS, lambda: self._pad(step)),
            **dict.fromkeys(NOISES, lambda: self._noise(step)),
            **dict.fromkeys(IDENTITIES, lambda: None),
        }
        if node.kind not in handlers:
            known = sorted(kind for kind in handlers if kind not in NOISES)
            raise self._unknown(node, [*known, "noises of training"])
        handlers[node.kind]()

    def finished(self) -> list[WeightedLayer]:
        """The layers, each with its output type.

        Raises:
            BadInput: there is none, or the last one is not quantised.
        """
        if not self._layers:
            raise BadInput(f"{self.source}: no QConv2D or QDense on the way to the latents")
        self._require_quantised("the end")
        return self._layers

    @property
    def keep(self) -> int | None:
        """The bits that are left of each latent, None where none is cleared.

        Raises:
            BadInput: the model ends amid the operations that clear them.
        """
        return None if self._tail is None else self._tail.keep(self.source)

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

    def _noise(self, step: Step) -> None:
        if step.training:
            raise self._refusal(step.node, "training=True, so it changes values also in use")

    def _weighted(self, step: Step) -> None:
        node = step.node
        if any(layer.step.node is node for layer in self._layers):
            raise self._refusal(node, "weights that are used twice, allowed is once")
        place = Place(self.source, not self._layers, self._shape, self._pads)
        layer = READERS[node.kind](node, place)
        if place.first and layer.of_image:
            self.image_shape = place.inputs
        self._require_quantised(repr(node.name))
        kernel_shape = layer.kernel_shape((place.inputs,))
        for axis in kernel_shape:
            if not 1 <= axis <= 1 << 16:
                raise self._refusal(node, f"kernel of shape {kernel_shape}")
        kernel = self._quantiser(node, "kernel_quantizer", of_kernel=True)
        folding = None
        if node.kind in FOLDED:
            folding = self._folding(step, layer, kernel_shape[-1])
        bias = None
        if folding or node.config.get("use_bias", True):
            bias = self._quantiser(node, "bias_quantizer")
        self._layers.append(WeightedLayer(step, layer, place.inputs, kernel, bias, folding))
        self._pads, self._shape = NO_PADS, layer.output_shape((place.inputs,))
        self._activation(node, node.config.get("activation"))

    def _folding(self, step: Step, layer: Layer, width: int) -> Folding:
        kinds = {"of_image": layer.of_image, "training": step.training}
        return Folding.of(self.source, step.node, width, **kinds)

    def _normalise(self, step: Step) -> None:
        node = step.node
        layer = self._layers[-1] if self._layers else None
        if layer is None or layer.output or layer.relu or layer.factors or self._pads != NO_PADS:
            raise self._refusal(
                node,
                "a batch normalisation of codes, allowed is one between QConv2D or QDense and its "
                "activation, or QConv2DBatchnorm and QDenseBatchnorm, which have it in them",
            )
        folding = self._folding(step, layer.layer, layer.layer.kernel_shape((layer.inputs,))[-1])
        quantisers = {name: self._statistic(node, f"{name}_quantizer") for name in STATISTICS}
        if quantisers["inverse"] is not None:
            for key in ("gamma_quantizer", "variance_quantizer"):
                fields.require(self.source, node, key, None)
        layer.factors = Factors.of(folding, self.arrays(step.path, node.name), quantisers)

    def _statistic(self, node: Node, key: str) -> Quantiser | None:
        where = f"{self.source}: layer {short(node.name)}: {key}"
        spec = spec_of(node.config.get(key), where)
        return None if spec is None else quantiser_of(spec, where)

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
        else:
            self.input_relu = True
            self._rectify_input(node)

    def _rectify_input(self, node: Node) -> None:
        """Codes behind a ReLU need no sign; steps, rounding and largest value stay as they are."""
        kind = self.input_type
        if not self.input_relu or kind is None or not kind.signed:
            return
        try:
            self.input_type = replace(
                kind,
                width=kind.width - 1,
                integer=kind.integer - 1,
                signed=False,
                overflow=Overflow.SAT,
            )
        except ValueError as error:
            raise self._refusal(node, f"a ReLU on {kind}: {error}") from None
        self.notes.append(
            f"layer {short(node.name)}: a ReLU on {kind}: the input is {self.input_type}"
        )

    def _quantise(self, node: Node, quantiser: Quantiser, spec: Spec, where: str) -> None:
        if quantiser.activation_refusal:
            raise BadInput(f"{where} {spec}: {quantiser.activation_refusal}")
        # What saturates at zero is a ReLU.
        relu = quantiser.relu or not quantiser.type.signed
        if not self._layers:
            self.input_type = self._again(node, self.input_type, quantiser.type, self.input_relu)
            self.input_relu = self.input_relu or relu
            self._rectify_input(node)
            return
        layer = self._layers[-1]
        layer.output = self._again(node, layer.output, quantiser.type, layer.relu)
        layer.relu = layer.relu or relu

    def _again(
        self, node: Node, before: FixedPoint | None, kind: FixedPoint, relu: bool
    ) -> FixedPoint:
        """The type after a quantiser; one behind another must change no value, but may be a ReLU.

        ``relu``: whether the values before it are those of a ReLU.
        """
        if before is None:
            return kind
        low, high = before.limits
        if relu or not kind.signed:  # it saturates at zero: a ReLU, and no other change
            low = 0
        shift = kind.fraction - before.fraction
        inside = shift >= 0 and kind.limits[0] <= low << shift and high << shift <= kind.limits[1]
        if not inside:
            raise self._refusal(
                node, f"values of {before} are quantised again, to {kind}; allowed is once"
            )
        rectifies = before.limits[0] < low and not relu
        does = "is a ReLU of" if rectifies else "changes no value of"
        self.notes.append(f"layer {short(node.name)}: {kind} {does} {before}")
        return before

    def _require_quantised(self, where: str) -> None:
        if self._layers and self._layers[-1].output is None:
            node = self._layers[-1].step.node
            raise self._refusal(node, f"no quantised activation before {where}")

    def _cut(self, step: Step) -> None:
        node = step.node
        kind = self._layers[-1].output if self._layers else None
        if kind is None:
            raise self._refusal(node, "arithmetic on values that are not quantised latents")
        self._tail = self._tail or Tail(kind)
        where = f"{self.source}: layer {short(node.name)} ({node.kind})"
        self._tail.add(node.config["function"], step.arguments, where)

    # -- shapes --------------------------------------------------------------------------------

    def _pad(self, step: Step) -> None:
        node = step.node
        where = f"{self.source}: layer {short(node.name)}"
        pads = paddings.pads_of(node, step.arguments, where)
        if len(self._shape) != 3:
            raise self._refusal(node, f"input of shape {self._shape}, expected an image")
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
        if f"Q{node.kind}" in READERS:
            reason = f"weights that are not quantised, allowed is Q{node.kind}"
            return self._refusal(node, reason)
        hint = "" if self.half_is_chosen else "; of an autoencoder choose the encoder (--latent)"
        return self._refusal(node, f"unknown layer, allowed are {', '.join(allowed)}{hint}")
