"""Synthesis of an exported RTL folder with Yosys, block by block.

A block is an instance in the top.  Each is mapped by a process of its own from its parameters and
the files that it needs, and kept by them: a change in one block leaves the others as they are.
"""

import importlib.util
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae.chip.design import TOP
from asicae.estimation.adder_cells import FULL_ADDER
from asicae.estimation.mapping import Block, Mapped, Mapper
from asicae.estimation.technology import Technology
from asicae.estimation.verilog_sources import VerilogSources
from asicae.export.check import listed_files
from asicae.export.design_record import FILELIST
from asicae.foundation.errors import MissingTool
from asicae.foundation.extras import install_command
from asicae.foundation.threads import worker_count


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

    def linked(self, module: str) -> bool:
        """Whether a module directly inside reads what another one there gives."""
        cells, nets = self.modules[module]["cells"], dict[str, set[Any]](input=set(), output=set())
        for name, kind in self.children(module).items():
            for port, bits in cells[name]["connections"].items():
                nets[self.modules[kind]["ports"][port]["direction"]].update(bits)
        return not nets["output"].isdisjoint(nets["input"])


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
    threads: int | None = None,
    shells: Collection[str] = (),
) -> Synthesis:
    """Map the design of an exported RTL folder to ``technology``.

    ``flatten`` dissolves every module that is not kept by the RTL (slow; for small designs).
    ``cache`` is a folder for finished netlists, by default that of all that is cached.
    ``threads``: how many blocks are mapped at the same time, by default one for each core.
    ``shells``: modules whose own blocks are mapped one by one as well; they have the parameters
    that they have by themselves.

    Raises:
        BadInput: no such folder, or the RTL does not elaborate.
        CheckFailed: a block takes more processor time than Yosys is given.
        MissingTool: pyosys is not installed.
    """
    files = source_files(folder)
    if importlib.util.find_spec("pyosys") is None:
        raise MissingTool("pyosys", install_command("asic"))
    sources = VerilogSources(files)
    mapper = Mapper(sources, technology, cache)
    # Adder trees become one with the neuron that they are in, a top that is one of them too.
    if flatten or ("neuron" in top and sources.of(FULL_ADDER)):
        whole = mapper.whole(top, flatten)
        return Synthesis(top, whole.modules, whole.registers)
    shell = mapper.shell(top)
    places = {b: name for found in shell.blocks.values() for name, b in reversed(found.items())}

    def mapped_block(block: Block) -> Mapped:
        if block.module not in shells:
            return mapper.block(block)
        inner = synthesise(folder, technology, block.module, cache=cache, threads=threads)
        return Mapped(inner.top, inner.modules, inner.registers, {})

    with ThreadPoolExecutor(worker_count(threads)) as pool:
        mapped = dict(zip(places, pool.map(mapped_block, places), strict=True))
    return _joined(shell, mapped, places)


def _joined(shell: Mapped, mapped: dict[Block, Mapped], places: dict[Block, str]) -> Synthesis:
    """The shell with its blocks in their places."""
    modules, registers = dict(shell.modules), dict(shell.registers)
    tops: dict[Block, str] = {}
    for block, piece in mapped.items():
        names = _names(piece, modules, places[block])
        for name, body in piece.modules.items():
            modules[names[name]] = body | {"cells": _renamed(body["cells"], names)}
        registers |= {names.get(name, name): bits for name, bits in piece.registers.items()}
        tops[block] = names[piece.top]
    for module, found in shell.blocks.items():
        body = modules[module]
        cells = {
            name: cell | ({"type": tops[found[name]]} if name in found else {})
            for name, cell in body["cells"].items()
        }
        modules[module] = body | {"cells": cells}
    return Synthesis(shell.top, modules, registers | _with_blocks(shell, mapped))


def _names(piece: Mapped, known: dict[str, Any], place: str) -> dict[str, str]:
    """What the modules of a piece are called in a design: two blocks may have modules of the same
    name, whose netlists are equal but for what they call their nets.
    """
    return {
        name: f"{name}\\{place}" if known.get(name, body) != body else name
        for name, body in piece.modules.items()
    }


def _renamed(cells: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        name: cell | {"type": names.get(cell["type"], cell["type"])} for name, cell in cells.items()
    }


def _with_blocks(shell: Mapped, mapped: dict[Block, Mapped]) -> dict[str, int]:
    """Register bits below each module of the shell."""
    inner = {block: piece.registers.get(piece.top, 0) for block, piece in mapped.items()}

    def blocks(module: str) -> int:
        cells = shell.modules[module]["cells"].values()
        below = sum(blocks(cell["type"]) for cell in cells if cell["type"] in shell.modules)
        return below + sum(inner[block] for block in shell.blocks.get(module, {}).values())

    return {
        name: bits + blocks(name) for name, bits in shell.registers.items() if name in shell.modules
    }
