"""The exported encoder as a shared library, compiled once per content."""

import hashlib
from pathlib import Path

from asicae.concentrator.silicon.adaptive_choice import TOP
from asicae.foundation.cache import cached
from asicae.foundation.files import write_text
from asicae.foundation.progress import beating
from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.builds.verilated_bench import IN_ONE, QUICK_LEVELS, listed_sources
from asicae.simulation.builds.verilator import find
from asicae.simulation.engines.chip_library import (
    LEVELS,
    LIBRARY,
    LINK,
    OPTIONS,
    UNSHARED,
    compile_model,
)

DRIVER = Path(__file__).with_name("driver.cpp")


def coder_library(rtl_folder: Path, cache: Path | None = None, quick: bool = False) -> Path:
    """Shared library of the encoder whose Verilog is in ``rtl_folder``; see ``driver.cpp``.

    ``quick`` compiles without optimisation.

    Raises:
        MissingTool: Verilator, a C++ compiler, make or perl is absent.
        BadInput: Verilator is too old, or ``rtl_folder`` is no export.
        CheckFailed: Verilator or the compiler refuses the sources.
    """
    verilator, levels = find(), QUICK_LEVELS if quick else (*LEVELS, *IN_ONE)
    sources = listed_sources(rtl_folder)
    command = [str(verilator.executable), *OPTIONS, *LINK, *compiler().gcc_only(*UNSHARED)]
    driver = DRIVER.read_text(encoding="utf-8")
    parts = [
        [verilator.label, compiler().version, *command, *levels],
        driver,
        [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in sources],
    ]

    def make(work: Path) -> list[str]:
        write_text(work / DRIVER.name, driver)
        with beating(f"compiling {TOP}"):
            texts = [*map(str, sources), DRIVER.name]
            compile_model(command, verilator.environment(*levels), TOP, texts, work)
        return [f"model/{LIBRARY}"]

    return cached(TOP, parts, make, cache).folder / LIBRARY
