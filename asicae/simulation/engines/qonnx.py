"""The QONNX export as an engine: executed by qonnx itself, behind the kit's normaliser."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.chip.golden import ChipOutput
from asicae.chip.normaliser import codes_of, sum_codes, total
from asicae.export.qonnx import INPUT, OUTPUT, qonnx_model
from asicae.foundation.errors import CheckFailed, MissingTool
from asicae.foundation.extras import install_command, installed_version
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint
from asicae.simulation.engines.engine import Charges, Engine, Look, OpenEngine

BATCH = 4096


class QonnxModel(OpenEngine):
    """A network with one weight set as QONNX model.

    Raises:
        MissingTool: qonnx is not installed.
        NotExpressible: QONNX cannot say what the network does (see ``export_qonnx``).
    """

    def __init__(self, encoder: Encoder) -> None:
        network, weights = encoder.network, encoder.weights
        self._network, self._weights = network, weights
        self._model = qonnx_model(encoder, BATCH)

    def encode_checked(self, calq: Charges, workers: int) -> ChipOutput:
        """``encode`` of checked charges, on as many threads as onnxruntime takes.

        Raises:
            CheckFailed: the model gives a number that is no latent.
        """
        numbers = np.empty((len(calq), self._network.latents), dtype=np.float32)
        for start in range(0, len(calq), BATCH):
            chunk = slice(start, min(start + BATCH, len(calq)))
            numbers[chunk] = self._run(calq[chunk])
        kind = self._network.latent_type
        bits = kind.unsigned_bits(_whole(numbers / np.float32(kind.lsb), kind))
        return ChipOutput(bits.astype(np.uint16) & self._weights.keep, sum_codes(total(calq)))

    def _run(self, charges: Charges) -> npt.NDArray[np.float32]:
        try:
            from qonnx.core.modelwrapper import ModelWrapper
            from qonnx.core.onnx_exec import execute_onnx
        except ModuleNotFoundError:
            raise MissingTool("qonnx", install_command("qonnx")) from None
        network = self._network
        images = np.zeros((BATCH, *network.cells.shape), dtype=np.float32)
        images[: len(charges)] = network.image(codes_of(charges, total(charges), network.input))
        scaled = images.transpose(0, 3, 1, 2) * np.float32(network.input.lsb)
        found = execute_onnx(ModelWrapper(self._model), {INPUT: np.ascontiguousarray(scaled)})
        return np.asarray(found[OUTPUT][: len(charges)], dtype=np.float32)


def _whole(raw: npt.NDArray[np.float32], kind: FixedPoint) -> npt.NDArray[np.int64]:
    """Latents in units of the LSB of ``kind``; what the type cannot hold is no latent.

    Raises:
        CheckFailed: a number that is not whole, or outside the type.
    """
    low, high = kind.limits
    wrong = ~((raw == np.rint(raw)) & (raw >= low) & (raw <= high))
    if wrong.any():
        event, latent = (int(index) for index in np.argwhere(wrong)[0])
        raise CheckFailed(
            f"qonnx: event {event}, latent {latent} is {raw[event, latent]:g} times the LSB, "
            f"whole numbers from {low} to {high} are latents"
        )
    return np.asarray(raw, dtype=np.int64)


class Qonnx(Engine):
    """QONNX lacks roundings and overflows, and rounds accumulators beyond 24 bits."""

    name = "qonnx"
    threaded = False

    def open(self, encoder: Encoder, rtl_folder: Path | None = None) -> QonnxModel:
        """See ``Engine.open``; nothing is built."""
        return QonnxModel(encoder)

    def needs(self) -> Mapping[str, Look]:
        """The package qonnx."""
        return {"qonnx": _version}


def _version() -> str:
    version = installed_version("qonnx")
    if version is None:
        raise MissingTool("qonnx", install_command("qonnx"))
    return version
