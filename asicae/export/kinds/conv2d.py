"""Convolution in Verilog, C++ and QONNX."""

from pathlib import Path

from asicae.chip.phased import window_numbers
from asicae.export.kinds.window import cpp_window
from asicae.export.printed import Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.conv2d import Conv2D
from asicae.network.plan import WeightedPlan
from asicae.network.weights import Weights


def _verilog(layer: Conv2D, plan: WeightedPlan) -> Numbers:
    del layer
    return [*window_numbers(plan).items()]


def _qonnx(
    graph: Graph, layer: Conv2D, plan: WeightedPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    bias = graph.parameter(plan.bias, weights.arrays[plan.bias.name])
    kernel = weights.arrays[plan.kernel.name].transpose(3, 2, 0, 1)
    weight = graph.parameter(plan.kernel, kernel)
    (top, bottom), (left, right) = layer.window(plan.input_shape).pads
    return graph.add(
        "Conv",
        [*values, weight, bias],
        f"{plan.name}_sums",
        kernel_shape=layer.kernel,
        dilations=(1, 1),
        group=1,
        strides=layer.strides,
        pads=(top, left, bottom, right),
    )


CONV2D = Printed(
    _verilog,
    cpp_window,
    _qonnx,
    module=Path("conv2d.v"),
    function=Path("asicae_hls/conv2d.hpp"),
)
