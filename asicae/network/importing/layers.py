"""How each kind of layer with weights stands in a model file: from the class in it to its op."""

from collections.abc import Callable
from typing import Any, Final

from asicae.network.importing import fields
from asicae.network.importing.architecture import Node
from asicae.network.importing.codes import Codes
from asicae.network.importing.read_layer import Tensor
from asicae.network.ops.base import Shape, Weighted
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.ops.depthwise_conv2d import DepthwiseConv2D
from asicae.network.ops.window import MAX_PAD, NO_PADS, Pads, same_pads

Padding = str | Pads


def _conv2d(source: str, node: Node, tensor: Tensor) -> Weighted:
    kernel, strides, padding = _window(source, node, tensor)
    filters = fields.size(source, node, "filters")
    layer = Conv2D.sized(filters=filters, kernel=kernel, strides=strides, padding=padding)
    return _fitting(source, node, tensor, layer, kernel)


def _depthwise(source: str, node: Node, tensor: Tensor) -> Weighted:
    kernel, strides, padding = _window(source, node, tensor)
    number = fields.size(source, node, "depth_multiplier")
    layer = DepthwiseConv2D.sized(
        multiplier=number, kernel=kernel, strides=strides, padding=padding
    )
    return _fitting(source, node, tensor, layer, kernel)


def _window(
    source: str, node: Node, tensor: Tensor
) -> tuple[tuple[int, int], tuple[int, int], Padding]:
    """Kernel, strides and padding of a convolution."""
    if not tensor.is_image:
        on_codes = isinstance(tensor.origin, Codes)
        hint = "an image: reshape it to one" if on_codes else "an image"
        raise fields.refusal(source, node, f"input of shape {tensor.shape}, expected {hint}")
    fields.require(source, node, "data_format", "channels_last", None)
    fields.require(source, node, "groups", 1, None)
    fields.require(source, node, "dilation_rate", [1, 1], 1, None)
    fields.require(source, node, "mask", None)
    kernel = fields.pair(source, node, "kernel_size")
    strides = fields.pair(source, node, "strides", (1, 1))
    padding: Any = fields.padding(source, node)
    if tensor.pads != NO_PADS:
        padding = _padded(source, node, tensor, kernel, strides, padding)
    return kernel, strides, padding


def _fitting(
    source: str, node: Node, tensor: Tensor, layer: Weighted, kernel: tuple[int, int]
) -> Weighted:
    if min(layer.output_shape((tensor.inner,))) < 1:
        rows, columns, _ = tensor.shape
        raise fields.refusal(source, node, f"kernel_size={list(kernel)} on {rows}x{columns} values")
    return layer


def _padded(
    source: str, node: Node, tensor: Tensor, kernel: Shape, strides: Shape, padding: str
) -> Pads:
    """Explicit zeros before this convolution and those of its own padding together."""
    both = []
    for axis in (0, 1):
        own = (0, 0)
        if padding == "same":
            own = same_pads(tensor.shape[axis], kernel[axis], strides[axis])
        both.append((tensor.pads[axis][0] + own[0], tensor.pads[axis][1] + own[1]))
    if max(max(pads) for pads in both) > MAX_PAD:
        reason = f"padding={both}, allowed are 0 to {MAX_PAD} zeros a side"
        raise fields.refusal(source, node, reason)
    return (both[0], both[1])


def _dense(source: str, node: Node, tensor: Tensor) -> Weighted:
    shape = tensor.shape
    fields.require_no_pads(source, node, tensor.pads)
    if len(shape) > 1 and not (len(shape) == 3 and shape[:2] == (1, 1)):
        raise fields.refusal(source, node, f"input of shape {shape}: flatten it first")
    return Dense.sized(units=fields.size(source, node, "units"))


READERS: dict[str, Callable[[str, Node, Tensor], Weighted]] = {
    "QConv2D": _conv2d,
    "QConv2DBatchnorm": _conv2d,
    "QDense": _dense,
    "QDenseBatchnorm": _dense,
    "QDepthwiseConv2D": _depthwise,
}
"""By class, of file, layer and input: the op with its sizes, without name and types; raises
BadInput for what it cannot do exactly."""
KERNELS: Final = {"QDepthwiseConv2D": "depthwise_quantizer"}
"""By class, what the quantiser of the kernel is called where it is not ``kernel_quantizer``."""


def kernel_key(node: Node) -> str:
    """Where a layer has the quantiser of its kernel."""
    return KERNELS.get(node.kind, "kernel_quantizer")
