"""What every record of a measurement says about how it came about."""

import importlib.metadata
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from asicae import __version__


def about(packages: Sequence[str], seed: int) -> dict[str, object]:
    """Command line, seed, machine and versions of this process; names no folder of the machine."""
    program = f"benchmarks/{Path(sys.argv[0]).name}"
    return {
        "command": shlex.join(["python", program, *sys.argv[1:]]),
        "seed": seed,
        "machine": platform.platform(),
        "cores": len(os.sched_getaffinity(0)),
        "versions": {name: importlib.metadata.version(name) for name in packages}
        | {"asicae": __version__, "python": platform.python_version()},
    }
