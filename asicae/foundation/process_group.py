"""A program with all that it starts, which ends when the process ends that wanted it.

A process that is killed takes nothing with it: a simulation would go on, and write into a folder in
which somebody else is at work by then. The program (``end_with_starter`` in its ``main``) keeps a
process beside it that waits for the end of a pipe which its starter holds open.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from asicae.foundation.errors import CheckFailed


@contextlib.contextmanager
def started_group(
    command: Sequence[str],
    output: IO[bytes] | int = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program that calls ``end_with_starter``; it is ended with the block at the latest.

    All that it says goes to ``output``.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        process_group=0,
    ) as program:
        try:
            yield program
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)


def run_group(
    command: Sequence[str],
    output: IO[bytes] | int = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> int:
    """Run a program that calls ``end_with_starter``; all that it says goes to ``output``.

    Returns its exit status.

    Raises:
        CheckFailed: the system ended it.
        subprocess.TimeoutExpired: it took longer than ``timeout`` seconds, and was ended.
    """
    with started_group(command, output, env, cwd) as program:
        return refuse_killed(program.wait(timeout), command)


def refuse_killed(status: int, command: Sequence[str]) -> int:
    """The exit status of a program that ended by itself.

    Raises:
        CheckFailed: it was killed, as Linux does where memory runs out.
    """
    if status == -signal.SIGKILL:
        name = " ".join([Path(command[0]).name, *command[1:3]])
        raise CheckFailed(f"{name}: was killed by the system, which may be out of memory")
    return status


def end_with_starter() -> None:
    """Let this process group end when the process ends that started it with ``run_group``.

    To be called before there are threads.
    """
    if os.fork():
        return
    # What is written to standard output and error ends with the program, not with this process.
    os.closerange(1, 3)
    os.read(0, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)
