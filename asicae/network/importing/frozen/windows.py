"""Settings of operations whose windows slide over an image, as Keras layers have them."""

from typing import Any

import numpy.typing as npt

from asicae.foundation.validation import short
from asicae.network.importing.frozen.graph import Graph, GraphNode

NONE = (1, 1)
"""A step or a dilation that is not told."""


def convolution(graph: Graph, node: GraphNode, kernel: npt.NDArray[Any]) -> dict[str, Any]:
    """Of Conv2D, or of DepthwiseConv2dNative, whose last size is filters of each channel.

    Raises:
        BadInput: a kernel that is not of four sizes, steps between channels or events.
    """
    if kernel.ndim != 4:
        raise graph.refusal(node, f"kernel of shape {kernel.shape}, expected 4 sizes")
    filters = "filters" if node.op == "Conv2D" else "depth_multiplier"
    return {
        filters: kernel.shape[3],
        "kernel_size": list(kernel.shape[:2]),
        "strides": _rows_and_columns(graph, node, "strides"),
        "dilation_rate": _rows_and_columns(graph, node, "dilations"),
        "padding": graph.text(node, "padding").lower(),
    }


def pooling(graph: Graph, node: GraphNode) -> dict[str, Any]:
    """Of MaxPool and AvgPool.

    Raises:
        BadInput: windows over channels or events.
    """
    return {
        "pool_size": _rows_and_columns(graph, node, "ksize"),
        "strides": _rows_and_columns(graph, node, "strides"),
        "padding": graph.text(node, "padding").lower(),
    }


def padding(graph: Graph, node: GraphNode, sizes: list[int]) -> dict[str, Any]:
    """Of Pad and PadV2, with two sizes for each of events, rows, columns and channels.

    Raises:
        BadInput: other numbers than zeros, or elsewhere than around an image.
    """
    if node.op == "PadV2" and graph.constant(graph.input(node, 2)).any():
        raise graph.refusal(node, "padding that is not zero")
    if len(sizes) != 8 or any(sizes[:2] + sizes[6:]):
        raise graph.refusal(node, f"paddings={short(sizes)}, allowed are rows and columns")
    return {"padding": [sizes[2:4], sizes[4:6]]}


def _rows_and_columns(graph: Graph, node: GraphNode, key: str) -> list[int]:
    numbers = graph.numbers(node, key) or [1, *NONE, 1]
    if len(numbers) != 4 or numbers[0] != 1 or numbers[3] != 1:
        raise graph.refusal(node, f"{key}={short(numbers)}, allowed are 1, a, b, 1")
    return numbers[1:3]
