"""The exported chip as a shared library with a batch call, compiled once per content."""

import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from asicae.chip.configuration import Configuration
from asicae.chip.design import TOP, Design, design_of
from asicae.chip.microarchitectures import NAIVE
from asicae.chip.triplication import STATE, holders
from asicae.export.rtl import hand_written
from asicae.export.top import top_verilog
from asicae.foundation.cache import cached
from asicae.foundation.files import write_bytes, write_text
from asicae.foundation.progress import beating, step
from asicae.network.description import Network
from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.builds.verilated_bench import IN_ONE, QUICK_LEVELS, build_failed, rtl_sources
from asicae.simulation.builds.verilator import find
from asicae.simulation.engines.chip_driver import driver_files

LIBRARY = "chip.so"
DRIVEN = (
    "-O3 --cc --exe --flatten --no-timing --no-assert --x-assign fast --x-initial fast -Wno-fatal"
).split()
"""Of Verilator, for a model that C++ drives clock by clock."""
# One evaluation function of a fully parallel encoder makes g++ explode, hence the splits.
OPTIONS = [
    *DRIVEN,
    *"--build --output-split 40000 --output-split-cfuncs 500 -CFLAGS -fPIC".split(),
]
# Two libraries in one process hold classes of the same names: each keeps to its own.
LINK = "-LDFLAGS -shared -LDFLAGS -Wl,-Bsymbolic".split()
UNSHARED = ("-CFLAGS", "-fno-gnu-unique")
"""For g++, which would share what it calls unique all the same."""
# -O2 gains nothing here and -O3 loses half; what runs once is not optimised.
LEVELS = ("OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O2")
SMALL_BITS = 4096
"""Weight bits up to which a chip is compiled in one piece."""
# Readable, not writable: a signal that may be written from outside has everything behind it
# evaluated again at every step, which is six times slower. The driver writes and settles itself.
READABLE = 'public_flat_rd -module "%s" -var "%s"'
QUIET = f'lint_off -file "*{TOP}.v"'


def chip_library(
    network: Network,
    rtl_folder: Path | None = None,
    cache: Path | None = None,
    configuration: Configuration = NAIVE,
    quick: bool = False,
    in_one: bool = False,
) -> Path:
    """Shared library of the chip of ``network``; see ``chip_driver.hpp`` for its functions.

    The Verilog is that of an exported ``rtl_folder``, without one what an export would write;
    it is built as ``configuration`` says in either case.
    ``cache`` defaults to that of all builds; ``quick`` compiles without optimisation, ``in_one`` in
    one piece: later where there are cores, with a third less of their time.

    Raises:
        MissingTool: Verilator, a C++ compiler, make or perl is absent.
        BadInput: Verilator is too old, or ``rtl_folder`` is no export.
        CheckFailed: Verilator or the compiler refuses the sources.
    """
    design = design_of(network, configuration)
    visible = [(module, STATE) for module in holders(configuration)]
    return driven_library(design, driver_files(design), visible, rtl_folder, cache, quick, in_one)


def driven_library(
    design: Design,
    driver: Mapping[str, str],
    visible: Iterable[tuple[str, str]],
    rtl_folder: Path | None = None,
    cache: Path | None = None,
    quick: bool = False,
    in_one: bool = False,
) -> Path:
    """Shared library of a chip and what drives it: ``driver.cpp`` and its headers, texts by name.

    ``visible``: variables that the driver sees, each with the module that declares it. ``quick``
    compiles without optimisation: right where that takes longer than what is run; small chips are
    compiled ``in_one`` piece in any case. Errors and the rest as in ``chip_library``.
    """
    levels = QUICK_LEVELS if quick else LEVELS
    if not quick and (in_one or design.network.weight_bits <= SMALL_BITS):
        levels = (*LEVELS, *IN_ONE)
    verilator = find()
    verilog = _verilog(design, rtl_folder)
    texts = {**driver, "visible.vlt": _control(visible)}
    command = [str(verilator.executable), *OPTIONS, *LINK, *compiler().gcc_only(*UNSHARED)]
    tools = [verilator.label, compiler().version, *command, *levels]
    hashes = [hashlib.sha256(text).hexdigest() for text in verilog.values()]
    environment = verilator.environment(*levels)

    def make(work: Path) -> list[str]:
        step(f"compiling the verilated chip of {design.network.name}")
        for name, text in texts.items():
            write_text(work / name, text)
        with beating(f"compiling {TOP}"):
            files = ["visible.vlt", *_sources(verilog, work), "driver.cpp"]
            compile_model(command, environment, TOP, files, work)
        return [f"model/{LIBRARY}"]

    return cached(TOP, [tools, texts, hashes], make, cache).folder / LIBRARY


def _control(visible: Iterable[tuple[str, str]]) -> str:
    """Text of the file that tells Verilator what may be seen."""
    readable = [READABLE % (module, variable) for module, variable in visible]
    return "\n".join(["`verilator_config", *readable, QUIET, ""])


def _verilog(design: Design, rtl_folder: Path | None) -> dict[Path, bytes]:
    """Contents of all sources by their place; a relative place is still to be written."""
    if rtl_folder is not None:
        return {path: path.read_bytes() for path in rtl_sources(rtl_folder)}
    top = {Path(f"{TOP}.v"): top_verilog(design).encode()}
    files = hand_written(design.configuration, kinds=design.network.kinds, hides=design.hides)
    return {path: path.read_bytes() for path in files} | top


def _sources(verilog: Mapping[Path, bytes], work: Path) -> list[str]:
    for path, text in verilog.items():
        if not path.is_absolute():
            write_bytes(work / path, text)
    return [str(work / path) for path in verilog]


def compile_model(
    command: Sequence[str],
    environment: Mapping[str, str],
    top: str,
    files: Sequence[str],
    work: Path,
) -> None:
    """Verilate and compile the files into ``model`` in the folder ``work``.

    Raises:
        CheckFailed: Verilator or the compiler refuses them.
    """
    jobs = str(len(os.sched_getaffinity(0)))
    done = subprocess.run(
        [*command, "-j", jobs, "--top-module", top, "-Mdir", "model", "-o", LIBRARY, *files],
        cwd=work,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise build_failed(done.stdout + done.stderr, work.parent / f"{LIBRARY}.failed.log")
