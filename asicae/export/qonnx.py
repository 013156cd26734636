"""A network with one weight set as QONNX model, for tools that start from there."""

from pathlib import Path
from typing import Any

from asicae import __version__
from asicae.export.layers import qonnx_sums
from asicae.export.qonnx_graph import QUANTISERS, Graph
from asicae.foundation.errors import MissingTool, NotExpressible
from asicae.foundation.extras import install_command
from asicae.foundation.files import write_bytes
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import Overflow, Rounding
from asicae.network.graph import INPUT as NODE
from asicae.network.plan import FLOAT32_EXACT_BITS, LayerPlan, WeightedPlan
from asicae.network.weights import Weights

INPUT, OUTPUT = "image", "latents"
_ROUNDING = {
    Rounding.TRN: "FLOOR",
    Rounding.TRN_ZERO: "DOWN",
    Rounding.RND_CONV: "ROUND",
    Rounding.RND_INF: "HALF_UP",
    Rounding.RND_ZERO: "HALF_DOWN",
}
_ROUNDING_ABOVE_ZERO = {Rounding.RND: "HALF_UP", Rounding.RND_MIN_INF: "HALF_DOWN"}
"""What comes to the same where everything below zero becomes zero."""


def export_qonnx(encoder: Encoder, path: Path, batch: int = 1) -> Path:
    """Write ``network`` with ``weights`` as QONNX model to ``path``.

    Its input, float32 (batch, channels, rows, columns), is the image of the codes as numbers
    (``network.image`` of the codes times the LSB); its output, float32 (batch, latents), the
    latents as numbers, before the keep mask. The normaliser is not in the model.

    Raises:
        MissingTool: qonnx is not installed.
        NotExpressible: QONNX cannot say what ``network`` does, or float32, in which it is executed,
            would round; names the layer.
    """
    return write_bytes(path, qonnx_model(encoder, batch).SerializeToString())


def qonnx_model(encoder: Encoder, batch: int = 1) -> Any:
    """The ``onnx.ModelProto`` of ``export_qonnx``; raises what that does."""
    network, weights = encoder.network, encoder.weights
    try:
        from onnx import TensorProto, helper
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.transformation.infer_shapes import InferShapes
    except ModuleNotFoundError:
        raise MissingTool("qonnx", install_command("qonnx")) from None
    graph = Graph()
    rows, columns, channels = network.cells.shape
    known = {NODE: graph.quantised(INPUT, network.input, "ROUND", "codes")}
    for plan in network.plans:
        _check(plan)
        output = OUTPUT if plan is network.plans[-1] else f"{plan.name}_outputs"
        seen = tuple(known[operand.name] for operand in plan.operands)
        known[plan.name] = _layer(graph, plan, weights, seen, output)
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
        opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid(QUANTISERS, 1)],
    )
    return ModelWrapper(model).transform(InferShapes()).model


def _layer(
    graph: Graph, plan: LayerPlan, weights: Weights, values: tuple[str, ...], output: str
) -> str:
    sums = qonnx_sums(graph, plan, weights, values)
    if plan.relu:
        sums = graph.add("Relu", [sums], f"{plan.name}_positive")
    return graph.quantised(sums, plan.output_type, _rounding(plan), output)


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
    types = {"input": plan.input_type, "output": kind}
    if isinstance(plan, WeightedPlan):
        types |= {"weight": plan.kernel.type, "bias": plan.bias.type}
    for what, used in types.items():
        if used.signed and used.width == 1:
            raise NotExpressible(
                f"{where}: {what} {used} has -1 and 0, a signed bit of QONNX is -1 or 1; "
                f"allowed are 2 bits and more"
            )
