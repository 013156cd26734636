"""An encoder in a compiled library, called with arrays, on as many cores as wanted."""

import ctypes
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip.golden import ChipOutput
from asicae.chip.image import crc32, keep_bytes, pack
from asicae.export.parameters import cpp_namespace
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.foundation.threads import worker_count
from asicae.module.calq import checked_calq
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.builds.cpp import SHARED, compile_cpp
from asicae.simulation.engines.engine import Charges, OpenEngine

CHUNK_EVENTS = 16_384
"""Events of one call: about a millisecond of the emulator of econ-t."""
_LIBRARY = "asicae_library.cpp"


class CompiledEncoder(OpenEngine):
    """A network in C++ with the weights that were loaded last. Not to be reloaded while it runs.

    Raises:
        MemoryError: there is no room for an encoder.
    """

    def __init__(self, network: Network, library: Path) -> None:
        self.network = network
        self._library = _declared(ctypes.CDLL(str(library)))
        self._encoder = self._library.asicae_create()
        if not self._encoder:
            raise MemoryError

    def __del__(self) -> None:
        if getattr(self, "_encoder", None):
            self._library.asicae_destroy(self._encoder)

    def load(self, weights: Weights) -> None:
        """Take other weights and keep mask.

        Raises:
            BadInput: they are not of this network.
        """
        image = pack(Encoder(self.network, weights))
        self.load_image(image, crc32(image), keep_bytes(Encoder(self.network, weights)))

    def load_image(self, image: bytes, crc: int, keep: bytes | None = None) -> None:
        """Take the bytes of registers WEIGHTS and, unless None, KEEP; ``crc`` is of the image.

        Raises:
            BadInput: wrong size, another CRC, or spare bits that are set; the encoder then keeps
                the weights that it had.
        """
        self._check(self._library.asicae_load(self._encoder, image, len(image), crc))
        if keep is not None:
            self._check(self._library.asicae_set_keep(self._encoder, keep, len(keep)))

    def encode(self, calq: npt.ArrayLike, threads: int | None = None) -> ChipOutput:
        """Encode CALQ (events, 48) in AE order, on all cores unless ``threads`` says otherwise.

        Raises:
            BadInput: CALQ of another shape or outside 22 bits, no weights are loaded, or fewer than
                one thread.
        """
        return self.encode_checked(_charges(calq), worker_count(threads))

    def encode_checked(self, calq: Charges, workers: int) -> ChipOutput:
        """``encode`` of int32[events, 48]; C++ checks the range on its way."""
        events = len(calq)
        latents = np.empty((events, self.network.latents), dtype=np.uint16)
        sums = np.empty(events, dtype=np.uint16)

        def run(start: int) -> int:
            part = slice(start, start + CHUNK_EVENTS)
            arrays = (calq[part], latents[part], sums[part])
            pointers = [array.ctypes.data for array in arrays]
            call = self._library.asicae_encode
            return int(call(self._encoder, pointers[0], len(arrays[2]), *pointers[1:]))

        starts = range(0, max(events, 1), CHUNK_EVENTS)
        if workers == 1 or len(starts) == 1:
            answers = list(map(run, starts))
        else:
            with ThreadPoolExecutor(workers) as pool:  # ctypes lets other threads run
                answers = list(pool.map(run, starts))
        if any(answers):
            checked_calq(calq)  # names the row and the cell, if that is what is wrong
        self._check(max(answers))
        return ChipOutput(latents, sums)

    def _check(self, status: int) -> None:
        if status != 0:
            text = self._library.asicae_message(status).decode()
            raise BadInput(f"C++ encoder of network {self.network.name}: {text}")


def compile_encoder(
    network: Network,
    name: str,
    header: str,
    files: Mapping[str, str],
    options: Sequence[str],
    *,
    title: str = "",
    system: Sequence[Path] = (),
    cache: Path | None = None,
) -> Path:
    """The library of class ``name`` of the namespace of ``network``, which is in ``header``.

    ``files`` holds the headers, by path; the rest is as in ``compile_cpp``.
    """
    wrapper = (asset_folder("hls") / _LIBRARY).read_text(encoding="utf-8")
    own = (
        f"-DASICAE_ENCODER=asicae::{cpp_namespace(network)}::{name}",
        f'-DASICAE_HEADER="{header}"',
        *SHARED,
        *options,
    )
    named = {**files, _LIBRARY: wrapper}
    return compile_cpp(named, "encoder.so", own, system=system, cache=cache, title=title)


def _charges(calq: npt.ArrayLike) -> Charges:
    """CALQ as contiguous int32; its range is left to C++, which is faster."""
    if isinstance(calq, np.ndarray) and calq.dtype == np.int32 and calq.shape[1:] == (N_CELLS,):
        return np.ascontiguousarray(calq)
    return checked_calq(calq)


def _declared(library: Any) -> Any:
    pointer, number, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "asicae_create": (pointer, []),
        "asicae_destroy": (None, [pointer]),
        "asicae_load": (number, [pointer, ctypes.c_char_p, size, ctypes.c_uint32]),
        "asicae_set_keep": (number, [pointer, ctypes.c_char_p, size]),
        "asicae_encode": (number, [pointer, pointer, size, pointer, pointer]),
        "asicae_message": (ctypes.c_char_p, [number]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
