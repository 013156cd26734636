"""Hierarchical synthesis of an exported RTL folder with Yosys: each unique module once.

A flat 128-input neuron takes Yosys and ABC minutes; with the hierarchy kept, the whole of econ-t
takes under one.  ``synth -booth`` recodes the multipliers before ``alumacc`` sees them.
"""

import gzip
import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae.chip.design import TOP
from asicae.chip.triplication import REGISTERS
from asicae.estimation.adder_cells import FULL_ADDER
from asicae.estimation.leaf_cells import leaf_verilog
from asicae.estimation.mapping_library import mapping_library
from asicae.estimation.technology import Technology
from asicae.export.check import listed_files
from asicae.export.design_record import FILELIST
from asicae.foundation.cache import cached
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.foundation.extras import install_command
from asicae.foundation.files import sha256
from asicae.foundation.process_group import run_group

NETLIST = "netlist.json.gz"
LIBRARY = "cells.lib"
LEAVES = "leaf_cells.v"
RECIPE = 1  # part of the cache key: raised when the script below changes meaning
TREES = 1  # likewise, for designs with adder trees
TIMEOUT_S = 1800


@dataclass(frozen=True)
class Synthesis:
    """A mapped design.

    Attributes:
        top: name of the top module.
        modules: mapped modules in Yosys' JSON form, by name.
        registers: bits in triplicated registers before mapping, by module that holds them directly
            or below, for one instance of that module.
    """

    top: str
    modules: dict[str, Any]
    registers: dict[str, int]

    def children(self, module: str) -> dict[str, str]:
        """Instance name -> module name of the modules directly inside."""
        cells = self.modules[module]["cells"]
        return {name: cell["type"] for name, cell in cells.items() if cell["type"] in self.modules}


def base_name(module: str) -> str:
    """Name as written in the source: ``$paramod$hash\\neuron`` and the like give ``neuron``."""
    parts = module.lstrip("\\").split("\\")
    return parts[1] if parts[0].startswith("$paramod") else parts[0]


def source_files(folder: Path) -> list[Path]:
    """Verilog files of an exported folder (``filelist.f`` there or in ``folder/rtl``).

    Raises:
        BadInput: no file list, or it cannot be used (see ``listed_files``).
    """
    return listed_files(folder if (folder / FILELIST).is_file() else folder / "rtl")


def synthesise(
    folder: Path,
    technology: Technology,
    top: str = TOP,
    *,
    flatten: bool = False,
    cache: Path | None = None,
) -> Synthesis:
    """Map the design of an exported RTL folder to ``technology``.

    ``flatten`` dissolves every module that is not kept by the RTL (slow; for small designs).
    ``cache`` is a folder for finished netlists, by default that of all that is cached.

    Raises:
        BadInput: no such folder, or the RTL does not elaborate.
        MissingTool: pyosys is not installed.
    """
    files = source_files(folder)
    if importlib.util.find_spec("pyosys") is None:
        raise MissingTool("pyosys", install_command("asic"))

    leaves = leaf_verilog(technology, {file.stem for file in files})

    def make(work: Path) -> list[str]:
        (work / LIBRARY).write_text(mapping_library(technology))
        (work / LEAVES).write_text(leaves)
        mapped = _run(_script(files, technology, top, flatten, leaves != ""), files[-1], work)
        (work / NETLIST).write_bytes(gzip.compress(json.dumps(mapped).encode(), 1, mtime=0))
        return [NETLIST]

    tool = [RECIPE, importlib.metadata.version("pyosys"), technology.sha256]
    parts = [*tool, top, flatten, [(file.name, sha256(file)) for file in files]]
    parts += [leaves] if leaves else []
    parts += [f"trees {TREES}"] if _has_trees(files) else []
    entry = cached(f"{top}-netlist", parts, make, cache)
    stored = json.loads(gzip.decompress((entry.folder / NETLIST).read_bytes()))
    return Synthesis(top, stored["modules"], stored["registers"])


def _has_trees(files: list[Path]) -> bool:
    return FULL_ADDER in {file.stem for file in files}


def _constants(technology: Technology) -> str:
    """The pass that ties constants to cells, where the library has such cells."""
    ties: dict[str, str] = {}
    for cell in technology.cells.values():
        if not cell.inputs and len(cell.outputs) == 1 and cell.storage is None:
            function = cell.pins[cell.outputs[0]].function
            if function is not None and function.operator in "01":
                ties.setdefault(function.operator, f"{cell.name} {cell.outputs[0]}")
    if len(ties) < 2:
        return ""
    return f"hilomap -hicell {ties['1']} -locell {ties['0']}"


def _script(
    files: list[Path], technology: Technology, top: str, flatten: bool, leaves: bool
) -> list[str]:
    library = f"-liberty {LIBRARY}"
    return [
        *(f'read_verilog "{file.resolve()}"' for file in files),
        *([f"read_verilog -overwrite {LEAVES}"] if leaves else []),
        f"hierarchy -check -top {top}",
        "proc",
        "write_json elaborated.json",
        *(["flatten"] if flatten else []),
        # Adder trees are one with what feeds them and what they end in: constants pass through.
        *(["flatten *neuron*", f"hierarchy -check -top {top}"] if _has_trees(files) else []),
        "synth -booth -noabc -run coarse:check",
        f"dfflibmap {library}",
        f"abc {library}",
        "setundef -zero",
        "opt_clean -purge",
        *filter(None, [_constants(technology)]),
        "write_json mapped.json",
    ]


def _run(lines: list[str], source: Path, work: Path) -> dict[str, Any]:
    """What the lines of a script make of the design whose last file is ``source``."""
    script, log = work / "script.ys", work / "yosys.log"
    script.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "asicae.estimation.yosys_process", str(script), str(log)]
    try:
        status = run_group(command, cwd=work, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"synthesis of {source.stem} took over {TIMEOUT_S} s") from None
    if status != 0 or not (work / "mapped.json").is_file():
        raise BadInput(f"{source}: Yosys stopped: {_last_error(log)}")
    # Yosys wrote them a moment ago; they are too large to be looked at like files from outside.
    texts = [(work / f"{name}.json").read_bytes() for name in ("elaborated", "mapped")]
    elaborated, mapped = (json.loads(text)["modules"] for text in texts)
    modules = {
        module: {"ports": body["ports"], "cells": _slim(body["cells"])}
        for module, body in mapped.items()
        if not body["attributes"].get("blackbox") and not body["attributes"].get("whitebox")
    }
    return {"modules": modules, "registers": _register_bits(elaborated)}


def _slim(cells: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"type": cell["type"], "connections": cell["connections"]}
        for name, cell in cells.items()
    }


def _last_error(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    errors = [line for line in lines if "ERROR" in line]
    return errors[-1] if errors else (lines[-1] if lines else "no output")


def _register_bits(modules: dict[str, Any]) -> dict[str, int]:
    """Bits that the elaborated design keeps in triplicated registers, below each module."""
    known: dict[str, int] = {}
    registers = {kind.module for kind in REGISTERS}

    def bits(module: str) -> int:
        if module not in known:
            if base_name(module) in registers:
                known[module] = len(modules[module]["ports"]["q_o"]["bits"])
            else:
                cells = modules[module]["cells"].values()
                known[module] = sum(bits(c["type"]) for c in cells if c["type"] in modules)
        return known[module]

    for module in modules:
        bits(module)
    return known
