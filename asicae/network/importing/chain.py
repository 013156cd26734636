"""A chain of Keras layers, one after the other, as layers of a network.

After every kernel the hardware rounds once; so every QConv2D and QDense must be followed by exactly
one quantiser, in its own activation or in a layer behind it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.errors import BadInput
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.importing import fields, paddings
from asicae.network.importing.architecture import Node, Step
from asicae.network.importing.quantisers import (
    Quantiser,
    Spec,
    is_quantiser,
    quantiser_of,
    scales_by_data,
    spec_of,
)
from asicae.network.layers import same_pads

Shape = tuple[int, ...]
ARRANGEMENTS: dict[Shape, str] = {(8, 8, 1): "8x8", (4, 4, 3): "4x4x3", (1, 48, 1): "flat"}
NO_BIAS = FixedPoint(1, 1, signed=False)
"""Type of the bias where a layer has none: the least that can be loaded, a zero."""
IDENTITIES = ("Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout")
"""Layers that do nothing outside training."""
_NOTHING = ((0, 0), (0, 0))


@dataclass
class WeightedLayer:
    """A QConv2D or QDense, and what happens behind it."""

    step: Step
    kind: str
    shape: dict[str, Any]
    """Fields of the description that are not types."""
    kernel_shape: Shape
    kernel: Quantiser
    bias: Quantiser | None
    output: FixedPoint | None = None
    relu: bool = False

    def description(self, name: str) -> dict[str, Any]:
        """Fields of the layer's description."""
        return {
            "kind": self.kind,
            "name": name,
            "weight": _plain(self.kernel.type),
            "bias": _plain(self.bias.type) if self.bias else NO_BIAS,
            "output": self.output,
            "relu": self.relu,
            **self.shape,
        }

    def raw_arrays(
        self, arrays: list[npt.NDArray[Any]], source: str, notes: list[str]
    ) -> dict[str, npt.NDArray[np.int32]]:
        """Raw integers of kernel and bias; ``notes`` takes what QKeras itself gets wrong.

        Raises:
            BadInput: an array that is missing, has another shape, or holds NaN or infinity.
        """
        name = self.step.node.name
        wanted = {"kernel": (self.kernel_shape, self.kernel)}
        if self.bias is not None:
            wanted["bias"] = (self.kernel_shape[-1:], self.bias)
        if len(arrays) != len(wanted):
            raise BadInput(
                f"{source}: layer {name!r}: {len(arrays)} arrays of weights, "
                f"expected {' and '.join(wanted)}"
            )
        found = {"bias": np.zeros(self.kernel_shape[-1:], dtype=np.int32)}
        for (key, (shape, quantiser)), array in zip(wanted.items(), arrays, strict=True):
            where = f"{source}: layer {name!r}: {key}"
            if array.shape != shape:
                raise BadInput(f"{where} has shape {array.shape}, expected {shape}")
            values = array.astype(np.float32)
            if not np.isfinite(values).all():
                raise BadInput(f"{where} holds NaN or infinity, allowed are finite numbers")
            found[key] = quantiser.raw(values).astype(np.int32)
            inexact = quantiser.inexact_in_float32(values)
            if inexact:
                notes.append(
                    f"layer {name!r}: QKeras is off by a last bit of float32 in {inexact} of "
                    f"{values.size} values of the {key}; here they are exact"
                )
        return {"kernel": found["kernel"], "bias": found["bias"]}


@dataclass
class Chain:
    """The layers so far; ``source`` names the file in messages.

    Attributes:
        half_is_chosen: whether the user said where the encoder ends.
        input_type: type of the codes, where the model quantises its input.
        image_shape: (height, width, channels) of the input.
        notes: what a user should know.
    """

    source: str
    half_is_chosen: bool
    input_type: FixedPoint | None = None
    image_shape: Shape = ()
    notes: list[str] = field(default_factory=list)
    _layers: list[WeightedLayer] = field(default_factory=list)
    _shape: Shape = ()
    _pads: paddings.Pads = _NOTHING

    def add(self, step: Step) -> None:
        """Take one layer.

        Raises:
            BadInput: a layer that is unknown here or cannot be reproduced exactly.
        """
        node = step.node
        if not self._shape:
            self._take_input(node)
            if node.kind == "InputLayer":
                return
        handlers: dict[str, Callable[[], None]] = {
            "InputLayer": lambda: None,  # of a nested model: what feeds it is known already
            "QConv2D": lambda: self._convolution(step),
            "QDense": lambda: self._dense(step),
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

    def arrangement(self) -> str:
        """The arrangement that has images of the input's shape.

        Raises:
            BadInput: there is none.
        """
        if self.image_shape not in ARRANGEMENTS:
            allowed = ", ".join(str(shape) for shape in ARRANGEMENTS)
            raise BadInput(f"{self.source}: input of {self.image_shape}, allowed are {allowed}")
        return ARRANGEMENTS[self.image_shape]

    # -- layers --------------------------------------------------------------------------------

    def _take_input(self, node: Node) -> None:
        self._shape = fields.input_shape(self.source, node)
        # A row of 48 is the cells in order, a row of 64 the flat 8x8 image.
        rows: dict[Shape, Shape] = {(48,): (1, 48, 1), (64,): (8, 8, 1)}
        self.image_shape = rows.get(self._shape, self._shape)

    def _convolution(self, step: Step) -> None:
        node, config = step.node, step.node.config
        if len(self._shape) == 2 or (len(self._shape) == 1 and self._layers):
            raise self._refusal(node, f"input of shape {self._shape}, expected an image")
        if len(self._shape) == 1:
            raise self._refusal(node, f"input of shape {self._shape}: reshape it to an image")
        fields.require(self.source, node, "data_format", "channels_last", None)
        fields.require(self.source, node, "groups", 1, None)
        fields.require(self.source, node, "dilation_rate", [1, 1], 1, None)
        fields.require(self.source, node, "mask", None)
        kernel = fields.pair(self.source, node, "kernel_size")
        strides = fields.pair(self.source, node, "strides", (1, 1))
        padding = config.get("padding", "valid")
        if padding not in ("valid", "same"):
            raise self._refusal(node, f"padding={padding!r}, allowed are valid, same")
        rows, columns, channels = self._shape
        resolved: Any = padding
        if self._pads != _NOTHING:
            resolved = self._padded(kernel, strides, padding)
        filters = fields.size(self.source, node, "filters")
        shape = {"filters": filters, "kernel": kernel, "strides": strides, "padding": resolved}
        self._weighted(step, "conv2d", shape, (*kernel, channels, filters))
        self._pads = _NOTHING
        self._shape = (
            *(
                self._positions(size, kernel[axis], strides[axis], padding)
                for axis, size in enumerate((rows, columns))
            ),
            filters,
        )
        self._own_activation(node)

    def _dense(self, step: Step) -> None:
        node = step.node
        if self._pads != _NOTHING:
            raise self._refusal(node, "a padding before it, allowed is one before a QConv2D")
        if len(self._shape) > 1 and not (len(self._shape) == 3 and self._shape[:2] == (1, 1)):
            raise self._refusal(node, f"input of shape {self._shape}: flatten it first")
        units = fields.size(self.source, node, "units")
        self._weighted(step, "dense", {"units": units}, (int(np.prod(self._shape)), units))
        self._shape = (units,)
        self._own_activation(node)

    def _weighted(self, step: Step, kind: str, shape: dict[str, Any], kernel_shape: Shape) -> None:
        node = step.node
        self._require_quantised(repr(node.name))
        for axis in kernel_shape:
            if not 1 <= axis <= 1 << 16:
                raise self._refusal(node, f"kernel of shape {kernel_shape}")
        self._refuse_shared(node)
        kernel = self._quantiser(node, "kernel_quantizer", of_kernel=True)
        bias = None
        if node.config.get("use_bias", True):
            bias = self._quantiser(node, "bias_quantizer")
        self._layers.append(WeightedLayer(step, kind, shape, kernel_shape, kernel, bias))

    def _quantiser(self, node: Node, key: str, of_kernel: bool = False) -> Quantiser:
        where = f"{self.source}: layer {node.name!r}: {key}"
        spec = spec_of(node.config.get(key), where)
        if spec is None:
            raise BadInput(f"{where} is None: unquantised weights cannot be reproduced exactly")
        return quantiser_of(spec, where, of_kernel)

    def _refuse_shared(self, node: Node) -> None:
        """One object for kernel and bias is harmless only while it keeps no scale of its own."""
        used = [node.config.get(key) for key in ("kernel_quantizer", "bias_quantizer")]
        ids = [value.get("shared_object_id") for value in used if isinstance(value, dict)]
        if len(ids) != 2 or ids[0] is None or ids[0] != ids[1]:
            return
        spec = spec_of(used[0], f"{self.source}: layer {node.name!r}: kernel_quantizer")
        if spec is not None and scales_by_data(spec):
            raise self._refusal(
                node, f"kernel and bias share the quantiser {spec}, which scales by its last data"
            )

    # -- activations ---------------------------------------------------------------------------

    def _own_activation(self, node: Node) -> None:
        self._activation(node, node.config.get("activation"))

    def _activation(self, node: Node, value: Any) -> None:
        where = f"{self.source}: layer {node.name!r}: activation"
        spec = spec_of(value, where)
        if spec is None or spec.name == "linear":
            return
        if spec.name == "relu":
            self._relu(node)
        elif is_quantiser(spec):
            self._quantise(node, quantiser_of(spec, where), spec, where)
        else:
            raise BadInput(f"{where} {spec.name!r}, allowed are linear, relu, quantisers of QKeras")

    def _plain_relu(self, node: Node) -> None:
        for key in ("max_value", "negative_slope", "threshold"):
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
        self.notes.append(f"layer {node.name!r}: {kind} changes no value of {before}")
        return before

    def _require_quantised(self, where: str) -> None:
        if self._layers and self._layers[-1].output is None:
            node = self._layers[-1].step.node
            raise self._refusal(node, f"no quantised activation before {where}")

    # -- shapes --------------------------------------------------------------------------------

    def _pad(self, node: Node) -> None:
        if len(self._shape) != 3:
            raise self._refusal(node, f"input of shape {self._shape}, expected an image")
        pads = paddings.pads_of(node, f"{self.source}: layer {node.name!r}")
        (top, bottom), (left, right) = pads
        (t, b), (lf, r) = self._pads
        self._pads = ((t + top, b + bottom), (lf + left, r + right))
        rows, columns, channels = self._shape
        self._shape = (rows + top + bottom, columns + left + right, channels)

    def _padded(self, kernel: Shape, strides: Shape, padding: str) -> paddings.Pads:
        """Explicit zeros before this convolution and those of its own padding together."""
        both = []
        for axis in (0, 1):
            own = (0, 0)
            if padding == "same":
                own = same_pads(self._shape[axis], kernel[axis], strides[axis])
            both.append((self._pads[axis][0] + own[0], self._pads[axis][1] + own[1]))
        return (both[0], both[1])

    @staticmethod
    def _positions(size: int, kernel: int, stride: int, padding: str) -> int:
        return -(-size // stride) if padding == "same" else (size - kernel) // stride + 1

    def _flatten(self, node: Node) -> None:
        fields.require(self.source, node, "data_format", "channels_last", None)
        self._no_pads(node)
        self._shape = (int(np.prod(self._shape)),)

    def _reshape(self, node: Node) -> None:
        sizes = fields.reshaped(self.source, node, int(np.prod(self._shape)))
        self._no_pads(node)
        if len(sizes) not in (1, 3):
            raise self._refusal(node, f"target_shape={list(sizes)}, allowed are a row or an image")
        if len(sizes) == 3 and sizes != self._shape and self._layers:
            raise self._refusal(node, "an image made behind a kernel, allowed is one of the input")
        if len(sizes) == 3:
            self.image_shape = sizes
        self._shape = sizes

    def _no_pads(self, node: Node) -> None:
        if self._pads != _NOTHING:
            raise self._refusal(node, "a padding before it, allowed is one before a QConv2D")

    def _refusal(self, node: Node, reason: str) -> BadInput:
        return fields.refusal(self.source, node, reason)

    def _unknown(self, node: Node, allowed: list[str]) -> BadInput:
        hint = "" if self.half_is_chosen else "; of an autoencoder choose the encoder (--latent)"
        return self._refusal(node, f"unknown layer, allowed are {', '.join(allowed)}{hint}")


def _plain(kind: FixedPoint) -> FixedPoint:
    """The type of loaded weights: they are never rounded, so its modes mean nothing."""
    return replace(kind, rounding=Rounding.RND_CONV, overflow=Overflow.SAT)
