"""HDF5 files from outside, read in a process that may be killed.

Its limits are processor time and memory, never time by the clock, so that a file is read or refused
alike on an idle machine and on a busy one.
"""

import io
import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import one_line
from asicae.network.importing import hdf5_process

CPU_SECONDS = 20
"""Processor time of one file; a good one takes less than one second of it."""
MEMORY_BYTES = 3 << 30
"""Address space of the process, with NumPy, HDF5 and the file in it."""
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
        BadInput: broken or hostile contents, too many or too large arrays, too much work.
    """
    done = run_reader([str(CPU_SECONDS), str(MEMORY_BYTES)], data)
    if done.returncode == -signal.SIGXCPU:
        raise BadInput(
            f"{source}: reading took over {CPU_SECONDS} s of processor time and was ended"
        )
    if done.returncode == hdf5_process.REFUSED:
        raise BadInput(f"{source}: {_last_line(done.stderr)}")
    if done.returncode:
        raise BadInput(f"{source}: the HDF5 library failed on it (status {done.returncode})")
    return _answer(done.stdout, source)


def run_reader(limits: Sequence[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Have a fresh process read a file within limits of processor time (s) and memory (bytes)."""
    command = [sys.executable, "-I", hdf5_process.__file__, *limits]
    return subprocess.run(command, input=data, capture_output=True, check=False)


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
