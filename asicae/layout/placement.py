"""Placement with graywolf (TimberWolf): cells in rows, ports around them.

W. Swartz, C. Sechen, "Timing driven placement for large standard cell circuits", DAC 1995. The
program takes shapes and pins of cells (``.cel``), rules (``.par``), and leaves places (``.pl1``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_text
from asicae.layout import tools
from asicae.layout.geometry import Point, Rect
from asicae.layout.grid import Grid
from asicae.layout.lef import Lef, Macro, MacroPin
from asicae.layout.netlist import OUTSIDE, Netlist

NAME = "block"
TIMEOUT_S = 3600.0
_PAD = "twpin_"
_ORIENTATIONS = ("N", "FS", "FN", "S")
"""By TimberWolf's numbers; cells of rows are only mirrored."""


@dataclass(frozen=True)
class Place:
    """Where a cell or a port was put: its box, how it is turned, its row (ports: the side)."""

    box: Rect
    orientation: str
    row: int


@dataclass(frozen=True)
class Placement:
    """What the placer found, in its own coordinates."""

    cells: dict[str, Place]
    ports: dict[str, Place]


def place(netlist: Netlist, lef: Lef, grid: Grid, seed: int, work: Path) -> Placement:
    """Place a block, in the folder ``work``.

    Raises:
        BadInput: the LEF lacks a cell or a pin of the netlist.
        CheckFailed: graywolf did not place it.
        MissingTool: graywolf is not installed.
    """
    (work / f"{NAME}.cel").write_text("\n".join([*_cells(netlist, lef), *_ports(netlist, grid)]))
    (work / f"{NAME}.par").write_text("\n".join(_rules(grid, lef, seed)) + "\n")
    result = work / f"{NAME}.pl1"
    tools.run(tools.PLACER, ["-n", NAME], work, result, TIMEOUT_S)
    placement = Placement({}, {})
    for line in read_text(result).splitlines():
        if line.strip():
            name, found = _place(line)
            into = placement.ports if name.startswith(_PAD) else placement.cells
            into[name.removeprefix(_PAD)] = found
    if placement.cells.keys() != netlist.cells.keys():
        raise CheckFailed(f"{tools.PLACER}: placed other cells than those of {netlist.name}")
    if placement.ports.keys() != netlist.ports.keys():
        raise CheckFailed(f"{tools.PLACER}: placed other ports than those of {netlist.name}")
    return placement


def macro_of(lef: Lef, kind: str) -> Macro:
    """A cell of the library.

    Raises:
        BadInput: the LEF has none of this name.
    """
    if kind not in lef.macros:
        raise BadInput(f"the LEF has no cell {kind}, which the netlist has")
    return lef.macros[kind]


def _cells(netlist: Netlist, lef: Lef) -> Iterator[str]:
    """Cells around their middle, each pin as a place."""
    nets = netlist.by_cell
    for number, (cell, kind) in enumerate(netlist.cells.items()):
        macro = macro_of(lef, kind)
        x, y = macro.width // 2, macro.height // 2
        yield f"cell {number} {cell}"
        yield f"left {-x} right {macro.width - x} bottom {-y} top {macro.height - y}"
        for name, net in nets.get(cell, ()):
            pin = macro.pins.get(name)
            if pin is None or not pin.shapes:
                raise BadInput(f"the LEF has no metal for pin {name} of {macro.name}")
            at = _middle(pin)
            yield f"pin name {name} signal {net} layer 1 {at.x - x} {at.y - y}"


def _ports(netlist: Netlist, grid: Grid) -> Iterator[str]:
    """Ports as pads of the size of a track."""
    x, y = grid.x // 2, grid.y // 2
    for number, (port, net) in enumerate(netlist.by_cell.get(OUTSIDE, ()), start=1):
        yield f"pad {number} name {_PAD}{port}"
        yield f"corners 4 -{x} -{y} -{x} {y} {x} {y} {x} -{y}"
        yield f"pin name {port} signal {net} layer 1 0 0\n"


def _middle(pin: MacroPin) -> Point:
    rect = max((rect for _, rect in pin.shapes), key=lambda rect: rect.area)
    return Point((rect.left + rect.right) // 2, (rect.bottom + rect.top) // 2)


def _rules(grid: Grid, lef: Lef, seed: int) -> Iterator[str]:
    """Layers as the LEF has them; spacing is what the pitch leaves beside the width."""
    layers = grid.layers
    # A LEF may have contacts below the first layer as well.
    cuts = lef.cuts[len(lef.cuts) - len(lef.layers) + 1 :]
    pairs = [(c, *two) for c, two in zip(cuts, pairwise(layers), strict=False)]
    yield "RULES"
    for layer in layers:
        direction = "vertical" if layer.vertical else "horizontal"
        yield f"layer {layer.name} {layer.resistance:g} {layer.capacitance:g} {direction}"
    for cut, lower, upper in pairs:
        yield f"via {cut} {lower.name} {upper.name}"
    for layer in layers:
        yield f"width {layer.name} {layer.width}"
    for cut, lower, _ in pairs:
        yield f"width {cut} {lower.width}"
    for layer in layers:
        yield f"spacing {layer.name} {layer.name} {layer.pitch - layer.width}"
    for below, above in pairwise(pairs):
        yield f"spacing {below[0]} {above[0]} 0"
    yield "ENDRULES"
    chosen = {
        "*vertical_wire_weight": 1.0,
        "*vertical_path_weight": 1.0,
        "*padspacing": "variable",
        "*rowSep": "0.0 0",
        "*track.pitch": grid.x,
        "*minimum_pad_space": 2 * grid.x,
        "*gridX": grid.x,
        "*gridY": grid.y,
        "*gridOffsetX": 0,
        "*gridOffsetY": 0,
        "*graphics.wait": "off",
        "*last_chance.wait": "off",
        "*random.seed": seed,
        "TWMC*chip.aspect.ratio": 1.0,
        "TWSC*feedThruWidth": f"{grid.x} layer 1",
        "TWSC*do.global.route": "on",
        "TWSC*ignore_feeds": "true",
        "TWSC*call_row_evener": "true",
        "TWSC*even_rows_maximally": "true",
        "GENR*row_to_tile_spacing": 1,
        "GENR*flip_alternate_rows": 1,
    }
    yield from (f"{key} : {value}" for key, value in chosen.items())


def _place(line: str) -> tuple[str, Place]:
    words = line.split()
    try:
        left, bottom, right, top, turn, row = map(int, words[1:])
        # The turn of a port means nothing.
        turned = "N" if words[0].startswith(_PAD) else _ORIENTATIONS[turn]
    except (ValueError, IndexError):
        raise CheckFailed(f"{tools.PLACER}: its result has the line {line!r:.100}") from None
    return words[0], Place(Rect(left, bottom, right, top), turned, row)
