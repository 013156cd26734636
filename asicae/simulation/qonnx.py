"""The QONNX export as an engine: executed by qonnx itself, behind the kit's normaliser."""

import numpy as np
import numpy.typing as npt

from asicae.concentrator.golden import Encoded
from asicae.concentrator.normaliser import module_sum, normalise
from asicae.errors import MissingTool
from asicae.export.qonnx import INPUT, OUTPUT, qonnx_model
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.dataset import checked_calq

BATCH = 4096


class QonnxModel:
    """A network with one weight set as QONNX model.

    Raises:
        MissingTool: qonnx is not installed.
        NotExpressible: QONNX cannot say what the network does (see ``export_qonnx``).
    """

    def __init__(self, network: Network, weights: Weights) -> None:
        self._network, self._weights = network, weights
        self._model = qonnx_model(network, weights, BATCH)

    def encode(self, calq: npt.ArrayLike, threads: int | None = None) -> Encoded:
        """Encode CALQ (events, 48) in AE order; ``threads`` is what onnxruntime makes of it.

        Raises:
            BadInput: CALQ of another shape or outside 22 bits.
        """
        del threads
        charges = checked_calq(calq)
        latents = np.empty((len(charges), self._network.latents), dtype=np.uint16)
        for start in range(0, len(charges), BATCH):
            chunk = slice(start, min(start + BATCH, len(charges)))
            latents[chunk] = self._run(charges[chunk])
        return Encoded(latents, module_sum(charges))

    def _run(self, charges: npt.NDArray[np.int32]) -> npt.NDArray[np.uint16]:
        try:
            from qonnx.core.modelwrapper import ModelWrapper
            from qonnx.core.onnx_exec import execute_onnx
        except ModuleNotFoundError:
            raise MissingTool("qonnx", "pip install 'asicae[qonnx]'") from None
        network, kind = self._network, self._network.latent_type
        images = np.zeros((BATCH, *network.cells.shape), dtype=np.float32)
        images[: len(charges)] = network.image(normalise(charges, network.input))
        scaled = images.transpose(0, 3, 1, 2) * np.float32(network.input.lsb)
        found = execute_onnx(ModelWrapper(self._model), {INPUT: np.ascontiguousarray(scaled)})
        raw = found[OUTPUT][: len(charges)] / np.float32(kind.lsb)
        bits = kind.unsigned_bits(raw.astype(np.int64)).astype(np.uint16)
        return np.asarray(bits & self._weights.keep, dtype=np.uint16)
