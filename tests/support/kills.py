"""Programs that are killed at every change of a name in the file system, one change after another.

A change is a rename, link, unlink, mkdir, rmdir or exchange of a path below a folder, seen by a
preloaded library (``kill_at.cpp``), also where a C library makes it.
"""

import contextlib
import functools
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from asicae.simulation.builds.toolchain import compiler

SOURCE = Path(__file__).with_name("kill_at.cpp")


@functools.cache
def library() -> Path:
    """The preloaded library, compiled once a process."""
    target = Path(tempfile.mkdtemp(prefix="kill-at-")) / "kill_at.so"
    command = [*compiler().command, "-std=c++17", "-shared", "-fPIC", str(SOURCE)]
    subprocess.run([*command, "-o", str(target), "-ldl"], check=True)
    return target


def killed_at(command: Sequence[str], folder: Path, at: int, plain: bool = False) -> bool:
    """Run ``command``, killed before change number ``at`` below ``folder``; False if it got by.

    ``plain``: on a system that cannot exchange folders.
    """
    environment = os.environ | {
        "LD_PRELOAD": str(library()),
        "KILL_AT_MATCH": str(folder),
        "KILL_AT": str(at),
    }
    if plain:
        environment["KILL_AT_PLAIN"] = "1"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGKILL:
        return True
    assert done.returncode == 0, done.stderr
    return False


def at_every_change(
    command: Sequence[str],
    folder: Path,
    begin: Callable[[], None],
    check: Callable[[int], None],
    plain: bool = False,
) -> int:
    """Kill ``command`` at its first, second, ... change, each time after ``begin``; then ``check``.

    Returns:
        Number of kills.
    """
    at = 0
    while True:
        at += 1
        begin()
        killed = killed_at(command, folder, at, plain)
        check(at)
        if not killed:
            return at - 1


@contextlib.contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder that is in memory where the system has such: disks take long over every fsync."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)
