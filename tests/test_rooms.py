"""The house: a room imports only from rooms above it, and no module imports itself through others.

``docs/architecture.md`` tells what each room is for.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.places import PACKAGE, ROOT

ROOMS = (
    "foundation",
    "module",
    "readout",
    "source",
    "network",
    "chip",
    "concentrator",
    "metrics",
    "training",
    "comparison",
    "export",
    "simulation",
    "estimation",
    "layout",
    "report",
    "scan",
    "runs",
    "crew",
    "library",
    "search",
    "cli",
    "campaigns",
)
"""From the top down; ``asicae/__init__.py`` stands above them all, ``__main__.py`` is the cli's."""
NARROW = {"report": {"foundation", "module", "readout"}}
"""Rooms that see less than all that is above them: the report reads records, and computes none."""
RECORDS = {
    "asicae.concentrator.algorithms.table",
    "asicae.comparison.record",
    "asicae.comparison.verdict",
    "asicae.estimation.record",
    "asicae.layout.record",
    "asicae.simulation.regression.record",
    "asicae.training.history",
    "asicae.training.record",
}
"""What the report may import beside: owners of stored file formats, words of them, algorithms."""
HEAVY = {
    *("tensorflow", "keras", "qkeras", "ot", "pyosys", "cocotb", "uproot", "awkward", "pyarrow"),
    *("onnx", "qonnx", "hls4ml", "klayout", "optuna", "dask", "distributed"),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Dotted name of a module of the package."""
    return ".".join(("asicae", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )


KNOWN = {name_of(path) for path in MODULES}


def imported_modules(source: str, at_import: bool = False) -> set[str]:
    """Names that ``source`` imports; with ``at_import`` only those that loading it imports."""
    found: set[str] = set()
    for node in _nodes(ast.parse(source), at_import):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            members = {f"{node.module}.{name.name}" for name in node.names}
            found |= {name for name in members if name in KNOWN} or {node.module}
    return found


def _nodes(tree: ast.AST, at_import: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if not (at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            yield from _nodes(node, at_import)


def room_of(module: str) -> str | None:
    """The room of a module; None for the package itself and for what is not the kit's."""
    parts = module.split(".")
    if parts[0] != "asicae" or len(parts) == 1:
        return None
    return "cli" if parts[1] == "__main__" else parts[1]


def violations(room: str, source: str) -> list[str]:
    """Imports of ``source``, a module of ``room``, from below or from where it must not look."""
    allowed = NARROW.get(room, set(ROOMS[: ROOMS.index(room)])) | {room}
    used = {name for name in imported_modules(source) if room_of(name) is not None}
    wrong = {name for name in used if room_of(name) not in allowed}
    return sorted(wrong - RECORDS if room in NARROW else wrong)


def reached(imports: dict[str, set[str]], begin: str) -> set[str]:
    """Modules that ``begin`` imports, through whatever others of ``imports``."""
    seen: set[str] = set()
    todo = [begin]
    while todo:
        new = imports.get(todo.pop(), set()) - seen
        seen |= new
        todo += new
    return seen


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Modules that import themselves through others."""
    return sorted(module for module in imports if module in reached(imports, module))


def test_the_page_about_the_house_tells_the_rooms_and_what_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = page.split("```")[1]
    assert tuple(re.findall(r"^([a-z]+) ", picture, re.MULTILINE)) == ROOMS
    paths = re.findall(r"`((?:asicae|rtl|hls|tests|verification|benchmarks)/[^`*]*)`", page)
    assert len(paths) > 15
    assert [p for p in paths if "NAME" not in p and not (ROOT / p).exists()] == []


def test_every_module_has_a_room() -> None:
    places = {path.relative_to(PACKAGE).parts[0] for path in MODULES}
    assert places == {"__init__.py", "__main__.py", *ROOMS}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_from_rooms_above(path: Path) -> None:
    room = room_of(name_of(path))
    assert room is None or violations(room, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("readout", "from asicae.network.weights import Weights"),
        ("report", "import asicae.network.golden"),
        ("report", "from asicae.comparison.choice import choose"),
        ("export", "from asicae import runs"),
        ("module", "def f():\n    from asicae.readout import readouts"),
    ],
)
def test_an_import_from_below_is_seen(room: str, line: str) -> None:
    assert violations(room, line) != []


def test_no_module_imports_itself_through_others() -> None:
    imports = {name_of(p): imported_modules(p.read_text(encoding="utf-8")) for p in MODULES}
    assert circle({name: found & KNOWN - {name} for name, found in imports.items()}) == []


def test_a_circle_is_seen() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == ["b", "c"]


def test_a_module_has_at_most_400_lines() -> None:
    lines = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_records_load_without_heavy_packages() -> None:
    loaded = {name_of(p): imported_modules(p.read_text(encoding="utf-8"), True) for p in MODULES}
    for record in RECORDS:
        used = reached(loaded, record)
        assert "pydantic" in used or "numpy" in used
        assert not {name.split(".")[0] for name in used} & HEAVY, record


def test_heavy_packages_are_imported_only_when_called() -> None:
    for path in MODULES:
        if room_of(name_of(path)) == "training":
            continue
        source = path.read_text(encoding="utf-8")
        top = {name.split(".")[0] for name in imported_modules(source, at_import=True)}
        assert not top & HEAVY, path
