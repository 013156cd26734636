"""Routing with qrouter, a maze router over the tracks of all layers.

R. T. Edwards, qrouter (opencircuitdesign.com/qrouter), after Lee's algorithm (IRE Trans. Electronic
Computers EC-10 (1961) 346).
"""

from collections.abc import Sequence
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.layout import tools
from asicae.layout.def_file import Layout, def_text, read_def
from asicae.layout.grid import Grid
from asicae.layout.lef import Lef

TIMEOUT_S = 3600.0
PLACED, ROUTED = "placed.def", "routed.def"


def route(layout: Layout, lef: Lef, lef_files: Sequence[Path], grid: Grid, work: Path) -> Layout:
    """Route a placed block, in the folder ``work``.

    What the router left open is not asked of it: see ``check``.

    Raises:
        BadInput: the LEF has no power or ground.
        CheckFailed: qrouter did not end with a result.
        MissingTool: qrouter is not installed.
    """
    (work / PLACED).write_text(def_text(layout, grid.tracks(layout.die)))
    names = []
    for number, path in enumerate(lef_files):
        # A name without anything that Tcl would take for its own.
        names.append(f"library{number}.lef")
        (work / names[-1]).symlink_to(path.resolve())
    script = [
        "verbose 1",
        *(f"read_lef {name}" for name in names),
        f"layers {len(grid.layers)}",
        "via stack none",
        f"vdd {_supply(lef, 'POWER')}",
        f"gnd {_supply(lef, 'GROUND')}",
        f"read_def {PLACED}",
        f"qrouter::standard_route {ROUTED} false",
        "quit",
    ]
    (work / "route.tcl").write_text("\n".join([*script, ""]))
    tools.run(tools.ROUTER, ["-nog", "-s", "route.tcl"], work, work / ROUTED, TIMEOUT_S)
    return read_def(work / ROUTED)


def _supply(lef: Lef, use: str) -> str:
    """Name of the pins of one use, such as VDD."""
    names = {
        pin.name for macro in lef.macros.values() for pin in macro.pins.values() if pin.use == use
    }
    if len(names) != 1:
        found = ", ".join(sorted(names)) or "none"
        raise BadInput(f"the LEF has pins of {use} {found}, allowed is one name")
    return names.pop()
