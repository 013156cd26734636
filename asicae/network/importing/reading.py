"""The layers of a Keras model as layers of a network.

After every kernel the hardware rounds once; so every layer with weights must be followed by exactly
one quantiser, in its own activation or in a layer behind it, before its numbers go anywhere else.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.description import MAX_LAYERS
from asicae.network.fixed_point import FixedPoint
from asicae.network.importing import fields, paddings
from asicae.network.importing.architecture import Node
from asicae.network.importing.codes import Codes
from asicae.network.importing.folding import FOLDED, Folding
from asicae.network.importing.hdf5 import Array
from asicae.network.importing.layers import READERS, kernel_key
from asicae.network.importing.normalising import NORMALISING, STATISTICS, Factors
from asicae.network.importing.plain import PLAIN
from asicae.network.importing.quantisers import Quantiser, quantiser_of
from asicae.network.importing.read_layer import ReadLayer, SlopedLayer, Tensor
from asicae.network.importing.rounding import Rounding
from asicae.network.importing.specs import spec_of
from asicae.network.importing.tail import ARGUMENTS, Tail, is_cut
from asicae.network.importing.walk import Step
from asicae.network.importing.weighted import WeightedLayer
from asicae.network.ops.base import Rounded, Shape
from asicae.network.ops.joining import Joining
from asicae.network.ops.leaky_relu import LeakyRelu
from asicae.network.ops.window import NO_PADS

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
LEAKY_DEFAULT = 0.3
"""Slope of Keras's LeakyReLU where its configuration says none."""
Handler = Callable[[Step, Tensor], Tensor]


@dataclass
class Reading:
    """What was read; ``source`` names the file in messages.

    Attributes:
        half_is_chosen: whether the user said where the encoder ends.
        arrays: of a layer, by the models that it is nested in and its name.
        codes: the input.
        layers: those of the network, each behind those that it sees.
        notes: what a user should know.
    """

    source: str
    half_is_chosen: bool
    arrays: Callable[[tuple[str, ...], str], Mapping[str, Array]]
    codes: Codes
    layers: list[ReadLayer] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _tail: Tail | None = None

    @classmethod
    def of(
        cls,
        steps: Sequence[Step],
        source: str,
        arrays: Callable[[tuple[str, ...], str], Mapping[str, Array]],
        *,
        half_is_chosen: bool,
    ) -> "Reading":
        """All steps from the input to the latents.

        Raises:
            BadInput: a layer that is unknown here or cannot be reproduced exactly; none with
                weights, or a last one that is not quantised.
        """
        first = steps[0].node
        codes = Codes(source, ())
        reading = cls(source, half_is_chosen, arrays, codes)
        uses = Counter(parent for step in steps for parent in step.parents)
        tensors: list[Tensor] = []
        for place, step in enumerate(steps):
            seen = [tensors[parent] for parent in step.parents]
            if not seen:
                reading._require_own(first)
                codes.shape = fields.input_shape(source, first)
                seen = [Tensor(codes, codes.shape)]
            tensor = reading._taken(step, seen)
            tensors.append(replace(tensor, shared=True) if uses[place] > 1 else tensor)
        if not any(isinstance(layer, WeightedLayer) for layer in reading.layers):
            raise BadInput(f"{source}: no QConv2D or QDense on the way to the latents")
        reading._require_quantised(tensors[-1], "the end")
        return reading

    @property
    def keep(self) -> int | None:
        """The bits that are left of each latent, None where none is cleared.

        Raises:
            BadInput: the model ends amid the operations that clear them.
        """
        return None if self._tail is None else self._tail.keep(self.source)

    # -- layers --------------------------------------------------------------------------------

    def _taken(self, step: Step, seen: list[Tensor]) -> Tensor:
        """What a layer makes of its inputs."""
        node = step.node
        self._require_own(node)
        if self._tail is not None and not is_cut(node.kind, node.config):
            raise self._refusal(node, "behind latents that are cut, allowed is their end")
        handlers = self._handlers()
        if node.kind not in (*handlers, *PLAIN) and not is_cut(node.kind, node.config):
            known = sorted({kind for kind in (*handlers, *PLAIN) if kind not in NOISES})
            raise self._unknown(node, [*known, "noises of training"])
        if step.call.other:
            raise self._refusal(node, f"called on {step.call.other}, allowed are outputs of layers")
        tensor = self._made_of(step, seen)
        if unread := step.call.unread(*self._arguments(node)):
            raise self._refusal(node, f"called with {unread}, which has no meaning here")
        return tensor

    def _made_of(self, step: Step, seen: list[Tensor]) -> Tensor:
        """What a known layer makes of its inputs."""
        node = step.node
        if node.kind in PLAIN:
            return self._plain(step, seen)
        if len(seen) > 1:
            raise self._refusal(node, f"{len(seen)} inputs, allowed is one")
        if is_cut(node.kind, node.config):
            return self._cut(step, seen[0])
        return self._handlers()[node.kind](step, seen[0])

    def _arguments(self, node: Node) -> tuple[str, ...]:
        """The keyword arguments of a call that are read."""
        if is_cut(node.kind, node.config):
            return ARGUMENTS
        return paddings.ARGUMENTS if node.kind in paddings.CALLED else ()

    def _handlers(self) -> dict[str, Handler]:
        return {
            "InputLayer": lambda step, tensor: tensor,
            **dict.fromkeys(READERS, self._weighted),
            "QActivation": self._activation,
            "Activation": self._activation,
            "ReLU": self._plain_relu,
            "LeakyReLU": self._plain_relu,
            **dict.fromkeys(NORMALISING, self._normalise),
            "Flatten": self._flatten,
            "Reshape": self._reshape,
            **dict.fromkeys(paddings.LAYERS, self._pad),
            **dict.fromkeys(NOISES, self._noise),
            **dict.fromkeys(IDENTITIES, lambda step, tensor: tensor),
        }

    def _require_own(self, node: Node) -> None:
        if node.foreign:
            raise self._refusal(node, f"{node.foreign}, allowed are classes of Keras and QKeras")
        fields.require_float32(self.source, node)

    def _noise(self, step: Step, tensor: Tensor) -> Tensor:
        if step.training:
            raise self._refusal(step.node, "training=True, so it changes values also in use")
        return tensor

    def _activation(self, step: Step, tensor: Tensor) -> Tensor:
        node, value = step.node, step.node.config.get("activation")
        sloped = self._rounding.sloped(node, value)
        if sloped is not None:
            return self._sloped(step, tensor, sloped.slope, sloped.type)
        self._rounding.activate(node, value, tensor)
        return tensor

    def _plain_relu(self, step: Step, tensor: Tensor) -> Tensor:
        default = LEAKY_DEFAULT if step.node.kind == "LeakyReLU" else 0.0
        slope = fields.slope(self.source, step.node, default)
        self._rounding.plain_relu(step.node, None if slope else tensor)
        return self._sloped(step, tensor, slope, None) if slope else tensor

    def _sloped(
        self, step: Step, tensor: Tensor, slope: float, output: FixedPoint | None
    ) -> Tensor:
        """A leaky ReLU as a layer; ``output`` is the type of one that QKeras quantises."""
        node = step.node
        fields.require_no_pads(self.source, node, tensor.pads)
        made = SlopedLayer(
            step=step,
            layer=LeakyRelu.sized(negative_slope=slope),
            operands=(tensor.origin,),
            inputs=(tensor.own,),
            output=output,
            cuts=output is not None,
        )
        for owner in tensor.origin.owners:
            if tensor.shared and isinstance(owner, ReadLayer) and owner.output is None:
                raise self._refusal(node, "sums that other layers take without it, allowed is none")
            if reason := made.take(owner):
                raise self._refusal(node, reason)
        return self._made(made, [tensor], tensor.shape)

    @property
    def _rounding(self) -> Rounding:
        return Rounding(self.source, self.notes)

    def _weighted(self, step: Step, tensor: Tensor) -> Tensor:
        node = step.node
        if any(layer.step.node is node for layer in self.layers):
            raise self._refusal(node, "weights that are used twice, allowed is once")
        layer = READERS[node.kind](self.source, node, tensor)
        inputs = (tensor.inner if layer.of_image else tensor.own,)
        self._require_quantised(tensor, repr(node.name))
        kernel_shape = layer.kernel_shape(inputs)
        for axis in kernel_shape:
            if not 1 <= axis <= 1 << 16:
                raise self._refusal(node, f"kernel of shape {kernel_shape}")
        kernel = self._quantiser(node, kernel_key(node), of_kernel=True)
        made = WeightedLayer(
            step=step,
            layer=layer,
            operands=(tensor.origin,),
            inputs=inputs,
            kernel=kernel,
            bias=None,
        )
        if node.kind in FOLDED:
            made.folding = self._folding(step, made)
        if made.folding or node.config.get("use_bias", True):
            made.bias = self._quantiser(node, "bias_quantizer")
        return self._activation(step, self._made(made, [tensor], made.shape))

    def _plain(self, step: Step, seen: list[Tensor]) -> Tensor:
        node = step.node
        for tensor in seen:
            fields.require_no_pads(self.source, node, tensor.pads)
        found = PLAIN[node.kind](self.source, node, seen)
        for tensor in seen:
            self._require_quantised(tensor, repr(node.name), found.layer)
        inputs = tuple(tensor.own for tensor in seen)
        made = ReadLayer(step, found.layer, tuple(each.origin for each in seen), inputs)
        return self._activation(step, self._made(made, seen, found.shape))

    def _made(self, layer: ReadLayer, seen: Sequence[Tensor], shape: Shape) -> Tensor:
        """The output of a layer of the network, whose shape the model sees as ``shape``."""
        node = layer.step.node
        if len(self.layers) == MAX_LAYERS:
            raise self._refusal(node, f"more than {MAX_LAYERS} layers, allowed are {MAX_LAYERS}")
        for tensor in seen:
            takes_image = layer.layer.of_image or (
                tensor.is_image and isinstance(layer.layer, Joining)
            )
            if takes_image and isinstance(tensor.origin, Codes):
                tensor.origin.take_image(node, tensor.inner)
        self.layers.append(layer)
        chooses = not isinstance(layer.layer, Rounded)
        return Tensor(layer, shape, shared=chooses and any(tensor.shared for tensor in seen))

    def _folding(self, step: Step, layer: WeightedLayer) -> Folding:
        (width,) = layer.layer.bias_shape(layer.inputs)
        return Folding.of(
            self.source,
            step.node,
            width,
            of_image=layer.layer.of_image,
            training=step.training,
        )

    def _normalise(self, step: Step, tensor: Tensor) -> Tensor:
        node, layer = step.node, tensor.origin
        if (
            not isinstance(layer, WeightedLayer)
            or layer.output
            or layer.relu
            or layer.factors
            or tensor.pads != NO_PADS
        ):
            raise self._refusal(
                node,
                "a batch normalisation of codes, allowed is one between a layer with weights and "
                "its activation, or QConv2DBatchnorm and QDenseBatchnorm, which have it in them",
            )
        if tensor.shared:
            raise self._refusal(node, "sums that other layers take without it, allowed is none")
        folding = self._folding(step, layer)
        quantisers = {name: self._statistic(node, f"{name}_quantizer") for name in STATISTICS}
        if quantisers["inverse"] is not None:
            for key in ("gamma_quantizer", "variance_quantizer"):
                fields.require(self.source, node, key, None)
        layer.factors = Factors.of(folding, self.arrays(step.path, node.name), quantisers)
        return tensor

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

    def _require_quantised(self, tensor: Tensor, where: str, taker: Any = None) -> None:
        """Refuse sums of weights that a layer takes before they are rounded.

        ``taker``: that layer; one that only chooses among its inputs may take them.
        """
        if taker is not None and not isinstance(taker, Rounded):
            return
        for owner in tensor.origin.owners:
            if isinstance(owner, WeightedLayer) and owner.output is None and owner.slope is None:
                raise self._refusal(owner.step.node, f"no quantised activation before {where}")

    def _cut(self, step: Step, tensor: Tensor) -> Tensor:
        node = step.node
        kinds = {
            None if isinstance(owner, Codes) else owner.output for owner in tensor.origin.owners
        }
        kind = kinds.pop()
        if kind is None or kinds:
            raise self._refusal(node, "arithmetic on values that are not quantised latents")
        self._tail = self._tail or Tail(kind)
        where = f"{self.source}: layer {short(node.name)} ({node.kind})"
        self._tail.add(node.config["function"], step.call.arguments, where)
        return tensor

    # -- shapes --------------------------------------------------------------------------------

    def _pad(self, step: Step, tensor: Tensor) -> Tensor:
        node = step.node
        where = f"{self.source}: layer {short(node.name)}"
        (top, bottom), (left, right) = paddings.pads_of(node, step.call.arguments, where)
        if not tensor.is_image:
            raise self._refusal(node, f"input of shape {tensor.shape}, expected an image")
        (t, b), (lf, r) = tensor.pads
        rows, columns, channels = tensor.shape
        return replace(
            tensor,
            pads=((t + top, b + bottom), (lf + left, r + right)),
            shape=(rows + top + bottom, columns + left + right, channels),
        )

    def _flatten(self, step: Step, tensor: Tensor) -> Tensor:
        fields.require(self.source, step.node, "data_format", "channels_last", None)
        fields.require_no_pads(self.source, step.node, tensor.pads)
        return replace(tensor, shape=(math.prod(tensor.shape),))

    def _reshape(self, step: Step, tensor: Tensor) -> Tensor:
        node = step.node
        sizes = fields.reshaped(self.source, node, math.prod(tensor.shape))
        fields.require_no_pads(self.source, node, tensor.pads)
        of_codes = isinstance(tensor.origin, Codes)
        if len(sizes) == 3 and sizes != tensor.shape and not of_codes:
            raise self._refusal(node, "an image made behind a kernel, allowed is one of the input")
        return replace(tensor, shape=sizes)

    def _refusal(self, node: Node, reason: str) -> BadInput:
        return fields.refusal(self.source, node, reason)

    def _unknown(self, node: Node, allowed: list[str]) -> BadInput:
        if f"Q{node.kind}" in READERS:
            reason = f"weights that are not quantised, allowed is Q{node.kind}"
            return self._refusal(node, reason)
        hint = "" if self.half_is_chosen else "; of an autoencoder choose the encoder (--latent)"
        return self._refusal(node, f"unknown layer, allowed are {', '.join(allowed)}{hint}")
