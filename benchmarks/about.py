"""What every record of a measurement says about how it came about."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from asicae import __version__


def about(packages: Sequence[str], seed: int) -> dict[str, object]:
    """Command line, seed, machine and versions of this process; names no folder of the machine."""
    program = f"python benchmarks/{Path(sys.argv[0]).name}"
    return {
        "command": " ".join([program, *sys.argv[1:]]),
        "seed": seed,
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "versions": {name: importlib.metadata.version(name) for name in packages}
        | {"asicae": __version__, "python": platform.python_version()},
    }
