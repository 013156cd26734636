"""Verilated benches, built once per content of sources and options."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from asicae.export.check import listed_files
from asicae.export.design_record import FILELIST, MODEL
from asicae.export.visible_signals import visible_text
from asicae.foundation.cache import cached
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import sha256, write_text
from asicae.foundation.progress import beating
from asicae.simulation.builds.runner_process import run_runner
from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.builds.verilator import Verilator, cocotb_version, find

WaveFormat = Literal["fst", "vcd"]
# One evaluation function of a fully parallel encoder makes g++ explode, hence the splits.
OPTIONS = (
    "-O3",
    "-Wno-fatal",
    "--no-public-flat-rw",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--output-split",
    "40000",
    "--output-split-cfuncs",
    "500",
)
# -O1 compiles twice as fast as -O2 and runs about as fast; what runs once is not optimised.
LEVELS = ("OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1")
IN_ONE = ("VM_PARALLEL_BUILDS=0",)
"""All of a design in one call of the compiler: right for small ones, whose headers take longest."""
QUICK_LEVELS = ("OPT_FAST=-O0", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1", *IN_ONE)
COVERAGE = ("--coverage-line", "--coverage-toggle", "--coverage-max-width", "65536")
"""Verilator counts what is run and what toggles, of vectors of any width."""
COVERAGE_FILE = "coverage.dat"
"""What it counted, in the folder of the simulation."""
_LZ4_HEADER = "lz4.h"
_ZLIB_HEADER = "zlib.h"
_INCLUDE_FOLDERS = (Path("/usr/include"), Path("/usr/local/include"))


@dataclass(frozen=True)
class Build:
    """A verilated design: ``folder`` holds the executable named after ``top``."""

    folder: Path
    top: str
    waves: WaveFormat | None
    seconds: float
    cached: bool


def build(
    sources: Sequence[Path],
    top: str,
    *,
    visible: Mapping[str, Sequence[str]] | None = None,
    parameters: Mapping[str, int] | None = None,
    waves: bool = False,
    quick: bool = False,
    uncovered: Sequence[str] | None = None,
    cache: Path | None = None,
) -> Build:
    """Verilate ``sources`` for cocotb, or find the same build in ``cache``.

    ``visible`` names the signals that the bench may touch, by module; everything else is free to
    be optimised away, which makes the simulation several times faster. None shows all signals.
    ``parameters`` are set on the top. With ``waves`` the bench can record FST (VCD where the
    headers of lz4 or zlib are missing). ``quick`` compiles without optimisation: right for small
    blocks, where compiling takes longer than running. Where ``uncovered`` is given, simulations
    leave ``COVERAGE_FILE`` of all files but those of these names.

    Raises:
        MissingTool: Verilator, a C++ compiler, make, perl or cocotb is absent.
        BadInput: Verilator is too old, or a source is missing.
        CheckFailed: Verilator or the compiler refuses the sources.
    """
    verilator = find()
    files = [path.resolve() for path in sources]
    for path in files:
        if not path.is_file():
            raise BadInput(f"{path}: no such Verilog file")
    traced = wave_format() if waves else None
    options = [*OPTIONS, *_public_options(visible), *_wave_options(traced)]
    options += COVERAGE if uncovered is not None else ()
    control = _control_file(visible or {}, uncovered or ())
    levels = QUICK_LEVELS if quick else LEVELS
    spec = {"top": top, "options": options, "parameters": dict(parameters or {})}
    parts = [
        _tools(verilator),
        spec,
        levels,
        control,
        [(path.name, sha256(path)) for path in files],
    ]
    environment = verilator.environment(*levels)
    start = time.monotonic()

    def make(work: Path) -> list[str]:
        request = {"sources": [str(path) for path in files], "waves": traced is not None, **spec}
        return [_make(environment, request, control, work)]

    entry = cached(top, parts, make, cache)
    seconds = time.monotonic() - start if entry.new else 0.0
    return Build(entry.folder, top, traced, seconds, not entry.new)


def rtl_sources(rtl_folder: Path) -> list[Path]:
    """Absolute paths of the Verilog files of an export; errors as in ``listed_files``.

    Where it brings the same chip built for speed, these are the files.
    """
    return listed_sources(rtl_folder, simulated_list(rtl_folder))


def listed_sources(rtl_folder: Path, files: str = FILELIST) -> list[Path]:
    """As ``rtl_sources``, of the list ``files``: what is synthesised unless another is named."""
    return [path.resolve() for path in listed_files(rtl_folder, files)]


def simulated_list(rtl_folder: Path) -> str:
    """The list of an export whose files are verilated: that of the chip built for speed, if any."""
    return MODEL if (rtl_folder / MODEL).is_file() else FILELIST


def wave_format() -> WaveFormat:
    """``fst`` where Verilator's writer can be compiled, else ``vcd``."""
    present = all(
        any((folder / header).is_file() for folder in _INCLUDE_FOLDERS)
        for header in (_LZ4_HEADER, _ZLIB_HEADER)
    )
    return "fst" if present else "vcd"


def _public_options(visible: Mapping[str, Sequence[str]] | None) -> list[str]:
    return ["--public-flat-rw"] if visible is None else []


def _wave_options(waves: WaveFormat | None) -> list[str]:
    return ["--trace-fst"] if waves == "fst" else ["--trace-vcd"] if waves == "vcd" else []


def _control_file(visible: Mapping[str, Sequence[str]], uncovered: Sequence[str]) -> str:
    return visible_text(visible, [f'coverage_off -file "*/{file}"' for file in uncovered])


def _tools(verilator: Verilator) -> list[str]:
    import cocotb_tools.config

    # The executable links cocotb by absolute path, so another environment is another build.
    linked = [cocotb_version(), str(cocotb_tools.config.libs_dir)]
    return [verilator.label, str(verilator.executable), compiler().version, *linked]


def _make(
    environment: Mapping[str, str], request: Mapping[str, object], control: str, work: Path
) -> str:
    """Build in ``work``; returns the executable's path in there."""
    control_path = write_text(work / "visible.vlt", control)
    log, model = work / "build.log", work / "model"
    places = {"control": str(control_path), "folder": str(model), "log": str(log)}
    runner_log = work / "runner.log"
    with beating(f"compiling {request['top']}"):
        status = run_runner({"action": "build", **request, **places}, environment, runner_log)
    if status != 0:
        source = log if log.is_file() else runner_log
        text = source.read_text(encoding="utf-8", errors="replace")
        raise build_failed(text, work.parent / f"{request['top']}.failed.log")
    return f"{model.name}/{request['top']}"


def build_failed(log: str, kept: Path) -> CheckFailed:
    """The error of a Verilator build, whose log is left in the file ``kept``."""
    write_text(kept, log)
    return CheckFailed(f"the Verilator build failed: {first_error(log)} (all of it in {kept})")


def first_error(log: str) -> str:
    """The line of a build's log that says why it failed."""
    lines = log.splitlines()
    errors = [line for line in lines if "%Error" in line or "error:" in line.lower()]
    return (errors or lines[-1:] or ["no output"])[0].strip()
