"""Yosys in a process of its own, with what went wrong in one line."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.process_group import run_group

PROCESSOR_LIMIT_S = 1800
"""For one script, of processor time: how much else the machine does is no property of a design."""


def run_yosys(lines: Sequence[str], work: Path, source: Path, limit_s: int | None = None) -> None:
    """Run a script (one command a line) in the folder ``work``, where its last line has written
    what is wanted of it; ``source`` is what messages name, ``limit_s`` the processor time that
    it may take (``PROCESSOR_LIMIT_S``).

    Raises:
        BadInput: Yosys stopped; gives its error.
        CheckFailed: it took more than that.
    """
    script, log = work / "script.ys", work / "yosys.log"
    script.write_text("\n".join(lines) + "\n")
    module = "asicae.estimation.yosys_process"
    limit = PROCESSOR_LIMIT_S if limit_s is None else limit_s
    command = [sys.executable, "-m", module, str(script), str(log), str(limit)]
    status = run_group(command, cwd=work)
    if status == -signal.SIGXCPU:
        raise CheckFailed(f"{source}: Yosys took over {limit} s of processor time")
    if status != 0:
        raise BadInput(f"{source}: Yosys stopped: {_last_error(log)}")


def _last_error(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    errors = [line for line in lines if "ERROR" in line]
    return errors[-1] if errors else (lines[-1] if lines else "no output")
