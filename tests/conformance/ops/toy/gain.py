"""The smallest kind of layer that there can be: every channel has a gain and a bias.

It is what a new kind takes: this file, two C++ headers and a Verilog module beside it, a row in the
table of ops, one in the printers' table and one in that of the judges, which ``registered`` adds.
(A row for the importer and one for QKeras are left out: QKeras has no such layer.)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import numpy as np

from asicae.export.layers import PRINTED
from asicae.export.printed import Constants, Numbers, Printed
from asicae.export.qonnx_graph import Graph
from asicae.network.ops.base import Shape, Shapes, Taps, Weighted
from asicae.network.ops.table import OPS
from asicae.network.plan import WeightedPlan
from asicae.network.weights import Weights
from tests.judges.exact_reference import JUDGES, POINT, Values

HERE = Path(__file__).parent
MODULE = HERE / "gain.v"


class Gain(Weighted):
    """Every value times the gain of its channel, plus the bias of that."""

    kind: Literal["gain"] = "gain"

    def kernel_shape(self, inputs: Shapes) -> Shape:
        """(channels,)."""
        return inputs[0][-1:]

    def output_shape(self, inputs: Shapes) -> Shape:
        """That of the input."""
        return inputs[0]

    def taps(self, inputs: Shapes) -> Taps:
        """One product an output."""
        places = np.arange(int(np.prod(inputs[0])))
        return Taps(places, places % inputs[0][-1], places)


def _verilog(layer: Gain, plan: WeightedPlan) -> Numbers:
    return [("VALUES", plan.inputs), ("CHANNELS", plan.channels)]


def _cpp(layer: Gain, plan: WeightedPlan) -> Constants:
    return [("values", plan.inputs), ("channels", plan.channels)]


def _qonnx(
    graph: Graph, layer: Gain, plan: WeightedPlan, weights: Weights, values: tuple[str, ...]
) -> str:
    # Channels first: they lie before rows and columns.
    shape = (plan.channels, *(1,) * (len(plan.input_shape) - 1))
    gains, biases = (
        graph.parameter(array, weights.arrays[array.name].reshape(shape))
        for array in (plan.kernel, plan.bias)
    )
    products = graph.add("Mul", [*values, gains], f"{plan.name}_products")
    return graph.add("Add", [products, biases], f"{plan.name}_sums")


def _judge(
    layer: Gain, kernel: list, bias: list[int], seen: list[Values]
) -> tuple[list[int], list[int]]:
    (source,) = seen
    unit, channels = POINT - layer.weight.fraction, source.shape[-1]
    point = 2 * POINT - layer.bias.fraction
    totals = [
        (bias[place % channels] << point) + ((value * kernel[place % channels]) << unit)
        for place, value in enumerate(source.numbers)
    ]
    return totals, source.shape


@contextmanager
def registered() -> Iterator[None]:
    """The kind ``gain`` in every table."""
    row = Printed(
        _verilog,
        _cpp,
        _qonnx,
        module=MODULE,
        function=HERE / "gain.hpp",
        emulator=HERE / "asicae_gain.hpp",
        emulated="Gain",
    )
    with (
        patch.dict(OPS, gain=Gain),
        patch.dict(PRINTED, gain=row),
        patch.dict(JUDGES, gain=_judge),
    ):
        yield
