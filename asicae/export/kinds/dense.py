"""Fully connected layer in Verilog, C++ and QONNX."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.export.kinds.window import cpp_window
from asicae.export.printed import Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.dense import Dense
from asicae.network.plan import WeightedPlan
from asicae.network.weights import Weights


def _verilog(layer: Dense, plan: WeightedPlan) -> Numbers:
    return [("INPUTS", plan.inputs), ("UNITS", layer.units)]


def _qonnx(
    graph: Graph, layer: Dense, plan: WeightedPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    del layer
    (source,) = values
    bias = graph.parameter(plan.bias, weights.arrays[plan.bias.name])
    kernel: npt.NDArray[Any] = weights.arrays[plan.kernel.name]
    if len(plan.input_shape) > 1:
        # ONNX has the channels first, so it flattens in another order than the network.
        order = np.arange(plan.inputs).reshape(plan.input_shape)
        source = graph.add("Flatten", [source], f"{plan.name}_inputs", axis=1)
        kernel = kernel[np.moveaxis(order, -1, 0).ravel()]
    weight = graph.parameter(plan.kernel, kernel)
    products = graph.add("MatMul", [source, weight], f"{plan.name}_products")
    return graph.add("Add", [products, bias], f"{plan.name}_sums")


DENSE = Printed(
    _verilog,
    cpp_window,
    _qonnx,
    module=Path("dense.v"),
    folded=Path("folded/dense.v"),
    function=Path("asicae_hls/dense.hpp"),
)
