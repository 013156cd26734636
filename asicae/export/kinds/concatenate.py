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
    del layer
    return [
        ("operands", len(plan.operands)),
        ("places", prod(plan.output_shape[:-1])),
        ("channels", tuple(shape[-1] for shape in plan.input_shapes)),
        ("output_channels", plan.channels),
    ]


def _qonnx(
    graph: Graph, layer: Concatenate, plan: LayerPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    del layer, weights
    return graph.add("Concat", [*values], f"{plan.name}_joined", axis=1)  # channels first


CONCATENATE = Printed(
    _verilog,
    _cpp,
    _qonnx,
    module=None,
    function=Path("asicae_hls/graph/concatenate.hpp"),
    emulator=Path("asicae_concatenate.hpp"),
    emulated="Concatenate",
)
