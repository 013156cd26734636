"""The exported chip as a shared library with a batch call, compiled once per content."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from asicae.chip.registers import register_map
from asicae.export.rtl import BLOCKS
from asicae.export.top import TOP, top_verilog
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import write_text
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.simulation.build import default_cache, first_error
from asicae.simulation.regression import rtl_sources
from asicae.simulation.toolchain import compiler
from asicae.simulation.verilator import Verilator, find

DRIVER = Path(__file__).parent / "chip_driver.hpp"
BANK_WORD_BITS = 32
"""Bits of one register of rtl/weight_bank.v."""
# One evaluation function of a fully parallel encoder makes g++ explode, hence the splits.
OPTIONS = (
    "-O3 --cc --exe --build --flatten --no-timing --no-assert --x-assign fast --x-initial fast "
    "--output-split 10000 --output-split-cfuncs 500 -Wno-fatal -CFLAGS -fPIC"
).split()
# Two libraries in one process hold classes of the same names: each keeps to its own.
LINK = "-LDFLAGS -shared -LDFLAGS -Wl,-Bsymbolic".split()
UNSHARED = ("-CFLAGS", "-fno-gnu-unique")
"""For g++, which would share what it calls unique all the same."""
# -O2 gains nothing here and -O3 loses half; what runs once is not optimised.
LEVELS = ("OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O2")
# Readable, not writable: a signal that may be written from outside has everything behind it
# evaluated again at every step, which is six times slower. The driver writes and settles itself.
CONTROL = f"""`verilator_config
public_flat_rd -module "tmr_copy" -var "state_q"
lint_off -file "*{TOP}.v"
"""


def chip_library(
    network: Network, rtl_folder: Path | None = None, cache: Path | None = None
) -> Path:
    """Shared library of the chip of ``network``; see ``chip_driver.hpp`` for its functions.

    The Verilog is that of an exported ``rtl_folder``, without one what an export would write.
    ``cache`` defaults to that of all builds.

    Raises:
        MissingTool: Verilator, a C++ compiler, make or perl is absent.
        BadInput: Verilator is too old, or ``rtl_folder`` is no export.
        CheckFailed: Verilator or the compiler refuses the sources.
    """
    verilator = find()
    root = (cache or default_cache()).resolve()
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".chip-", dir=root) as temporary:
        work = Path(temporary)
        sources = rtl_sources(rtl_folder) if rtl_folder else _written_sources(network, work / "rtl")
        texts = {
            "driver.cpp": _driver(network),
            "chip_driver.hpp": DRIVER.read_text(encoding="utf-8"),
            "visible.vlt": CONTROL,
        }
        library = root / f"{TOP}-{_key(verilator, sources, texts)[:20]}.so"
        if not library.is_file():
            step(f"compiling the verilated chip of {network.name}")
            for name, text in texts.items():
                write_text(work / name, text)
            _compile(verilator, sources, work, library)
    return library


def _written_sources(network: Network, folder: Path) -> list[Path]:
    hand_written = asset_folder("rtl")
    top = write_text(folder / f"{TOP}.v", top_verilog(network))
    return [*(hand_written / f"{block}.v" for block in BLOCKS), top]


def _driver(network: Network) -> str:
    words = -(-network.weight_bits // BANK_WORD_BITS)
    lines = [
        f"#define LATENTS {network.latents}",
        f"#define LATENT_WIDTH {network.latent_type.width}",
        _list_macro("BANK_WORDS", words),
        _list_macro("KEEP_BYTES", register_map(network)["KEEP"].size),
        f'#include "{DRIVER.name}"',
    ]
    return "\n".join([*lines, ""])


def _list_macro(name: str, count: int) -> str:
    return f"#define {name}(M) " + " ".join(f"M({index})" for index in range(count))


def _key(verilator: Verilator, sources: Sequence[Path], texts: dict[str, str]) -> str:
    tools = [verilator.label, str(verilator.executable), compiler().version]
    contents = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sources]
    described = [tools, OPTIONS, LINK, UNSHARED, LEVELS, texts, contents]
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _compile(verilator: Verilator, sources: Sequence[Path], work: Path, library: Path) -> None:
    environment = verilator.environment()
    environment["MAKEFLAGS"] = " ".join([environment.get("MAKEFLAGS", ""), *LEVELS]).strip()
    jobs = str(len(os.sched_getaffinity(0)))
    command = [str(verilator.executable), *OPTIONS, *LINK, *compiler().gcc_only(*UNSHARED)]
    command += ["-j", jobs, "--top-module", TOP]
    command += ["-Mdir", "model", "-o", "chip.so", "visible.vlt", *map(str, sources), "driver.cpp"]
    done = subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        log = write_text(library.with_suffix(".failed.log"), done.stdout + done.stderr)
        problem = first_error(done.stdout + done.stderr)
        raise CheckFailed(f"the Verilator build failed: {problem} (all of it in {log})")
    built = work / "chip.so"
    shutil.copy(work / "model" / "chip.so", built)
    built.replace(library)
