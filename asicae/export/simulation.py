"""A simulation that needs no kit: plain cocotb and Verilator, with the kit's bench in copy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asicae.chip.design import TOP, Design
from asicae.export.case import prepare_set, write_case
from asicae.export.templates import render
from asicae.foundation.assets import asset_folder
from asicae.foundation.files import write_bytes, write_text
from asicae.module.drawn import drawn_calq
from asicae.network.weights import Weights

SIM: Final = "sim"
"""Folder in an export, beside that of the Verilog."""
SOURCES: Final = "sources.f"
WAIVERS: Final = "waivers.vlt"
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
FILES: Final = ("Makefile", SOURCES, WAIVERS, f"{EXAMPLE}.py", *(f"verification/{n}" for n in KIT))
EVENTS: Final = 100


def write_simulation(design: Design, folder: Path, files: Sequence[str]) -> list[str]:
    """Write ``sim/``: Makefile, list of sources, waivers, an example bench, ``TB``, and a case.

    ``files`` are the names of the Verilog files that a simulator reads best, in compile order.
    The weights of the case are drawn, the same every time. Returns the names of its files.
    """
    sim, network = folder / SIM, design.network
    values = {"network": network, "top": TOP, "example": EXAMPLE, "sources": SOURCES}
    two_banks = design.configuration.weight_sets > 1
    for name in ("Makefile", WAIVERS, f"{EXAMPLE}.py"):
        write_text(sim / name, render(f"sim/{name}.j2", **values, two_banks=two_banks))
    write_text(sim / SOURCES, "".join(f"{line}\n" for line in _sources(files)))
    for name in KIT:
        write_bytes(sim / "verification" / name, (asset_folder("verification") / name).read_bytes())
    drawn = prepare_set(network, ("drawn", Weights.random(network, 1)), drawn_calq(EVENTS))
    (sim / DATA).mkdir(parents=True, exist_ok=True)
    return write_case(design, [drawn], sim / DATA)


def _sources(files: Sequence[str]) -> list[str]:
    return [WAIVERS, *(f"../rtl/{name}" for name in files)]
