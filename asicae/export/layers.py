"""All kinds of layers as the printers write them, and what is the same for all.

Verilog: the module of a kind has its name, and the ports of rtl/dense.v, those of weights only if
it has some; a kind that computes nothing is wires. C++: the function of a kind in hls/asicae_hls/
has its name, and the emulator has a class for it in hls/.
"""

from collections.abc import Iterable

from asicae.chip.blocks import OVERFLOW_NUMBER, ROUNDING_NUMBER
from asicae.export.kinds.add import ADD
from asicae.export.kinds.average_pool import AVERAGE_POOL
from asicae.export.kinds.concatenate import CONCATENATE
from asicae.export.kinds.conv2d import CONV2D
from asicae.export.kinds.dense import DENSE
from asicae.export.kinds.depthwise_conv2d import DEPTHWISE_CONV2D
from asicae.export.kinds.leaky_relu import LEAKY_RELU
from asicae.export.kinds.max_pool import MAX_POOL
from asicae.export.printed import Constants, Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.description import SCHEMA_VERSIONS
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.base import Rounded
from asicae.network.ops.table import OPS
from asicae.network.plan import LayerPlan, WeightedPlan
from asicae.network.weights import Weights

PRINTED: dict[str, Printed] = {
    "conv2d": CONV2D,
    "dense": DENSE,
    "concatenate": CONCATENATE,
    "add": ADD,
    "max_pool": MAX_POOL,
    "average_pool": AVERAGE_POOL,
    "depthwise_conv2d": DEPTHWISE_CONV2D,
    "leaky_relu": LEAKY_RELU,
}
"""By kind, as in the table of ops."""


def rows(kinds: Iterable[str] = ()) -> tuple[Printed, ...]:
    """The kinds whose files an export of layers of those ``kinds`` has.

    Those of the first schema are in every export.
    """
    wanted = set(kinds)
    return tuple(
        row
        for kind, row in PRINTED.items()
        if kind in wanted or OPS[kind].since == SCHEMA_VERSIONS[0]
    )


def verilog_parameters(plan: LayerPlan) -> dict[str, int]:
    """Parameters of the Verilog instance of one layer; bit i of LIVE is flat input i."""
    live = sum(1 << index for index, alive in enumerate(plan.live) if alive)
    sizes = PRINTED[plan.kind].verilog(plan.layer, plan)
    return dict([*sizes, *_arithmetic(plan), ("LIVE", live)])


def _arithmetic(plan: LayerPlan) -> Numbers:
    """What is the same for all kinds whose sums are rounded."""
    if not isinstance(plan.layer, Rounded):
        return []
    kind = plan.output_type
    weights, bias_shift = [], []
    if isinstance(plan, WeightedPlan):
        weights = [*_operand("WEIGHT", plan.kernel.type), *_operand("BIAS", plan.bias.type)]
        bias_shift = [("BIAS_SHIFT", plan.bias_shift)]
    return [
        *_operand("INPUT", plan.input_type),
        *weights,
        ("PRODUCT_SHIFT", plan.product_shift),
        *bias_shift,
        ("ACC_WIDTH", plan.accumulator_width),
        ("SHIFT", plan.shift),
        ("OUT_WIDTH", kind.width),
        ("OUT_SIGNED", int(kind.signed)),
        ("ROUNDING", ROUNDING_NUMBER[kind.rounding]),
        ("OVERFLOW", OVERFLOW_NUMBER[kind.overflow]),
        ("RELU", int(plan.relu)),
    ]


def verilog_literals(plan: LayerPlan) -> list[tuple[str, str]]:
    """``verilog_parameters`` as Verilog writes them."""
    numbers = verilog_parameters(plan)
    live, inputs = numbers.pop("LIVE"), plan.inputs
    # A literal of all inputs of a wide layer would not fit on a line; only images have dead ones.
    mask = f"{{{inputs}{{1'b1}}}}" if all(plan.live) else f"{inputs}'h{live:0{-(-inputs // 4)}X}"
    return [*((name, str(value)) for name, value in numbers.items()), ("LIVE", mask)]


def cpp_constants(plan: LayerPlan) -> Constants:
    """Constants of the C++ struct of one layer."""
    sizes = PRINTED[plan.kind].cpp(plan.layer, plan)
    if not isinstance(plan.layer, Rounded):
        return sizes
    bias_shift: Constants = []
    if isinstance(plan, WeightedPlan):
        bias_shift = [("bias_shift", plan.bias_shift)]
    return [
        *sizes,
        ("accumulator_width", plan.accumulator_width),
        ("accumulator_fraction", plan.accumulator_fraction),
        ("product_shift", plan.product_shift),
        *bias_shift,
        ("shift", plan.shift),
        ("relu", plan.relu),
    ]


def qonnx_sums(graph: Graph, plan: LayerPlan, weights: Weights, values: tuple[str, ...]) -> str:
    """Nodes of the sums of one layer behind tensors, one an input; returns their tensor."""
    return PRINTED[plan.kind].qonnx(graph, plan.layer, plan, weights, values)


def _operand(name: str, kind: FixedPoint) -> Numbers:
    return [(f"{name}_WIDTH", kind.width), (f"{name}_SIGNED", int(kind.signed))]
