"""An exported encoder of frames as a shared library, compiled once per content."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from asicae.foundation.cache import cached
from asicae.foundation.files import write_text
from asicae.foundation.progress import beating
from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.builds.verilated_bench import COVERAGE, IN_ONE, QUICK_LEVELS
from asicae.simulation.builds.verilator import find
from asicae.simulation.engines.chip_library import (
    LEVELS,
    LIBRARY,
    LINK,
    OPTIONS,
    UNSHARED,
    compile_model,
)

STREAM = Path(__file__).with_name("stream.hpp")
"""What drivers share."""
COUNTED = [*(option for option in OPTIONS if option != "--flatten"), *COVERAGE]
"""Each module stays one: counts in each copy of it would take minutes to compile."""


def frames_library(
    top: str,
    sources: Sequence[Path],
    driver: Path,
    headers: Mapping[str, str],
    cache: Path | None = None,
    quick: bool = False,
    coverage: bool = False,
) -> Path:
    """Shared library of the encoder ``top`` in Verilog ``sources``, and of what drives it.

    ``headers``: what the ``driver`` includes beside ``stream.hpp``, texts by name; ``quick``
    compiles without optimisation; with ``coverage`` the model counts what is run and what toggles.

    Raises:
        MissingTool: Verilator, a C++ compiler, make or perl is absent.
        BadInput: Verilator is too old.
        CheckFailed: Verilator or the compiler refuses the sources.
    """
    verilator, levels = find(), QUICK_LEVELS if quick else (*LEVELS, *IN_ONE)
    options = COUNTED if coverage else OPTIONS
    command = [str(verilator.executable), *options, *LINK, *compiler().gcc_only(*UNSHARED)]
    files = (driver, STREAM)
    texts = {path.name: path.read_text(encoding="utf-8") for path in files} | dict(headers)
    parts = [
        [verilator.label, compiler().version, *command, *levels],
        texts,
        [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in sources],
    ]

    def make(work: Path) -> list[str]:
        for name, text in texts.items():
            write_text(work / name, text)
        with beating(f"compiling {top}"):
            names = [*map(str, sources), driver.name]
            compile_model(command, verilator.environment(*levels), top, names, work)
        return [f"model/{LIBRARY}"]

    return cached(top, parts, make, cache).folder / LIBRARY
