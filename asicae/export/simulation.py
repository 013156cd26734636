"""A simulation that needs no kit: plain cocotb and Verilator, with the kit's bench in copy."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from asicae.chip.design import TOP, Design, Port
from asicae.export.case import prepare_set, write_case
from asicae.export.templates import render
from asicae.export.visible_signals import visible_text
from asicae.foundation.assets import asset_folder
from asicae.foundation.files import write_bytes, write_text
from asicae.module.drawn import drawn_calq
from asicae.network.weights import Weights

SIM: Final = "sim"
"""Folder in an export, beside that of the Verilog."""
SOURCES: Final = "sources.f"
WAIVERS: Final = "waivers.vlt"
VISIBLE: Final = "visible.vlt"
EXAMPLE: Final = "example_bench"
DATA: Final = "data"
"""Folder of the case: what a host knows of the chip, weights, events and golden words."""
KIT: Final = (
    "__init__.py",
    "i2c.py",
    "top/__init__.py",
    "top/case.py",
    "top/testbench.py",
)
"""Files of ``verification/`` that a bench with ``TB`` needs."""
FILES: Final = (
    *("Makefile", SOURCES, WAIVERS, VISIBLE, f"{EXAMPLE}.py"),
    *(f"verification/{n}" for n in KIT),
)
EVENTS: Final = 100
PACKAGES: Final = "cocotb cocotbext-i2c numpy verilator"


def write_simulation(design: Design, folder: Path, files: Sequence[str]) -> list[str]:
    """Write ``sim/``: Makefile, lists for Verilator, an example bench, ``TB``, and a case.

    ``files`` are the names of the Verilog files that a simulator reads best, in compile order.
    The weights of the case are drawn, the same every time. Returns the names of its files.
    """
    sim, network = folder / SIM, design.network
    two_banks = design.configuration.weight_sets > 1
    makefile = makefile_of(
        TOP, network.name, PACKAGES, "registers", "case.json with its set0.npz and following"
    )
    write_text(sim / "Makefile", makefile)
    for name in (WAIVERS, f"{EXAMPLE}.py"):
        write_text(sim / name, render(f"sim/{name}.j2", two_banks=two_banks))
    write_lists(sim, TOP, design.ports, files)
    write_kit(sim)
    drawn = prepare_set(network, ("drawn", Weights.random(network, 1)), drawn_calq(EVENTS))
    (sim / DATA).mkdir(parents=True, exist_ok=True)
    return write_case(design, [drawn], sim / DATA)


def write_kit(sim: Path) -> None:
    """Write what a bench with ``TB`` needs into the folder ``sim``."""
    for name in KIT:
        write_bytes(sim / "verification" / name, (asset_folder("verification") / name).read_bytes())


def makefile_of(top: str, what: str, packages: str, test: str, case: str) -> str:
    """Text of a Makefile that runs the example bench.

    ``what`` is simulated, which needs the Python ``packages``; ``test`` names one of its tests, and
    ``case`` what is in the folder of its case.
    """
    return render(
        "sim/Makefile.j2",
        top=top,
        what=what,
        packages=packages,
        test=test,
        case=case,
        example=EXAMPLE,
        sources=SOURCES,
    )


def write_lists(sim: Path, top: str, ports: Iterable[Port], files: Sequence[str]) -> None:
    """Write the list of sources, relative to ``sim``, and what stays visible: ports of the top."""
    write_text(sim / VISIBLE, visible_text({top: [port.name for port in ports]}))
    lines = (WAIVERS, VISIBLE, *(f"../rtl/{name}" for name in files))
    write_text(sim / SOURCES, "".join(f"{line}\n" for line in lines))
