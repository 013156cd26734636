"""The mean of each window in Verilog, C++ and QONNX."""

from pathlib import Path

from asicae.export.kinds.pool import cpp_pool, onnx_pool, verilog_pool
from asicae.export.printed import Constants, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.average_pool import AveragePool
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights


def _cpp(layer: AveragePool, plan: LayerPlan) -> Constants:
    return [*cpp_pool(layer, plan), ("halvings", layer.halvings)]


def _qonnx(
    graph: Graph, layer: AveragePool, plan: LayerPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    del weights
    return graph.add("AveragePool", [*values], f"{plan.name}_means", **onnx_pool(layer, plan))


AVERAGE_POOL = Printed(
    verilog_pool,
    _cpp,
    _qonnx,
    module=Path("graph/average_pool.v"),
    leaves=(Path("graph/total.v"),),
    function=Path("asicae_hls/graph/average_pool.hpp"),
    emulator=Path("asicae_average_pool.hpp"),
    emulator_needs=(Path("asicae_sums.hpp"),),
    emulated="AveragePool",
)
