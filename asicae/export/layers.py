"""How the printers write each kind of layer.

Verilog: the module of a kind has its name, and the ports of rtl/dense.v. C++: the function of a
kind in hls/asicae_hls/ has its name, and the emulator has a class for it in hls/.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import OVERFLOW_NUMBER, ROUNDING_NUMBER
from asicae.chip.phased import window_numbers
from asicae.export.qonnx_graph import Graph
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.ops.window import Windowed
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights

Numbers = list[tuple[str, int]]


@dataclass(frozen=True)
class Printed:
    """What the printers must know of a kind of layer; each gets the layer and its plan.

    Attributes:
        verilog: sizes of the Verilog module, by parameter.
        cpp: sizes of the C++ struct, by constant.
        qonnx: adds the nodes of the sums (bias included) behind a tensor, in the graph's
            layout (channels first), and returns the tensor they make.
        module: Verilog file with the module of the kind, in rtl/ unless absolute.
        folded: likewise, of the module that has products of still inputs summed ahead (see
            ``chip.folding.folded``), where the kind has one.
        function: C++ header with the function of the kind, in hls/ unless absolute.
        emulator: C++ header with the emulator's class template, likewise.
        emulated: name of that class template.
    """

    verilog: Callable[[Any, LayerPlan], Numbers]
    cpp: Callable[[Any, LayerPlan], Numbers]
    qonnx: Callable[[Graph, Any, LayerPlan, Weights, str], str]
    module: Path
    function: Path
    emulator: Path = Path("asicae_layers.hpp")
    emulated: str = "Layer"
    folded: Path | None = None


def verilog_parameters(plan: LayerPlan) -> dict[str, int]:
    """Parameters of the Verilog instance of one layer; bit i of LIVE is flat input i."""
    kind = plan.output_type
    arithmetic: Numbers = [
        *_operand("INPUT", plan.input_type),
        *_operand("WEIGHT", plan.kernel.type),
        *_operand("BIAS", plan.bias.type),
        ("PRODUCT_SHIFT", plan.product_shift),
        ("BIAS_SHIFT", plan.bias_shift),
        ("ACC_WIDTH", plan.accumulator_width),
        ("SHIFT", plan.shift),
        ("OUT_WIDTH", kind.width),
        ("OUT_SIGNED", int(kind.signed)),
        ("ROUNDING", ROUNDING_NUMBER[kind.rounding]),
        ("OVERFLOW", OVERFLOW_NUMBER[kind.overflow]),
        ("RELU", int(plan.relu)),
    ]
    live = sum(1 << index for index, alive in enumerate(plan.live) if alive)
    sizes = PRINTED[plan.kind].verilog(plan.layer, plan)
    return dict([*sizes, *arithmetic, ("LIVE", live)])


def verilog_literals(plan: LayerPlan) -> list[tuple[str, str]]:
    """``verilog_parameters`` as Verilog writes them."""
    numbers = verilog_parameters(plan)
    live, inputs = numbers.pop("LIVE"), plan.inputs
    # A literal of all inputs of a wide layer would not fit on a line; only images have dead ones.
    mask = f"{{{inputs}{{1'b1}}}}" if all(plan.live) else f"{inputs}'h{live:0{-(-inputs // 4)}X}"
    return [*((name, str(value)) for name, value in numbers.items()), ("LIVE", mask)]


def cpp_numbers(plan: LayerPlan) -> list[tuple[str, int | bool]]:
    """Constants of the C++ struct of one layer."""
    return [
        *PRINTED[plan.kind].cpp(plan.layer, plan),
        ("accumulator_width", plan.accumulator_width),
        ("accumulator_fraction", plan.accumulator_fraction),
        ("product_shift", plan.product_shift),
        ("bias_shift", plan.bias_shift),
        ("shift", plan.shift),
        ("relu", plan.relu),
    ]


def qonnx_sums(graph: Graph, plan: LayerPlan, weights: Weights, values: str) -> str:
    """Nodes of the sums of one layer behind the tensor ``values``; returns their tensor."""
    return PRINTED[plan.kind].qonnx(graph, plan.layer, plan, weights, values)


def _operand(name: str, kind: FixedPoint) -> Numbers:
    return [(f"{name}_WIDTH", kind.width), (f"{name}_SIGNED", int(kind.signed))]


def _verilog_conv2d(layer: Conv2D, plan: LayerPlan) -> Numbers:
    del layer
    return [*window_numbers(plan).items()]


def _verilog_dense(layer: Dense, plan: LayerPlan) -> Numbers:
    return [("INPUTS", plan.inputs), ("UNITS", layer.units)]


def _cpp_window(layer: Windowed, plan: LayerPlan) -> Numbers:
    window = layer.window(plan.input_shape)
    return [
        ("rows", window.image[0]),
        ("columns", window.image[1]),
        ("channels", window.image[2]),
        ("kernel_rows", window.kernel[0]),
        ("kernel_columns", window.kernel[1]),
        ("stride_rows", window.strides[0]),
        ("stride_columns", window.strides[1]),
        ("pad_top", window.pads[0][0]),
        ("pad_left", window.pads[1][0]),
        ("output_rows", window.outputs[0]),
        ("output_columns", window.outputs[1]),
        ("filters", window.filters),
    ]


def _qonnx_conv2d(
    graph: Graph, layer: Conv2D, plan: LayerPlan, weights: Weights, values: str
) -> str:
    bias = graph.parameter(plan.bias, weights.arrays[plan.bias.name])
    kernel = weights.arrays[plan.kernel.name].transpose(3, 2, 0, 1)
    weight = graph.parameter(plan.kernel, kernel)
    (top, bottom), (left, right) = layer.window(plan.input_shape).pads
    return graph.add(
        "Conv",
        [values, weight, bias],
        f"{plan.name}_sums",
        kernel_shape=layer.kernel,
        dilations=(1, 1),
        group=1,
        strides=layer.strides,
        pads=(top, left, bottom, right),
    )


def _qonnx_dense(graph: Graph, layer: Dense, plan: LayerPlan, weights: Weights, values: str) -> str:
    bias = graph.parameter(plan.bias, weights.arrays[plan.bias.name])
    kernel: npt.NDArray[Any] = weights.arrays[plan.kernel.name]
    if len(plan.input_shape) > 1:
        # ONNX has the channels first, so it flattens in another order than the network.
        order = np.arange(plan.inputs).reshape(plan.input_shape)
        values = graph.add("Flatten", [values], f"{plan.name}_inputs", axis=1)
        kernel = kernel[np.moveaxis(order, -1, 0).ravel()]
    weight = graph.parameter(plan.kernel, kernel)
    products = graph.add("MatMul", [values, weight], f"{plan.name}_products")
    return graph.add("Add", [products, bias], f"{plan.name}_sums")


PRINTED: dict[str, Printed] = {
    "conv2d": Printed(
        _verilog_conv2d,
        _cpp_window,
        _qonnx_conv2d,
        module=Path("conv2d.v"),
        function=Path("asicae_hls/conv2d.hpp"),
    ),
    "dense": Printed(
        _verilog_dense,
        _cpp_window,
        _qonnx_dense,
        module=Path("dense.v"),
        folded=Path("folded/dense.v"),
        function=Path("asicae_hls/dense.hpp"),
    ),
}
"""By kind, as in the table of ops."""
