"""Optimal transport of many events on several cores.

POT keeps Python's lock while it works, so threads gain nothing. Every part of the events goes to a
process of its own, ``python -m asicae.metrics.transport_process``: differences come in on standard
input, costs leave on standard output, both as .npy. A fork of this process would not be safe beside
the threads of TensorFlow, and ``multiprocessing`` would run the caller's main script again.
"""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from asicae.foundation.errors import CheckFailed
from asicae.foundation.process_group import refuse_killed
from asicae.metrics.transport import Floats, transport


def share_out(difference: Floats, processes: int) -> Floats:
    """Costs float64[n] of differences [n,48], computed in ``processes`` processes."""
    # Every process gets rows from the whole range, so that hard events do not gather in one.
    parts = [difference[start::processes] for start in range(processes)]
    costs = np.empty(len(difference))
    with ThreadPoolExecutor(processes) as pool:
        for start, part in enumerate(pool.map(_elsewhere, parts)):
            costs[start::processes] = part
    return costs


def _elsewhere(difference: Floats) -> Floats:
    stream = io.BytesIO()
    np.save(stream, difference, allow_pickle=False)
    command = [sys.executable, "-m", "asicae.metrics.transport_process"]
    done = subprocess.run(command, input=stream.getvalue(), stdout=subprocess.PIPE, check=False)
    if refuse_killed(done.returncode, command):
        raise CheckFailed(f"optimal transport: ended with status {done.returncode}")
    return np.asarray(np.load(io.BytesIO(done.stdout), allow_pickle=False))


def main() -> None:
    """Costs of the differences on standard input, to standard output."""
    difference = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    try:
        costs = transport(difference)
    except CheckFailed as error:
        raise SystemExit(str(error)) from None  # on standard error, with status 1
    np.save(sys.stdout.buffer, costs, allow_pickle=False)


if __name__ == "__main__":
    main()
