"""The reader of HDF5 for a campaign: one process that forks for each file.

What a fresh process does with a file, and within which limits, a fork of one that has loaded NumPy
and h5py already does too, without the time that loading takes.
"""

import contextlib
import io
import os
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from asicae.network.importing import hdf5, hdf5_process

_REQUEST = struct.Struct("<3q")
"""Both limits and the size of a file, which follows."""
_ANSWER = struct.Struct("<3q")
"""Status and the sizes of output and errors, which follow."""


class Hdf5Server:
    """Reads files one after the other, for any thread."""

    def __init__(self) -> None:
        """Start the process."""
        command = [sys.executable, "-m", __name__]
        pipe, quiet = subprocess.PIPE, os.environ | hdf5_process.QUIET
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=quiet)
        self._lock = threading.Lock()

    def run(self, limits: Sequence[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
        """What ``hdf5.run_reader`` gives."""
        into, out = self._process.stdin, self._process.stdout
        if into is None or out is None:
            raise RuntimeError("no pipes")
        with self._lock:
            into.write(_REQUEST.pack(*map(int, limits), len(data)) + data)
            into.flush()
            status, *sizes = _ANSWER.unpack(out.read(_ANSWER.size))
            output, errors = (out.read(size) for size in sizes)
        return subprocess.CompletedProcess([], status, output, errors)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextlib.contextmanager
def served(fresh: Callable[[], bool]) -> Iterator[None]:
    """Have HDF5 files read by forks in the block, but where ``fresh`` asks for a process."""
    own, server = hdf5.run_reader, Hdf5Server()

    def run(limits: Sequence[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
        return (own if fresh() else server.run)(limits, data)

    hdf5.run_reader = run
    try:
        yield
    finally:
        hdf5.run_reader = own
        server.close()


def main() -> int:
    """Serve requests on standard input until it ends."""
    import h5py  # noqa: F401 - what a fork shall find loaded
    import numpy as np  # noqa: F401

    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := requests.read(_REQUEST.size):
        *limits, size = _REQUEST.unpack(head)
        with tempfile.TemporaryFile() as data:
            data.write(requests.read(size))
            data.seek(0)
            status, output, errors = _forked(data, list(map(str, limits)))
        answers.write(_ANSWER.pack(status, len(output), len(errors)) + output + errors)
        answers.flush()
    return 0


def _forked(data: IO[bytes], limits: list[str]) -> tuple[int, bytes, bytes]:
    """Status, output and errors of a fork that reads ``data``."""
    pipes = [os.pipe() for _ in range(2)]
    child = os.fork()
    if child == 0:
        for target, source in enumerate((data.fileno(), pipes[0][1], pipes[1][1])):
            os.dup2(source, target)
        _read(limits)
    said: list[bytes] = [b"", b""]

    def collect(number: int) -> None:
        with os.fdopen(pipes[number][0], "rb") as stream:
            said[number] = stream.read()

    for _, end in pipes:
        os.close(end)
    readers = [threading.Thread(target=collect, args=(number,)) for number in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said[0], said[1]


def _read(limits: list[str]) -> None:
    """Be the process of ``hdf5_process``, and end."""
    status = 1
    try:
        sys.argv = [hdf5_process.__file__, *limits]
        sys.stdin, sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.BufferedReader(io.FileIO(0))),
            io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w"))),
            io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w"))),
        )
        status = hdf5_process.main()
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
