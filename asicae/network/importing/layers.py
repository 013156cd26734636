"""How each kind of layer stands in a model file: one table from the class in the file to its op."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asicae.foundation.validation import short
from asicae.network.importing import fields
from asicae.network.importing.architecture import Node
from asicae.network.ops.base import Shape, Weighted
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.ops.window import MAX_PAD, NO_PADS, Pads, same_pads


@dataclass(frozen=True)
class Place:
    """Where a layer stands in the chain; ``source`` names the file in messages.

    Attributes:
        first: whether no layer with weights stands before it.
        shape: of its input, with the zeros around it.
        pads: rows and columns of zeros that layers before it put around its input.
    """

    source: str
    first: bool
    shape: Shape
    pads: Pads

    @property
    def inputs(self) -> Shape:
        """Shape of the input without the zeros."""
        if self.pads == NO_PADS:
            return self.shape
        (top, bottom), (left, right) = self.pads
        rows, columns, *channels = self.shape
        return (rows - top - bottom, columns - left - right, *channels)


def _conv2d(node: Node, place: Place) -> Weighted:
    source = place.source
    if len(place.shape) != 3:
        hint = "an image: reshape it to one" if place.first else "an image"
        raise fields.refusal(source, node, f"input of shape {place.shape}, expected {hint}")
    fields.require(source, node, "data_format", "channels_last", None)
    fields.require(source, node, "groups", 1, None)
    fields.require(source, node, "dilation_rate", [1, 1], 1, None)
    fields.require(source, node, "mask", None)
    kernel = fields.pair(source, node, "kernel_size")
    strides = fields.pair(source, node, "strides", (1, 1))
    padding: Any = node.config.get("padding", "valid")
    if padding not in ("valid", "same"):
        raise fields.refusal(source, node, f"padding={short(padding)}, allowed are valid, same")
    if place.pads != NO_PADS:
        padding = _padded(node, place, kernel, strides, padding)
    filters = fields.size(source, node, "filters")
    layer = Conv2D.sized(filters=filters, kernel=kernel, strides=strides, padding=padding)
    if min(layer.output_shape((place.inputs,))) < 1:
        rows, columns, _ = place.shape
        raise fields.refusal(source, node, f"kernel_size={list(kernel)} on {rows}x{columns} values")
    return layer


def _padded(node: Node, place: Place, kernel: Shape, strides: Shape, padding: str) -> Pads:
    """Explicit zeros before this convolution and those of its own padding together."""
    both = []
    for axis in (0, 1):
        own = (0, 0)
        if padding == "same":
            own = same_pads(place.shape[axis], kernel[axis], strides[axis])
        both.append((place.pads[axis][0] + own[0], place.pads[axis][1] + own[1]))
    if max(max(pads) for pads in both) > MAX_PAD:
        reason = f"padding={both}, allowed are 0 to {MAX_PAD} zeros a side"
        raise fields.refusal(place.source, node, reason)
    return (both[0], both[1])


def _dense(node: Node, place: Place) -> Weighted:
    shape = place.shape
    if place.pads != NO_PADS:
        reason = "a padding before it, allowed is one before a QConv2D"
        raise fields.refusal(place.source, node, reason)
    if len(shape) > 1 and not (len(shape) == 3 and shape[:2] == (1, 1)):
        raise fields.refusal(place.source, node, f"input of shape {shape}: flatten it first")
    return Dense.sized(units=fields.size(place.source, node, "units"))


READERS: dict[str, Callable[[Node, Place], Weighted]] = {
    "QConv2D": _conv2d,
    "QConv2DBatchnorm": _conv2d,
    "QDense": _dense,
    "QDenseBatchnorm": _dense,
}
"""By class: the op with its sizes, without name and types; raises BadInput for what it cannot do
exactly."""
