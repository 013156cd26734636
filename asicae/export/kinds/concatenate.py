"""Channels of several nodes beside each other in Verilog, C++ and QONNX."""

from math import prod
from pathlib import Path

from asicae.export.printed import Constants, Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.concatenate import Concatenate
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights


def _verilog(layer: Concatenate, plan: LayerPlan) -> Numbers:
    del layer, plan
    return []


def _cpp(layer: Concatenate, plan: LayerPlan) -> Constants:
    channels = (prod(shape) if layer.flatten else shape[-1] for shape in plan.input_shapes)
    return [
        ("operands", len(plan.operands)),
        ("places", prod(plan.output_shape[:-1])),
        ("channels", tuple(channels)),
        ("output_channels", plan.channels),
    ]


def _qonnx(
    graph: Graph, layer: Concatenate, plan: LayerPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    del weights
    if layer.flatten:
        shapes = zip(values, plan.input_shapes, strict=True)
        values = tuple(
            _row(graph, value, len(shape) > 1, f"{plan.name}_input{place}")
            for place, (value, shape) in enumerate(shapes)
        )
    return graph.add("Concat", [*values], f"{plan.name}_joined", axis=1)  # channels first


def _row(graph: Graph, value: str, is_image: bool, name: str) -> str:
    """A tensor as a row in the order of the network, which has the channels last."""
    if not is_image:
        return value
    last = graph.add("Transpose", [value], f"{name}_last", perm=[0, 2, 3, 1])
    return graph.add("Flatten", [last], name, axis=1)


CONCATENATE = Printed(
    _verilog,
    _cpp,
    _qonnx,
    module=None,
    function=Path("asicae_hls/graph/concatenate.hpp"),
    emulator=Path("asicae_concatenate.hpp"),
    emulated="Concatenate",
)
