"""ReLU with a slope below zero in Verilog, C++ and QONNX."""

from pathlib import Path

from asicae.export.printed import Constants, Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.leaky_relu import LeakyRelu
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights


def _verilog(layer: LeakyRelu, plan: LayerPlan) -> Numbers:
    return [("VALUES", plan.outputs), ("HALVINGS", layer.halvings)]


def _cpp(layer: LeakyRelu, plan: LayerPlan) -> Constants:
    return [("values", plan.outputs), ("halvings", layer.halvings)]


def _qonnx(
    graph: Graph, layer: LeakyRelu, plan: LayerPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    del weights
    return graph.add("LeakyRelu", [*values], f"{plan.name}_sloped", alpha=layer.negative_slope)


LEAKY_RELU = Printed(
    _verilog,
    _cpp,
    _qonnx,
    module=Path("graph/leaky_relu.v"),
    function=Path("asicae_hls/graph/leaky_relu.hpp"),
    emulator=Path("asicae_leaky_relu.hpp"),
    emulator_needs=(Path("asicae_sums.hpp"),),
    emulated="LeakyRelu",
)
