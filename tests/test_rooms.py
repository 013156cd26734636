"""A room imports only from the rooms above it; TensorFlow is imported only for training."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "asicae"
FOUNDATION = (
    *("errors", "files", "npz_spool", "assets", "progress", "run_folder", "threads"),
    *("validation", "__init__"),
)
ROOMS = (
    "readout",
    "network",
    "concentrator",
    "training",
    "export",
    "simulation",
    "estimation",
    "report",
    "run_settings",
    "flow",
    "imported",
    "decoding",
    "doctor",
    "cli_data",
    "cli_frames",
    "cli",
)
REPORT_MAY_IMPORT = {"readout", "report"}
HEAVY = {
    "tensorflow",
    "keras",
    "qkeras",
    "ot",
    "pyosys",
    "cocotb",
    "uproot",
    "awkward",
    "pyarrow",
    "onnx",
    "qonnx",
    "hls4ml",
}


def imported_modules(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def violations(room: str, source: str) -> list[str]:
    allowed = set(FOUNDATION)
    if room in ROOMS:
        allowed |= set(ROOMS[: ROOMS.index(room) + 1])
    if room == "report":
        allowed = set(FOUNDATION) | REPORT_MAY_IMPORT
    parts = [name.split(".") for name in imported_modules(source)]
    used = {part[1] for part in parts if part[0] == "asicae" and len(part) > 1}
    known = set(ROOMS) | set(FOUNDATION)
    return sorted(name for name in used & known if name not in allowed)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_module_has_its_place() -> None:
    places = (*FOUNDATION, *ROOMS)
    assert sorted({room_of(path) for path in PACKAGE.rglob("*.py")}) == sorted(places)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.name)
def test_a_room_imports_only_from_rooms_above(path: Path) -> None:
    assert violations(room_of(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("readout", "from asicae.network.weights import Weights"),
        ("report", "import asicae.network.golden"),
        ("export", "from asicae import flow"),
    ],
)
def test_an_import_from_below_is_seen(room: str, line: str) -> None:
    assert violations(room, line) != []


def test_heavy_packages_are_imported_only_when_called() -> None:
    for path in PACKAGE.rglob("*.py"):
        if room_of(path) == "training":
            continue
        tree = ast.parse(path.read_text())
        top = {
            name.name.split(".")[0]
            for node in tree.body
            if isinstance(node, ast.Import)
            for name in node.names
        } | {
            node.module.split(".")[0]
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not top & HEAVY, path
