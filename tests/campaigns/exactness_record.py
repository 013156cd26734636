"""The record of a long run: what was compared, with which tools, and for how long."""

import json
import platform
import shlex
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.builds.verilator import find

PACKAGES = {
    "asicae": "asicae",
    "hls4ml (ac_types, ap_types)": "hls4ml",
    "hypothesis": "hypothesis",
    "numpy": "numpy",
    "qkeras": "qkeras-v3",
    "tensorflow": "tensorflow",
}


class Figures(Protocol):
    """What a class counts while it runs."""

    def record(self) -> dict[str, object]: ...


class Campaign:
    """Figures of the classes of a run, written as JSON at its end; no date, so runs compare."""

    def __init__(self, path: Path, arguments: Sequence[str]) -> None:
        self.path = path
        self.command = shlex.join(["pytest", *arguments])
        self.started = time.monotonic()
        self.settings: dict[str, Any] = {}
        self.classes: dict[str, Figures] = {}

    def write(self) -> None:
        versions = {name: version(package) for name, package in PACKAGES.items()}
        versions["c++"] = compiler().version.splitlines()[0]
        content = {
            "classes": {name: figures.record() for name, figures in self.classes.items()},
            "command": self.command,
            "seconds": round(time.monotonic() - self.started, 1),
            "versions": versions | {"python": platform.python_version(), "verilator": find().label},
            **self.settings,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
