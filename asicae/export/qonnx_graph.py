"""Nodes and constants of a QONNX model as they are made."""

from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.plan import Parameter

QUANTISERS = "qonnx.custom_op.general"
"""Domain of the nodes that quantise."""


class Graph:
    """Nodes and constants as they are made; every tensor has the name of what it is."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def constant(self, name: str, values: npt.ArrayLike) -> str:
        """A constant tensor, float32."""
        from onnx import numpy_helper

        array = np.asarray(values, dtype=np.float32)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """A node with one output, and the name of that."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], f"{output}_node", **attributes))
        return output

    def quantised(self, source: str, kind: FixedPoint, rounding: str, output: str) -> str:
        """``source`` brought into ``kind``; ``rounding`` as QONNX names it."""
        constants = [
            self.constant(f"{output}_scale", kind.lsb),
            self.constant(f"{output}_zero", 0.0),
            self.constant(f"{output}_bits", kind.width),
        ]
        return self.add(
            "Quant",
            [source, *constants],
            output,
            domain=QUANTISERS,
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
