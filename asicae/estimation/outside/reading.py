"""A gate-level netlist in Verilog, read with the cells of a library; what its storage is called.

Hierarchy is as it comes: kept, dissolved or copied. Cells that hold state are told apart by their
own names and by those of the nets that they drive, each with the path of its instance in front.
"""

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae.chip.design import TOP
from asicae.estimation.libraries import read_bytes
from asicae.estimation.mapping_library import mapping_library
from asicae.estimation.netlist import Flat, Flattener
from asicae.estimation.synthesis import Synthesis
from asicae.estimation.technology import Cell, Technology
from asicae.estimation.yosys import run_yosys
from asicae.foundation.errors import BadInput

_MODULE = re.compile(r"^\s*module\s+(\\\S+|\w+)", re.MULTILINE)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_LACKS = re.compile(r"Module `\\?(.+?)' referenced in module")


@dataclass(frozen=True)
class Name:
    """A name of a cell that holds state; ``inverted``: of a net that carries what it does not."""

    text: str
    inverted: bool = False


Names = tuple[Name, ...]


@dataclass(frozen=True)
class Outside:
    """A netlist from outside.

    Attributes:
        flat: all of it as arrays.
        names: by cell type, of each cell that holds state in the order of ``flat.cells``; those of
            nets before its own.
    """

    flat: Flat
    names: dict[str, list[Names]]


def read_netlist(path: Path, technology: Technology) -> Outside:
    """Read ``path`` (.v or .v.gz), of which ``asicae_top`` is the top.

    Raises:
        BadInput: it cannot be read, has no such module, uses cells that the library lacks or cannot
            tell the function of, or is no netlist of cells.
        MissingTool: pyosys is not installed.
    """
    text = read_bytes(path).decode("ascii", errors="replace")
    code = _COMMENT.sub("", text)
    if "`include" in code:
        raise BadInput(f"{path}: has `include, allowed is a netlist in one file")
    found = [name.lstrip("\\") for name in _MODULE.findall(code)]
    if not found:
        raise BadInput(f"{path}: holds no module, allowed is a netlist in Verilog")
    if TOP not in found:
        raise BadInput(f"{path}: no module {TOP}, found {', '.join(sorted(set(found))[:5])}")
    modules = _modules(path, text, technology)
    _check_cells(path, modules, technology)
    return outside_of(modules, technology)


def outside_of(modules: dict[str, Any], technology: Technology) -> Outside:
    """The netlist of mapped modules in Yosys' JSON form, by name."""
    flat = Flattener(Synthesis(TOP, modules, {}), technology).flatten(TOP)
    return Outside(flat, _Namer(modules, technology).names())


def _modules(path: Path, text: str, technology: Technology) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="asicae-netlist-") as folder:
        work = Path(folder)
        (work / "cells.lib").write_text(mapping_library(technology))
        (work / "netlist.v").write_text(text)
        lines = [
            "read_liberty -lib -ignore_miss_func cells.lib",
            "read_verilog netlist.v",
            f"hierarchy -check -top {TOP}",
            "proc",
            "write_json netlist.json",
        ]
        try:
            run_yosys(lines, work, path)
        except BadInput as error:
            lacking = _LACKS.search(str(error))
            if lacking is None:
                raise
            technology.cell(lacking[1])
            raise
        modules = json.loads((work / "netlist.json").read_bytes())["modules"]
    used = {name: body for name, body in modules.items() if not _is_box(body)}
    return {name: body for name, body in used.items() if name == TOP or _is_used(name, used)}


def _is_box(body: dict[str, Any]) -> bool:
    return bool({"blackbox", "whitebox"} & set(body["attributes"]))


def _is_used(name: str, modules: dict[str, Any]) -> bool:
    return any(cell["type"] == name for body in modules.values() for cell in body["cells"].values())


def _check_cells(path: Path, modules: dict[str, Any], technology: Technology) -> None:
    """All that is no module is a cell that can be used."""
    for module, body in modules.items():
        for name, cell in body["cells"].items():
            kind = cell["type"]
            if kind.startswith("$"):
                raise BadInput(
                    f"{path}: module {module}: {name} is an expression or register ({kind}), "
                    "allowed are instances of library cells"
                )
            if kind not in modules:
                technology.cell(kind)


class _Namer:
    """Names of what holds state, in the order in which ``Flattener`` pours modules together."""

    def __init__(self, modules: dict[str, Any], technology: Technology) -> None:
        self.modules, self.technology = modules, technology
        self.read: dict[str, dict[str, list[Names]]] = {}
        self.found: dict[str, list[Names]] = {}

    def names(self) -> dict[str, list[Names]]:
        self.visit(TOP, "")
        return self.found

    def visit(self, module: str, path: str) -> None:
        for kind, rows in self.own(module).items():
            self.found.setdefault(kind, []).extend(
                tuple(Name(f"{path}{name.text}", name.inverted) for name in names) for names in rows
            )
        for instance, cell in self.modules[module]["cells"].items():
            if cell["type"] in self.modules:
                self.visit(cell["type"], f"{path}{instance}.")

    def own(self, module: str) -> dict[str, list[Names]]:
        """Of the cells directly in a module, without the path of an instance."""
        if module not in self.read:
            self.read[module] = self._own(self.modules[module])
        return self.read[module]

    def _own(self, body: dict[str, Any]) -> dict[str, list[Names]]:
        held = [
            (name, cell, model)
            for name, cell in body["cells"].items()
            if cell["type"] not in self.modules
            and (model := self.technology.cell(cell["type"])).storage is not None
        ]
        driven = {bit for _, cell, model in held for bit, _ in _outputs(cell, model)}
        passed = self._passed(body, driven)
        called = _net_names(body, driven | {bit for row in passed.values() for bit, _ in row})
        found: dict[str, list[Names]] = {}
        for name, cell, model in held:
            nets = [
                Name(text, inverted != turned)
                for bit, inverted in _outputs(cell, model)
                for other, turned in [(bit, False), *passed.get(bit, ())]
                for text in called.get(other, ())
            ]
            found.setdefault(cell["type"], []).append((*nets, Name(name)))
        return found

    def _passed(self, body: dict[str, Any], bits: set[Any]) -> dict[Any, list[tuple[Any, bool]]]:
        """Nets behind an inverter or buffer on one of ``bits``."""
        found: dict[Any, list[tuple[Any, bool]]] = {}
        for cell in body["cells"].values():
            if cell["type"] in self.modules or len(cell["connections"]) != 2:
                continue
            model = self.technology.cell(cell["type"])
            inverts = model.computes(True, False)
            if inverts or model.computes(False, True):
                (source,) = cell["connections"][model.inputs[0]] or [None]
                if source in bits:
                    given = cell["connections"][model.outputs[0]]
                    found.setdefault(source, []).extend((bit, inverts) for bit in given)
        return found


def _outputs(cell: dict[str, Any], model: Cell) -> list[tuple[Any, bool]]:
    """Nets that a cell drives with its state, or with the inverse of it."""
    found = []
    for pin in model.outputs:
        function = model.pins[pin].function
        if model.storage is None or function is None or function.text not in _states(model):
            continue
        found += [(bit, _states(model)[function.text]) for bit in cell["connections"].get(pin, ())]
    return found


def _states(model: Cell) -> dict[str, bool]:
    state, inverse = model.storage.state if model.storage else ("", "")
    return {state: False, inverse: True, f"!{state}": True, f"!{inverse}": False}


def _net_names(body: dict[str, Any], bits: set[Any]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for net, item in body["netnames"].items():
        for index, bit in enumerate(item["bits"]):
            if bit in bits:
                found.setdefault(bit, []).append(bit_name(net, item, index))
    return found


def bit_name(net: str, item: dict[str, Any], index: int) -> str:
    """The name of one bit of a net in Yosys' JSON, as Verilog selects it."""
    if len(item["bits"]) == 1 and not item.get("offset"):
        return net
    return f"{net}[{index + int(item.get('offset', 0))}]"
