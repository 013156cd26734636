"""HDF5 files from outside, read in a process that may be killed."""

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import one_line
from asicae.network.importing import hdf5_process

TIMEOUT_SECONDS = 60.0
"""For a process that waits; one that computes is ended by its own limit, of processor time."""
MAX_REASON = 400
"""Characters of what the process or the HDF5 library says."""
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Hdf5Content:
    """What a model file holds, without HDF5.

    Attributes:
        attributes: by path of the group ("" is the root) the texts and lists of texts that Keras
            leaves there.
        datasets: arrays by path such as "model_weights/conv/conv/kernel:0".
    """

    attributes: dict[str, dict[str, Any]]
    datasets: dict[str, Array]


def read_hdf5(data: bytes, source: str) -> Hdf5Content:
    """Contents of an HDF5 file given as bytes; ``source`` names it in messages.

    Raises:
        BadInput: broken or hostile contents, too many or too large arrays, too slow.
    """
    command = [sys.executable, "-I", hdf5_process.__file__]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BadInput(
            f"{source}: reading took over {TIMEOUT_SECONDS:.0f} s and was ended"
        ) from None
    if done.returncode == hdf5_process.REFUSED:
        raise BadInput(f"{source}: {_last_line(done.stderr)}")
    if done.returncode:
        raise BadInput(f"{source}: the HDF5 library failed on it (status {done.returncode})")
    return _answer(done.stdout, source)


def _answer(stdout: bytes, source: str) -> Hdf5Content:
    try:
        with np.load(io.BytesIO(stdout), allow_pickle=False) as stored:
            index = json.loads(stored["index"].tobytes())
            datasets = {path: stored[str(n)] for n, path in enumerate(index["datasets"])}
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile):
        raise BadInput(f"{source}: the HDF5 library gave no usable answer") from None
    return Hdf5Content(index["attributes"], datasets)


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", errors="replace").strip().splitlines()
    return one_line(lines[-1], MAX_REASON) if lines else "refused"
