"""Convolution of each channel by itself in Verilog, C++ and QONNX."""

from pathlib import Path

from asicae.export.printed import Constants, Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.depthwise_conv2d import DepthwiseConv2D
from asicae.network.plan import WeightedPlan
from asicae.network.weights import Weights


def _verilog(layer: DepthwiseConv2D, plan: WeightedPlan) -> Numbers:
    rows, columns, channels = plan.input_shape
    window = layer.window(plan.input_shape)
    return [
        ("IN_ROWS", rows),
        ("IN_COLS", columns),
        ("CHANNELS", channels),
        ("KERNEL_ROWS", layer.kernel[0]),
        ("KERNEL_COLS", layer.kernel[1]),
        ("MULTIPLIER", layer.multiplier),
        ("STRIDE_ROWS", layer.strides[0]),
        ("STRIDE_COLS", layer.strides[1]),
        ("PAD_TOP", window.pads[0][0]),
        ("PAD_LEFT", window.pads[1][0]),
        ("OUT_ROWS", window.outputs[0]),
        ("OUT_COLS", window.outputs[1]),
    ]


def _cpp(layer: DepthwiseConv2D, plan: WeightedPlan) -> Constants:
    rows, columns, channels = plan.input_shape
    window = layer.window(plan.input_shape)
    return [
        ("rows", rows),
        ("columns", columns),
        ("channels", channels),
        ("kernel_rows", layer.kernel[0]),
        ("kernel_columns", layer.kernel[1]),
        ("multiplier", layer.multiplier),
        ("stride_rows", layer.strides[0]),
        ("stride_columns", layer.strides[1]),
        ("pad_top", window.pads[0][0]),
        ("pad_left", window.pads[1][0]),
        ("output_rows", window.outputs[0]),
        ("output_columns", window.outputs[1]),
        ("filters", plan.channels),
    ]


def _qonnx(
    graph: Graph,
    layer: DepthwiseConv2D,
    plan: WeightedPlan,
    weights: Weights,
    values: tuple[str, ...],
) -> str:
    bias = graph.parameter(plan.bias, weights.arrays[plan.bias.name])
    # (rows, columns, channels, multiplier) to (filters, 1, rows, columns).
    kernel = weights.arrays[plan.kernel.name].reshape(*layer.kernel, plan.channels)
    weight = graph.parameter(plan.kernel, kernel.transpose(2, 0, 1)[:, None])
    (top, bottom), (left, right) = layer.window(plan.input_shape).pads
    return graph.add(
        "Conv",
        [*values, weight, bias],
        f"{plan.name}_sums",
        kernel_shape=layer.kernel,
        dilations=(1, 1),
        group=plan.input_shape[2],
        strides=layer.strides,
        pads=(top, left, bottom, right),
    )


DEPTHWISE_CONV2D = Printed(
    _verilog,
    _cpp,
    _qonnx,
    module=Path("graph/depthwise_conv2d.v"),
    function=Path("asicae_hls/graph/depthwise_conv2d.hpp"),
    emulator=Path("asicae_depthwise_conv2d.hpp"),
    emulated="DepthwiseConv2D",
)
