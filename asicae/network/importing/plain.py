"""How each kind of layer without weights stands in a model file: from the class in it to its op.

A mean is exact where its window has 2, 4, 8 ... numbers, all of them inside the image; TensorFlow
divides by fewer at the edge. Of ``QAveragePooling2D`` the quantised factor must then be that of
the mean itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from asicae.foundation.validation import short
from asicae.network.importing import fields
from asicae.network.importing.architecture import Node
from asicae.network.importing.codes import Codes
from asicae.network.importing.quantisers import quantiser_of
from asicae.network.importing.read_layer import Tensor
from asicae.network.importing.specs import spec_of
from asicae.network.ops.add import Add
from asicae.network.ops.average_pool import AveragePool
from asicae.network.ops.base import MAX_INPUTS, Layer, Shape
from asicae.network.ops.concatenate import Concatenate
from asicae.network.ops.max_pool import MaxPool
from asicae.network.ops.window import NO_PADS, pads_of

Pair = tuple[int, int]


@dataclass(frozen=True)
class Plain:
    """A layer of the network, without name, inputs and types, and the shape that the model sees."""

    layer: Layer
    shape: Shape


def _max_pool(source: str, node: Node, tensors: Sequence[Tensor]) -> Plain:
    pool, strides, padding = _window(source, node, tensors)
    return _pooled(
        source, node, tensors, MaxPool.sized(pool=pool, strides=strides, padding=padding)
    )


def _average_pool(source: str, node: Node, tensors: Sequence[Tensor]) -> Plain:
    pool, strides, padding = _window(source, node, tensors)
    if pads_of(padding, tensors[0].shape, pool, strides) != NO_PADS:
        raise fields.refusal(
            source,
            node,
            "padding=same with windows over the edge, where a mean is one of fewer numbers, "
            "allowed is valid",
        )
    return _mean(source, node, tensors, pool, strides)


def _global_max_pool(source: str, node: Node, tensors: Sequence[Tensor]) -> Plain:
    pool = _whole(source, node, tensors)
    whole = MaxPool.sized(pool=pool, strides=(1, 1), padding="valid")
    return _pooled(source, node, tensors, whole)


def _global_average_pool(source: str, node: Node, tensors: Sequence[Tensor]) -> Plain:
    return _mean(source, node, tensors, _whole(source, node, tensors), (1, 1))


def _window(source: str, node: Node, tensors: Sequence[Tensor]) -> tuple[Pair, Pair, str]:
    """Pool, strides and padding."""
    _require_image(source, node, tensors)
    pool = fields.pair(source, node, "pool_size", (2, 2))
    given = node.config.get("strides") is not None
    strides = fields.pair(source, node, "strides") if given else pool
    return pool, strides, fields.padding(source, node)


def _whole(source: str, node: Node, tensors: Sequence[Tensor]) -> Pair:
    _require_image(source, node, tensors)
    rows, columns, _ = tensors[0].shape
    return rows, columns


def _require_image(source: str, node: Node, tensors: Sequence[Tensor]) -> None:
    fields.require(source, node, "data_format", "channels_last", None)
    if not tensors[0].is_image:
        found = tensors[0].shape
        raise fields.refusal(source, node, f"input of shape {found}, expected an image")


def _mean(source: str, node: Node, tensors: Sequence[Tensor], pool: Pair, strides: Pair) -> Plain:
    count = pool[0] * pool[1]
    if count & (count - 1):
        raise fields.refusal(
            source,
            node,
            f"a mean of {pool[0]}x{pool[1]} numbers, which is not exact in binary; allowed are "
            "windows of 1, 2, 4, 8 ... numbers",
        )
    where = f"{source}: layer {short(node.name)}: average_quantizer"
    spec = spec_of(node.config.get("average_quantizer"), where)
    if spec is not None:
        quantiser = quantiser_of(spec, where)
        factor = (
            float(quantiser.raw(np.array([1 / count], dtype=np.float32))[0]) * quantiser.type.lsb
        )
        if factor != 1 / count:
            raise fields.refusal(
                source,
                node,
                f"average_quantizer {spec} makes {factor:g} of the factor 1/{count}, allowed is "
                "one that holds it",
            )
    return _pooled(source, node, tensors, AveragePool.sized(pool=pool, strides=strides))


def _pooled(source: str, node: Node, tensors: Sequence[Tensor], layer: Layer) -> Plain:
    shape = layer.output_shape((tensors[0].shape,))
    if min(shape) < 1:
        rows, columns, _ = tensors[0].shape
        found = list(fields.pair(source, node, "pool_size", (2, 2)))
        raise fields.refusal(source, node, f"pool_size={found} on {rows}x{columns} values")
    if node.kind in GLOBAL and not node.config.get("keepdims"):
        return Plain(layer, shape[-1:])
    return Plain(layer, shape)


def _add(source: str, node: Node, tensors: Sequence[Tensor]) -> Plain:
    _require_several(source, node, tensors)
    for shapes in ([tensor.shape for tensor in tensors], [tensor.own for tensor in tensors]):
        if len(set(shapes)) > 1:
            found = " and ".join(map(str, shapes))
            raise fields.refusal(source, node, f"inputs of {found}, allowed is one shape")
    return Plain(Add.sized(), tensors[0].shape)


def _concatenate(source: str, node: Node, tensors: Sequence[Tensor]) -> Plain:
    _require_several(source, node, tensors)
    first = tensors[0].shape
    axis: Any = node.config.get("axis")
    if type(axis) is not int or axis not in (-1, len(first)):
        raise fields.refusal(
            source, node, f"axis={short(axis)}, allowed is -1, the channels beside each other"
        )
    if len({tensor.shape[:-1] for tensor in tensors}) > 1:
        found = " and ".join(map(str, (tensor.shape for tensor in tensors)))
        raise fields.refusal(source, node, f"inputs of {found}, allowed is one shape but channels")
    # Rows of what is no row in the network: images that were flattened, or codes.
    rows = len(first) == 1 and any(
        isinstance(tensor.origin, Codes) or tensor.own != tensor.shape for tensor in tensors
    )
    channels = sum(tensor.shape[-1] for tensor in tensors)
    return Plain(Concatenate.sized(flatten=rows), (*first[:-1], channels))


def _require_several(source: str, node: Node, tensors: Sequence[Tensor]) -> None:
    if not 2 <= len(tensors) <= MAX_INPUTS:
        found = len(tensors)
        raise fields.refusal(
            source, node, f"{found} inputs from layers, allowed are 2 to {MAX_INPUTS}"
        )


GLOBAL: Final = (
    "GlobalMaxPooling2D", "GlobalAveragePooling2D", "QGlobalAveragePooling2D",
)  # fmt: skip
"""Classes whose window is the whole image."""
JOINING: Final = ("Add", "Concatenate")
"""Classes that take several tensors."""
PLAIN: dict[str, Callable[[str, Node, Sequence[Tensor]], Plain]] = {
    "MaxPooling2D": _max_pool,
    "GlobalMaxPooling2D": _global_max_pool,
    "AveragePooling2D": _average_pool,
    "QAveragePooling2D": _average_pool,
    "GlobalAveragePooling2D": _global_average_pool,
    "QGlobalAveragePooling2D": _global_average_pool,
    "Add": _add,
    "Concatenate": _concatenate,
}
"""By class, of file, layer and inputs; raises BadInput for what has no exact integers."""
