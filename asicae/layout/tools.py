"""The programs that place and route, and how they are called."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from asicae.foundation.errors import CheckFailed, MissingTool

PLACER, ROUTER = "graywolf", "qrouter"
_VERSIONS = {
    PLACER: re.compile(r"TimberWolfSC version:v(\S+)"),
    ROUTER: re.compile(r"router version (\S+)"),
}


def find(program: str) -> Path:
    """Where a program lies.

    Raises:
        MissingTool: it is not installed.
    """
    found = shutil.which(program)
    if found is None:
        raise MissingTool(program, f"apt-get install {program}")
    return Path(found)


def version(program: str, folder: Path) -> str:
    """The version of a program that was called in ``folder``, as it said; ``unknown`` if not."""
    found = _VERSIONS[program].search(_log(program, folder).read_text(errors="replace"))
    return found[1] if found else "unknown"


def run(
    program: str, arguments: Sequence[str], folder: Path, result: Path, timeout_s: float
) -> None:
    """Call a program in ``folder``, where it has to make ``result``.

    Its exit code says nothing: both programs end with 0 whatever happened.

    Raises:
        CheckFailed: it made no such file, or was at work for longer than ``timeout_s``.
        MissingTool: it is not installed.
    """
    executable, log = find(program), _log(program, folder)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [executable, *arguments],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise CheckFailed(f"{program} took over {timeout_s:g} s") from None
        finally:
            # It has children of its own; whatever ends this, they end too.
            _end(process)
    if not result.is_file():
        said = log.read_text(errors="replace")
        last = (said.strip().splitlines() or ["it said nothing"])[-1]
        raise CheckFailed(f"{program} stopped: {last:.200}")


def _log(program: str, folder: Path) -> Path:
    return folder / f"{program}.log"


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment() -> dict[str, str]:
    """Without a screen, on which both would draw."""
    return {name: value for name, value in os.environ.items() if name != "DISPLAY"}
