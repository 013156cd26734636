"""Verilated benches, built once per content of sources and options."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.simulation.runner_process import run_runner
from asicae.simulation.toolchain import compiler
from asicae.simulation.verilator import Verilator, cocotb_version, find

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
    "10000",
    "--output-split-cfuncs",
    "500",
)
# -O1 compiles twice as fast as -O2 and runs about as fast; what runs once is not optimised.
LEVELS = ("OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1")
QUICK_LEVELS = ("OPT_FAST=-O0", "OPT_SLOW=-O0", "OPT_GLOBAL=-O0")
_LZ4_HEADER = "lz4.h"
_ZLIB_HEADER = "zlib.h"
_INCLUDE_FOLDERS = (Path("/usr/include"), Path("/usr/local/include"))
_DONE = "build.json"


@dataclass(frozen=True)
class Build:
    """A verilated design: ``folder`` holds the executable named after ``top``."""

    folder: Path
    top: str
    waves: WaveFormat | None
    seconds: float
    cached: bool


def default_cache() -> Path:
    """Where builds are kept when the caller names no folder: ``$XDG_CACHE_HOME/asicae/builds``."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "asicae" / "builds"


def build(
    sources: Sequence[Path],
    top: str,
    *,
    visible: Mapping[str, Sequence[str]] | None = None,
    parameters: Mapping[str, int] | None = None,
    waves: bool = False,
    quick: bool = False,
    cache: Path | None = None,
) -> Build:
    """Verilate ``sources`` for cocotb, or find the same build in ``cache``.

    ``visible`` names the signals that the bench may touch, by module; everything else is free to
    be optimised away, which makes the simulation several times faster. None shows all signals.
    ``parameters`` are set on the top. With ``waves`` the bench can record FST (VCD where the
    headers of lz4 or zlib are missing). ``quick`` compiles without optimisation: right for small
    blocks, where compiling takes longer than running.

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
    control = _control_file(visible or {})
    levels = QUICK_LEVELS if quick else LEVELS
    key = _key(verilator, files, [*options, *levels], control, top, parameters or {})
    folder = (cache or default_cache()).resolve() / f"{top}-{key[:20]}"
    if (folder / _DONE).is_file():
        return Build(folder, top, traced, 0.0, True)
    start = time.monotonic()
    spec = {"top": top, "options": options, "parameters": dict(parameters or {})}
    environment = verilator.environment()
    environment["MAKEFLAGS"] = " ".join([environment.get("MAKEFLAGS", ""), *levels]).strip()
    _make(environment, files, control, spec, traced, folder)
    return Build(folder, top, traced, time.monotonic() - start, False)


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


def _control_file(visible: Mapping[str, Sequence[str]]) -> str:
    lines = [
        f'public_flat_rw -module "{module}" -var "{name}"'
        for module, names in visible.items()
        for name in names
    ]
    return "\n".join(["`verilator_config", *lines, ""])


def _key(
    verilator: Verilator,
    files: list[Path],
    options: list[str],
    control: str,
    top: str,
    parameters: Mapping[str, int],
) -> str:
    digest = hashlib.sha256()
    # The executable links cocotb by absolute path, so another environment is another build.
    tools = [verilator.label, str(verilator.executable), compiler().version]
    tools += [cocotb_version(), _cocotb_folder()]
    names = [path.name for path in files]
    text = json.dumps([tools, options, control, top, dict(parameters), names], sort_keys=True)
    digest.update(text.encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _cocotb_folder() -> str:
    import cocotb_tools.config

    return str(cocotb_tools.config.libs_dir)


def _make(
    environment: Mapping[str, str],
    files: list[Path],
    control: str,
    spec: Mapping[str, object],
    waves: WaveFormat | None,
    folder: Path,
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        control_path = work / "visible.vlt"
        control_path.write_text(control, encoding="utf-8")
        log = work / "build.log"
        request = {
            "action": "build",
            "sources": [str(path) for path in files],
            "control": str(control_path),
            "folder": str(work / "model"),
            "waves": waves is not None,
            "log": str(log),
            **spec,
        }
        if run_runner(request, environment, work / "runner.log") != 0:
            raise CheckFailed(_failure(work, log, folder))
        (work / "model" / _DONE).write_text(json.dumps(request, indent=2), encoding="utf-8")
        if not (folder / _DONE).is_file():
            shutil.rmtree(folder, ignore_errors=True)
            (work / "model").replace(folder)
    except OSError:
        # Another process may have finished the same build first; then it is as good as ours.
        if not (folder / _DONE).is_file():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _failure(work: Path, log: Path, folder: Path) -> str:
    source = log if log.is_file() else work / "runner.log"
    text = source.read_text(encoding="utf-8", errors="replace")
    kept = folder.with_suffix(".failed.log")
    kept.write_text(text, encoding="utf-8")
    return f"the Verilator build failed: {first_error(text)} (all of it in {kept})"


def first_error(log: str) -> str:
    """The line of a build's log that says why it failed."""
    lines = log.splitlines()
    errors = [line for line in lines if "%Error" in line or "error:" in line.lower()]
    return (errors or lines[-1:] or ["no output"])[0].strip()
