"""One call for every way to execute the chip: same inputs, same outputs, bit for bit."""

from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy.typing as npt

from asicae.chip import golden
from asicae.chip.golden import ChipOutput
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.weights import Weights

EngineName = Literal["numpy", "emulator", "verilated", "ac", "ap", "qonnx"]


class Engine(Protocol):
    """A network with one weight set, ready to encode many events."""

    def encode(self, calq: npt.ArrayLike, threads: int | None = None) -> ChipOutput:
        """Latents and sums of CALQ (events, 48) in AE order, on all cores unless told otherwise.

        Raises:
            BadInput: CALQ of another shape or outside 22 bits, or fewer than one thread.
        """


class _Golden:
    def __init__(self, network: Network, weights: Weights) -> None:
        self._network, self._weights = network, weights

    def encode(self, calq: npt.ArrayLike, threads: int | None = None) -> ChipOutput:
        return golden.run(self._network, self._weights, calq, threads)


def open_engine(
    network: Network, weights: Weights, name: str, rtl_folder: Path | None = None
) -> Engine:
    """An engine by name.

    ``numpy`` is golden, the definition; ``emulator`` is the exported C++, ``ac`` and ``ap`` are the
    HLS templates with ac_types and ap_types, ``verilated`` is the exported RTL, each compiled at
    first use and cached; ``qonnx`` is the QONNX model, executed by qonnx. ``rtl_folder`` is an
    export whose RTL is simulated as it stands; without one it is what an export would write.

    Raises:
        BadInput: another name, or ``rtl_folder`` is no export.
        NotExpressible: the engine cannot hold ``network``: ap_types lack a rounding, QONNX more.
        MissingTool: a compiler, Verilator, qonnx or the headers of ac_types or ap_types are absent.
        CheckFailed: the engine cannot be built, did not take the weights, or ``rtl_folder`` is of
            another network.
    """
    if name == "numpy":
        return _Golden(network, weights)
    if name == "emulator":
        from asicae.simulation.engines.emulator import emulator

        return emulator(network, weights)
    if name in ("ac", "ap"):
        from asicae.simulation.engines.hls import hls_model

        return hls_model(network, weights, "ac" if name == "ac" else "ap")
    if name == "qonnx":
        from asicae.simulation.engines.qonnx import QonnxModel

        return QonnxModel(network, weights)
    if name == "verilated":
        from asicae.simulation.engines.verilated import verilated

        return verilated(network, weights, rtl_folder)
    allowed = ", ".join(get_args(EngineName))
    raise BadInput(f"engine: found {name!r}, allowed are {allowed}")


def run(
    network: Network,
    weights: Weights,
    calq: npt.ArrayLike,
    engine: str = "numpy",
    threads: int | None = None,
) -> ChipOutput:
    """Encode CALQ (events, 48) in AE order with an engine; see ``open_engine`` for its names.

    ``threads`` defaults to all cores.

    Raises:
        BadInput: CALQ of another shape or outside 22 bits, fewer than one thread, or as
            ``open_engine``, whose other errors are raised as well.
        CheckFailed: the verilated chip does not keep its latency or reports an upset, or QONNX
            gives a number that is no latent.
    """
    return open_engine(network, weights, engine).encode(calq, threads)
