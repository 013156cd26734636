"""The sum of several nodes in Verilog, C++ and QONNX."""

from pathlib import Path

from asicae.export.printed import Constants, Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.add import Add
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights


def _verilog(layer: Add, plan: LayerPlan) -> Numbers:
    del layer
    return [("OPERANDS", len(plan.operands)), ("VALUES", plan.outputs)]


def _cpp(layer: Add, plan: LayerPlan) -> Constants:
    del layer
    return [("operands", len(plan.operands)), ("values", plan.outputs)]


def _qonnx(
    graph: Graph, layer: Add, plan: LayerPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    del layer, weights
    return graph.add("Sum", [*values], f"{plan.name}_sums")


ADD = Printed(
    _verilog,
    _cpp,
    _qonnx,
    module=Path("graph/add.v"),
    leaves=(Path("graph/total.v"),),
    function=Path("asicae_hls/graph/add.hpp"),
    emulator=Path("asicae_add.hpp"),
    emulator_needs=(Path("asicae_sums.hpp"),),
    emulated="Add",
)
