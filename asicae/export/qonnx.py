"""A network with one weight set as QONNX model, for tools that start from there."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae import __version__
from asicae.foundation.errors import MissingTool, NotExpressible
from asicae.foundation.files import write_bytes
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.layers import Conv2D
from asicae.network.plan import FLOAT32_EXACT_BITS, LayerPlan, Parameter
from asicae.network.weights import Weights

INPUT, OUTPUT = "image", "latents"
_QUANTISERS = "qonnx.custom_op.general"
_ROUNDING = {
    Rounding.TRN: "FLOOR",
    Rounding.TRN_ZERO: "DOWN",
    Rounding.RND_CONV: "ROUND",
    Rounding.RND_INF: "HALF_UP",
    Rounding.RND_ZERO: "HALF_DOWN",
}
_ROUNDING_ABOVE_ZERO = {Rounding.RND: "HALF_UP", Rounding.RND_MIN_INF: "HALF_DOWN"}
"""What comes to the same where everything below zero becomes zero."""


def export_qonnx(network: Network, weights: Weights, path: Path, batch: int = 1) -> Path:
    """Write ``network`` with ``weights`` as QONNX model to ``path``.

    Its input, float32 (batch, channels, rows, columns), is the image of the codes as numbers
    (``network.image`` of the codes times the LSB); its output, float32 (batch, latents), the
    latents as numbers, before the keep mask. The normaliser is not in the model.

    Raises:
        MissingTool: qonnx is not installed.
        NotExpressible: QONNX cannot say what ``network`` does, or float32, in which it is executed,
            would round; names the layer.
    """
    return write_bytes(path, qonnx_model(network, weights, batch).SerializeToString())


def qonnx_model(network: Network, weights: Weights, batch: int = 1) -> Any:
    """The ``onnx.ModelProto`` of ``export_qonnx``; raises what that does."""
    try:
        from onnx import TensorProto, helper
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.transformation.infer_shapes import InferShapes
    except ModuleNotFoundError:
        raise MissingTool("qonnx", "pip install 'asicae[qonnx]'") from None
    graph = _Graph()
    rows, columns, channels = network.cells.shape
    values = graph.quantised(INPUT, network.input, "ROUND", "codes")
    for plan in network.plans:
        _check(plan)
        output = OUTPUT if plan is network.plans[-1] else f"{plan.name}_outputs"
        values = _layer(graph, plan, weights, values, output)
    shapes = ((INPUT, (batch, channels, rows, columns)), (OUTPUT, (batch, network.latents)))
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in shapes]
    made = helper.make_graph(
        graph.nodes, network.identifier, infos[:1], infos[1:], graph.initializers
    )
    model = helper.make_model(
        made,
        producer_name="asicae",
        producer_version=__version__,
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid(_QUANTISERS, 1)],
    )
    return ModelWrapper(model).transform(InferShapes()).model


class _Graph:
    """Nodes and constants as they are made; every tensor has the name of what it is."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def constant(self, name: str, values: npt.ArrayLike) -> str:
        from onnx import numpy_helper

        array = np.asarray(values, dtype=np.float32)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], f"{output}_node", **attributes))
        return output

    def quantised(self, source: str, kind: FixedPoint, rounding: str, output: str) -> str:
        constants = [
            self.constant(f"{output}_scale", kind.lsb),
            self.constant(f"{output}_zero", 0.0),
            self.constant(f"{output}_bits", kind.width),
        ]
        return self.add(
            "Quant",
            [source, *constants],
            output,
            domain=_QUANTISERS,
            signed=int(kind.signed),
            narrow=int(kind.signed and kind.overflow is Overflow.SAT_SYM),
            rounding_mode=rounding,
        )

    def parameter(self, parameter: Parameter, raw: npt.NDArray[np.int32]) -> str:
        """A loaded array: rounding and overflow of its type mean nothing."""
        kind = FixedPoint(parameter.type.width, parameter.type.integer, parameter.type.signed)
        name = parameter.name.replace(".", "_")
        self.constant(f"{name}_values", raw * kind.lsb)
        return self.quantised(f"{name}_values", kind, "ROUND", name)


def _layer(graph: _Graph, plan: LayerPlan, weights: Weights, values: str, output: str) -> str:
    name = plan.name
    kernel, raw_bias = weights.arrays[plan.kernel.name], weights.arrays[plan.bias.name]
    bias = graph.parameter(plan.bias, raw_bias)
    if isinstance(plan.layer, Conv2D):
        weight = graph.parameter(plan.kernel, kernel.transpose(3, 2, 0, 1))
        (top, bottom), (left, right) = plan.padding
        sums = graph.add(
            "Conv",
            [values, weight, bias],
            f"{name}_sums",
            kernel_shape=plan.layer.kernel,
            dilations=(1, 1),
            group=1,
            strides=plan.layer.strides,
            pads=(top, left, bottom, right),
        )
    else:
        values, rows = _flattened(graph, plan, values)
        weight = graph.parameter(plan.kernel, kernel[rows])
        products = graph.add("MatMul", [values, weight], f"{name}_products")
        sums = graph.add("Add", [products, bias], f"{name}_sums")
    if plan.relu:
        sums = graph.add("Relu", [sums], f"{name}_positive")
    return graph.quantised(sums, plan.output_type, _rounding(plan), output)


def _flattened(
    graph: _Graph, plan: LayerPlan, values: str
) -> tuple[str, npt.NDArray[np.int64] | slice]:
    """The inputs of a dense layer, and the order of the kernel's rows that goes with them."""
    if len(plan.input_shape) == 1:
        return values, slice(None)
    # ONNX has the channels first, so it flattens in another order than the network.
    order = np.arange(len(plan.live)).reshape(plan.input_shape).transpose(2, 0, 1).ravel()
    return graph.add("Flatten", [values], f"{plan.name}_inputs", axis=1), order


def _rounding(plan: LayerPlan) -> str:
    names = _ROUNDING | (_ROUNDING_ABOVE_ZERO if plan.clips else {})
    rounding = plan.output_type.rounding
    # Without dropped bits every rounding does the same.
    return names.get(rounding, "ROUND") if plan.shift == 0 else names[rounding]


def _check(plan: LayerPlan) -> None:
    where, kind = f"layer {plan.name!r}", plan.output_type
    names = _ROUNDING | (_ROUNDING_ABOVE_ZERO if plan.clips else {})
    if plan.shift > 0 and kind.rounding not in names:
        raise NotExpressible(
            f"{where}: QONNX has no {kind.rounding} here; allowed are {', '.join(names)}"
        )
    if kind.overflow not in (Overflow.SAT, Overflow.SAT_SYM):
        raise NotExpressible(f"{where}: QONNX has no {kind.overflow}; allowed are SAT, SAT_SYM")
    if plan.accumulator_width > FLOAT32_EXACT_BITS:
        raise NotExpressible(
            f"{where}: accumulator of {plan.accumulator_width} bits, QONNX executes in float32, "
            f"which is exact up to {FLOAT32_EXACT_BITS}"
        )
    for what, used in (("input", plan.input_type), ("weight", plan.kernel.type),
                       ("bias", plan.bias.type), ("output", kind)):  # fmt: skip
        if used.signed and used.width == 1:
            raise NotExpressible(
                f"{where}: {what} {used} has -1 and 0, a signed bit of QONNX is -1 or 1; "
                f"allowed are 2 bits and more"
            )
