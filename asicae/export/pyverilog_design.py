"""What Pyverilog finds in exported Verilog: modules, parameters, ports, instances, widths.

Only the constant expressions that parameters and port ranges of the kit use are evaluated.
"""

import contextlib
import functools
import importlib
import importlib.metadata
import io
import py_compile
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourcelessFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any, Final

from asicae.foundation.cache import cached
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_text

PACKAGES: Final = ("pyverilog", "ply")
PARSER: Final = "pyverilog.vparser.parser"
TABLES: Final = "pyverilog.vparser.parsetab"
COMPILED: Final = "parsetab.pyc"
_BASES = {"b": 2, "o": 8, "d": 10, "h": 16}
_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "Plus": lambda a, b: a + b,
    "Minus": lambda a, b: a - b,
    "Times": lambda a, b: a * b,
    "Divide": lambda a, b: a // b,
    "Mod": lambda a, b: a % b,
    "Sll": lambda a, b: a << b,
    "GreaterThan": lambda a, b: int(a > b),
    "LessThan": lambda a, b: int(a < b),
    "Eq": lambda a, b: int(a == b),
    "NotEq": lambda a, b: int(a != b),
}


@dataclass(frozen=True)
class Port:
    """A port: ``direction`` is ``input`` or ``output``; ``range`` is a syntax node or None."""

    direction: str
    range: Any


@dataclass(frozen=True)
class Instance:
    """A module instance with its named parameters and connections, as syntax nodes."""

    module: str
    name: str
    parameters: Mapping[str, Any]
    connections: Mapping[str, Any]


@dataclass(frozen=True)
class Module:
    """One parsed module."""

    name: str
    parameters: Mapping[str, Any]
    ports: Mapping[str, Port]
    wires: Mapping[str, Any]
    instances: Mapping[str, Instance]

    def scope(self, given: Mapping[str, int] | None = None) -> dict[str, int]:
        """Parameter values: the defaults, with those in ``given`` replaced."""
        values = dict(given or {})
        for name, default in self.parameters.items():
            if name not in values:
                values[name] = constant(default, values)
        return values

    def port_widths(self, given: Mapping[str, int] | None = None) -> dict[str, int]:
        """Bits of every port under the parameters ``given``."""
        scope = self.scope(given)
        return {name: range_width(port.range, scope) for name, port in self.ports.items()}

    def expression_width(self, node: Any) -> int:
        """Bits of a connection made of names, slices, constants and concatenations."""
        kind = type(node).__name__
        scope = self.scope()
        if kind == "Identifier":
            if node.name in self.ports:
                return range_width(self.ports[node.name].range, scope)
            if node.name in self.wires:
                return range_width(self.wires[node.name], scope)
            raise CheckFailed(f"{self.name}: line {node.lineno}: {node.name!r} is not declared")
        if kind in ("Concat", "LConcat"):
            return sum(self.expression_width(part) for part in node.list)
        if kind == "Pointer":
            return 1
        if kind == "Partselect":
            return constant(node.msb, scope) - constant(node.lsb, scope) + 1
        if kind == "IntConst" and "'" in node.value:
            return int(node.value.split("'")[0])
        raise CheckFailed(
            f"{self.name}: line {node.lineno}: a connection that is no slice ({kind})"
        )


def parse(files: Sequence[Path]) -> dict[str, Module]:
    """Modules of Verilog-2005 files that need no preprocessing.

    Raises:
        BadInput: a file is missing.
        CheckFailed: Pyverilog does not parse a file, or two files define one module.
    """
    modules: dict[str, Module] = {}
    parser = _parser()
    for path in files:
        text = read_text(path)
        try:
            definitions = parser.parse(text).description.definitions
        except Exception as error:
            # Pyverilog and PLY raise whatever they like; each of them means: not parsed.
            raise CheckFailed(f"{path}: Pyverilog does not parse it: {error}") from None
        for node in definitions:
            if type(node).__name__ != "ModuleDef":
                continue
            if node.name in modules:
                raise CheckFailed(f"{path}: module {node.name!r} is defined twice")
            modules[node.name] = _module(node)
    return modules


@functools.lru_cache(maxsize=1)
def _parser() -> Any:
    """Pyverilog's parser, with tables from the cache: building them takes longer than all the rest
    of an export.
    """
    module = importlib.import_module(PARSER)
    with contextlib.redirect_stderr(io.StringIO()), tempfile.TemporaryDirectory() as folder:
        with contextlib.suppress(BadInput):  # no cache: then they are built, into this folder
            _load_tables()
        return module.VerilogParser(outputdir=folder, debug=False)


def _load_tables() -> None:
    """Put the tables where the parser looks first; it takes none but those of its own grammar.

    Raises:
        BadInput: there can be no cache.
    """
    parts = [sys.implementation.cache_tag, *map(importlib.metadata.version, PACKAGES)]
    entry = cached("verilog-tables", parts, _tables)
    loader = SourcelessFileLoader(TABLES, str(entry.folder / COMPILED))
    sys.modules[TABLES] = tables = module_from_spec(ModuleSpec(TABLES, loader))
    loader.exec_module(tables)


def _tables(work: Path) -> list[str]:
    """Build them and leave them in ``work``; returns the name of the file."""
    importlib.import_module(PARSER).VerilogParser(outputdir=str(work), debug=False)
    py_compile.compile(str(work / "parsetab.py"), cfile=str(work / COMPILED), doraise=True)
    return [COMPILED]


def constant(node: Any, scope: Mapping[str, int]) -> int:
    """Value of a constant expression.

    Raises:
        CheckFailed: it uses something that no parameter or range of the kit needs.
    """
    kind = type(node).__name__
    value: int | None = None
    if kind == "Rvalue":
        value = constant(node.var, scope)
    elif kind == "IntConst":
        value = _literal(node.value)
    elif kind == "Identifier":
        value = scope.get(node.name)
    elif kind in _OPERATORS:
        value = _OPERATORS[kind](constant(node.left, scope), constant(node.right, scope))
    elif kind == "Uminus":
        value = -constant(node.right, scope)
    elif kind == "Cond":
        chosen = node.true_value if constant(node.cond, scope) else node.false_value
        value = constant(chosen, scope)
    elif kind == "Repeat":  # of one bit: {WIDTH{1'b1}}
        bit = constant(node.value.list[0], scope)
        value = sum(bit << place for place in range(constant(node.times, scope)))
    elif kind == "Concat" and all("'" in getattr(part, "value", "") for part in node.list):
        value = 0
        for part in node.list:  # the first one has the highest bits
            value = value << int(part.value.split("'")[0]) | _literal(part.value)
    if value is None:
        raise CheckFailed(f"line {node.lineno}: no constant that can be checked ({kind})")
    return value


def range_width(node: Any, scope: Mapping[str, int]) -> int:
    """Bits of a declared range; no range is one bit."""
    if node is None:
        return 1
    return constant(node.msb, scope) - constant(node.lsb, scope) + 1


def _literal(text: str) -> int:
    if "'" not in text:
        return int(text.replace("_", ""))
    digits = text.split("'")[1].lower().lstrip("s").replace("_", "")
    return int(digits[1:], _BASES[digits[0]])


def _module(node: Any) -> Module:
    parameters = {
        item.name: item.value
        for declaration in (node.paramlist.params if node.paramlist else ())
        for item in declaration.list
    }
    ports = {
        port.first.name: Port(type(port.first).__name__.lower(), port.first.width)
        for port in node.portlist.ports
    }
    wires: dict[str, Any] = {}
    instances: dict[str, Instance] = {}
    for item in node.items:
        kind = type(item).__name__
        if kind == "Decl":
            wires |= {part.name: part.width for part in item.list if hasattr(part, "width")}
        elif kind == "InstanceList":
            for instance in item.instances:
                instances[instance.name] = Instance(
                    instance.module,
                    instance.name,
                    {entry.paramname: entry.argname for entry in instance.parameterlist},
                    {entry.portname: entry.argname for entry in instance.portlist},
                )
    return Module(node.name, parameters, ports, wires, instances)
