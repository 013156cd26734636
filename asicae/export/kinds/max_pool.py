"""The largest number of each window in Verilog, C++ and QONNX."""

from pathlib import Path

from asicae.export.kinds.pool import cpp_pool, onnx_pool, verilog_pool
from asicae.export.printed import Constants, Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.max_pool import MaxPool
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights


def _verilog(layer: MaxPool, plan: LayerPlan) -> Numbers:
    (top, _), (left, _) = layer.pads(plan.input_shape)
    kind = plan.input_type
    return [
        *verilog_pool(layer, plan),
        ("PAD_TOP", top),
        ("PAD_LEFT", left),
        ("WIDTH", kind.width),
        ("SIGNED", int(kind.signed)),
    ]


def _cpp(layer: MaxPool, plan: LayerPlan) -> Constants:
    (top, _), (left, _) = layer.pads(plan.input_shape)
    return [*cpp_pool(layer, plan), ("pad_top", top), ("pad_left", left)]


def _qonnx(
    graph: Graph, layer: MaxPool, plan: LayerPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    del weights
    return graph.add("MaxPool", [*values], f"{plan.name}_largest", **onnx_pool(layer, plan))


MAX_POOL = Printed(
    _verilog,
    _cpp,
    _qonnx,
    module=Path("graph/max_pool.v"),
    leaves=(Path("graph/largest.v"),),
    function=Path("asicae_hls/graph/max_pool.hpp"),
    emulator=Path("asicae_max_pool.hpp"),
    emulated="MaxPool",
)
