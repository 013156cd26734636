"""Benches in Verilog that Icarus runs, their top ``bench``: PASSED at the end, or what fails."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asicae.foundation.errors import MissingTool

PASSED: Final = "PASSED"
LIMIT_S: Final = 300
"""For what takes three of processor time."""


def said_by(sources: Sequence[Path], work: Path) -> str:
    """What a bench has against what it is of, in one line; empty is good.

    Raises:
        MissingTool: Icarus is absent.
    """
    compiler, program = shutil.which("iverilog"), work / "bench"
    if compiler is None:
        raise MissingTool("Icarus Verilog", "apt-get install iverilog")
    command = [compiler, "-g2005", "-s", "bench", "-o", str(program), *map(str, sources)]
    try:
        done = _run(command, work)
        if done.returncode == 0:
            done = _run([str(program)], work)
    except subprocess.TimeoutExpired:
        return f"does not end within {LIMIT_S} s"
    lines = (done.stdout + done.stderr).strip().splitlines() or ["says nothing"]
    return "" if lines[-1].startswith(PASSED) else lines[0]


def _run(command: Sequence[str], work: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=work, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
