"""Programs that are killed at every change of a name in the file system, one change after another.

With ``--every-state`` tests of what kills leave go on from all of it, else from a share.

A change is a rename, link, unlink, mkdir, rmdir or exchange of a path below a folder, seen by a
preloaded library (``kill_at.cpp``), also where a C library makes it.
"""

import contextlib
import functools
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from asicae.simulation.builds.toolchain import compiler

SOURCE = Path(__file__).with_name("kill_at.cpp")
MATCH, AT, PLAIN = "KILL_AT_MATCH", "KILL_AT", "KILL_AT_PLAIN"
"""What it reads."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-state",
        action="store_true",
        help="go on from every state that a kill can leave, not from a share of them",
    )


@pytest.fixture
def every_state(request: pytest.FixtureRequest) -> bool:
    """Whether to go on from every state that a kill can leave."""
    return bool(request.config.getoption("--every-state"))


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
    environment = os.environ | {"LD_PRELOAD": str(library()), MATCH: str(folder), AT: str(at)}
    if plain:
        environment[PLAIN] = "1"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGKILL:
        return True
    assert done.returncode == 0, done.stderr
    return False


FORKS = """
import json, os, sys, traceback
import asicae.foundation.files, asicae.foundation.folders
for line in sys.stdin:
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    os.environ.update(json.loads(line))
    source, sys.argv = sys.argv[1], ["-c", *sys.argv[2:]]
    try:
        exec(source, {"__name__": "__main__"})
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
"""


def at_every_change(
    command: Sequence[str],
    folder: Path,
    begin: Callable[[], None],
    check: Callable[[int], None],
    plain: bool = False,
) -> int:
    """Kill ``command`` at its first, second, ... change, each time after ``begin``; then ``check``.

    ``command`` is a Python program, ``python -c source argument ...``. It runs in forks of one
    process that has loaded the kit, since to load it takes longer than most such programs.

    Returns:
        Number of kills.
    """
    python, option, *words = command
    assert option == "-c"
    environment, at = os.environ | {"LD_PRELOAD": str(library())}, 0
    switches = {MATCH: str(folder)} | ({PLAIN: "1"} if plain else {})
    with subprocess.Popen(
        [python, option, FORKS, *words],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdin is not None and parent.stdout is not None
        while True:
            at += 1
            begin()
            parent.stdin.write(json.dumps(switches | {AT: str(at)}) + "\n")
            parent.stdin.flush()
            code = int(parent.stdout.readline())
            check(at)
            if code != -signal.SIGKILL:
                assert code == 0
                return at - 1


@contextlib.contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder that is in memory where the system has such: disks take long over every fsync."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)
