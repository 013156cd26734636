"""FuseSoC on an exported core, as its users run it, with the Verilator that the kit found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.export.identity import identity_of
from asicae.network.description import Network
from asicae.simulation.builds.verilator import find


def fusesoc(
    target: str, export: Path, network: Network, work: Path
) -> subprocess.CompletedProcess[str]:
    """Run a target of the core that lies in ``export``, in the folder ``work``."""
    environment = find().environment()
    # Where it is installed with the kit, so are the programs of cocotb that it calls.
    own = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([own, environment["PATH"]])
    program = shutil.which("fusesoc", path=environment["PATH"])
    if program is None:
        pytest.skip("fusesoc is not installed: asicae[dev]")
    # In place: what is compiled there already is not compiled again.
    words = [program, "--cores-root", str(export), "run", "--no-export", "--target", target]
    return subprocess.run(
        [*words, str(identity_of(network))],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
