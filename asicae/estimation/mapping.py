"""Verilog mapped to a library by Yosys, in pieces, each kept by all that it is made from.

A flat 128-input neuron takes Yosys and ABC minutes; with the hierarchy kept, the whole of econ-t
takes under one.  ``synth -booth`` recodes the multipliers before ``alumacc`` sees them.

Every name that Yosys gives comes from the text of the piece's own files, and ABC's results follow
the order of names: the same piece is the same netlist in every design.
"""

import gzip
import hashlib
import importlib.metadata
import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from asicae.chip.triplication import REGISTERS
from asicae.estimation.adder_cells import FULL_ADDER
from asicae.estimation.leaf_cells import leaf_verilog
from asicae.estimation.mapping_library import mapping_library
from asicae.estimation.technology import Technology
from asicae.estimation.verilog_sources import VerilogSources
from asicae.estimation.yosys import run_yosys
from asicae.foundation.cache import cached
from asicae.foundation.files import sha256

NETLIST = "netlist.json.gz"
LIBRARY, LEAVES, UNIT = "cells.lib", "leaf_cells.v", "asicae_unit"
SOURCES = "sources"
RECIPE = 2  # part of the cache key: raised when the scripts below change meaning
_CELL = re.compile(r"  cell (\S+) (\S+)")
_PARAMETER = "    parameter "
Json = dict[str, Any]


class Block(NamedTuple):
    """A module, and the parameters that an instance gives it, as RTLIL says them."""

    module: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mapped:
    """A piece: a block with all below it, or what remains of a top without its blocks.

    Attributes:
        top: name of its outermost module.
        modules: mapped modules in Yosys' JSON form, by name.
        registers: bits in triplicated registers before mapping, by module that holds them directly
            or below, for one instance of that module; without those in ``blocks``.
        blocks: of each module, what the instances are that were left out.
    """

    top: str
    modules: Json
    registers: dict[str, int]
    blocks: dict[str, dict[str, Block]]


def base_name(module: str) -> str:
    """Name as written in the source: ``$paramod$hash\\neuron`` and the like give ``neuron``."""
    parts = module.lstrip("\\").split("\\")
    return parts[1] if parts[0].startswith("$paramod") else parts[0]


class Mapper:
    """Maps pieces of one design to one library."""

    def __init__(
        self, sources: VerilogSources, technology: Technology, cache: Path | None = None
    ) -> None:
        self.sources, self.technology, self.cache = sources, technology, cache
        self.library = mapping_library(technology)

    def whole(self, top: str, flatten: bool = False) -> Mapped:
        """A design in one piece; ``flatten`` dissolves every module that the RTL does not keep."""
        return self._piece(_Piece(Block(top), self.sources.below(top), flatten=flatten))

    def shell(self, top: str) -> Mapped:
        """A design without the instances of modules that lie in other files than its top."""
        own = self.sources.of(top)
        return self._piece(_Piece(Block(top), own, self.sources.named(own)))

    def block(self, block: Block) -> Mapped:
        """One of the instances that a shell is without."""
        return self._piece(_Piece(block, self.sources.below(block.module), instance=True))

    def _piece(self, piece: "_Piece") -> Mapped:
        leaves = leaf_verilog(self.technology, {file.stem for file in piece.files})
        script = [*piece.synthesis(self.sources.files, leaves != ""), *_mapping(self.technology)]

        def make(work: Path) -> list[str]:
            (work / LIBRARY).write_text(self.library)
            (work / LEAVES).write_text(leaves)
            (work / f"{UNIT}.il").write_text(_instance(piece.block))
            (work / SOURCES).mkdir()
            for file in piece.reads:
                shutil.copyfile(file, work / SOURCES / file.name)
            foreign = self.sources.declared(piece.outlines)
            mapped = _run(script, self._named(piece.block.module), work, foreign)
            (work / NETLIST).write_bytes(gzip.compress(json.dumps(mapped).encode(), 1, mtime=0))
            return [NETLIST]

        # Of the library what Yosys is given: other files of the same cells map to the same netlist.
        library = hashlib.sha256(self.library.encode()).hexdigest()
        parts = [RECIPE, importlib.metadata.version("pyosys"), library]
        parts += [piece.block, script, leaves, sorted(sha256(file) for file in piece.reads)]
        entry = cached(f"{piece.block.module}-netlist", parts, make, self.cache)
        stored = json.loads(gzip.decompress((entry.folder / NETLIST).read_bytes()))
        blocks = {
            module: {name: Block(kind, tuple(lines)) for name, (kind, lines) in found.items()}
            for module, found in stored["blocks"].items()
        }
        return Mapped(
            stored["top"] or piece.block.module, stored["modules"], stored["registers"], blocks
        )

    def _named(self, module: str) -> Path:
        """The file that messages are about."""
        return (*self.sources.of(module), self.sources.files[-1])[0]


@dataclass(frozen=True)
class _Piece:
    """What is read and how: ``files`` whole, of ``outlines`` the ports only."""

    block: Block
    files: tuple[Path, ...]
    outlines: tuple[Path, ...] = ()
    flatten: bool = False
    instance: bool = False

    @property
    def reads(self) -> set[Path]:
        return {*self.files, *self.outlines}

    def synthesis(self, order: Iterable[Path], leaves: bool) -> list[str]:
        """Passes up to gates of no library; files are read in this order."""
        top = UNIT if self.instance else self.block.module
        trees = FULL_ADDER in {file.stem for file in self.files}
        how = dict.fromkeys(self.outlines, "-lib") | dict.fromkeys(self.files, "-defer")
        return [
            *([f"read_rtlil {UNIT}.il"] if self.instance else []),
            *(f'read_verilog {how[f]} "{SOURCES}/{f.name}"' for f in order if f in how),
            *([f"read_verilog -overwrite {LEAVES}"] if leaves else []),
            f"hierarchy -check -top {top}",
            # What is only outlined here is not for this piece to find useless.
            *(["setattr -mod -set keep 1 =A:blackbox"] if self.outlines else []),
            "proc",
            "write_json elaborated.json",
            *(["flatten"] if self.flatten else []),
            # Adder trees are one with what feeds them and what they end in: constants pass through.
            *(["flatten *neuron*", f"hierarchy -check -top {top}"] if trees else []),
            *([f"delete {UNIT}"] if self.instance else []),
            "synth -booth -noabc -run coarse:check",
        ]


def _instance(block: Block) -> str:
    """RTLIL of a module with one instance of a block, so that it has the parameters to the bit."""
    lines = [f"  cell \\{block.module} \\u_block", *block.parameters, "  end"]
    return "\n".join([f"module \\{UNIT}", *lines, "end", ""])


def _mapping(technology: Technology) -> list[str]:
    """Passes from there to cells of the library."""
    return [
        f"dfflibmap -liberty {LIBRARY}",
        f"abc -liberty {LIBRARY}",
        "setundef -zero",
        "opt_clean -purge",
        *filter(None, [_constants(technology)]),
        "write_rtlil mapped.il",
        "write_json mapped.json",
    ]


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


def _run(lines: list[str], source: Path, work: Path, foreign: set[str]) -> Json:
    """What the lines of a script make of a piece that ``source`` declares.

    ``foreign``: modules of which it has the outlines only.
    """
    run_yosys(lines, work, source)
    elaborated, mapped = (_own(work / f"{name}.json") for name in ("elaborated", "mapped"))
    unit = elaborated.pop(UNIT, None)
    return {
        "top": unit["cells"]["u_block"]["type"] if unit else None,
        "modules": {
            name: {"ports": body["ports"], "cells": _slim(body["cells"])}
            for name, body in mapped.items()
        },
        "registers": _register_bits(elaborated),
        "blocks": _blocks(work / "mapped.il", foreign) if foreign else {},
    }


def _own(path: Path) -> Json:
    """The modules of a piece itself."""
    # Yosys wrote it a moment ago; it is too large to be looked at like files from outside.
    modules: Json = json.loads(path.read_bytes())["modules"]
    return {
        name: body
        for name, body in modules.items()
        if not any(body["attributes"].get(kind) for kind in ("blackbox", "whitebox"))
    }


def _slim(cells: Json) -> Json:
    return {
        name: {"type": cell["type"], "connections": cell["connections"]}
        for name, cell in cells.items()
    }


def _blocks(path: Path, foreign: set[str]) -> dict[str, dict[str, Block]]:
    """From RTLIL: of each module the instances of ``foreign`` ones."""
    found: dict[str, dict[str, Block]] = {}
    module = name = kind = ""
    for line in path.read_text().splitlines():
        if line.startswith("module "):
            module, name = _plain(line.split(" ")[1]), ""
        elif cell := _CELL.fullmatch(line):
            kind, name = map(_plain, cell.groups())
            if kind in foreign:
                found.setdefault(module, {})[name] = Block(kind)
        elif line.startswith(_PARAMETER) and name in found.get(module, {}):
            before = found[module][name].parameters
            found[module][name] = Block(kind, (*before, line))
    return found


def _plain(name: str) -> str:
    """A name in RTLIL as JSON has it."""
    return name.removeprefix("\\")


def _register_bits(modules: Json) -> dict[str, int]:
    """Bits that the elaborated piece keeps in triplicated registers, below each module."""
    known: dict[str, int] = {}
    votes = {kind.module: kind.votes for kind in REGISTERS}

    def bits(module: str) -> int:
        if module not in known:
            kind = base_name(module)
            if kind in votes:
                known[module] = len(modules[module]["ports"]["q_o"]["bits"]) // votes[kind]
            else:
                cells = modules[module]["cells"].values()
                known[module] = sum(bits(c["type"]) for c in cells if c["type"] in modules)
        return known[module]

    for module in modules:
        bits(module)
    return known
