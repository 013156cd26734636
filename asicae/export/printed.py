"""What the printers must know of a kind of layer: a row of their table."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae.export.qonnx_graph import Graph
from asicae.network.weights import Weights

Numbers = list[tuple[str, int]]
Constants = list[tuple[str, int | tuple[int, ...]]]


@dataclass(frozen=True)
class Printed:
    """What the printers must know of a kind of layer; each gets the layer and its plan.

    Attributes:
        verilog: sizes of the Verilog module, by parameter.
        cpp: sizes of the C++ struct, by constant.
        qonnx: adds the nodes of the sums (bias included) behind tensors, one an input of the layer,
            in the graph's layout (channels first), and returns the tensor they make.
        module: Verilog file with the module of the kind, in rtl/ unless absolute; None where the
            kind computes nothing, and is wires.
        leaves: likewise, of what that is made of beside what every chip has.
        folded: likewise, of the module that has products of still inputs summed ahead (see
            ``chip.folding.folded``), where the kind has one.
        function: C++ header with the function of the kind, in hls/ unless absolute.
        emulator: C++ header with the emulator's class template, likewise.
        emulator_needs: those that it needs beside what every emulator has.
        emulated: name of that class template.
    """

    verilog: Callable[[Any, Any], Numbers]
    cpp: Callable[[Any, Any], Constants]
    qonnx: Callable[[Graph, Any, Any, Weights, tuple[str, ...]], str]
    module: Path | None
    function: Path
    emulator: Path = Path("asicae_layers.hpp")
    emulated: str = "Layer"
    folded: Path | None = None
    leaves: tuple[Path, ...] = ()
    emulator_needs: tuple[Path, ...] = ()
