"""The chip as a core of FuseSoC: lint, a simulation under cocotb, synthesis."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asicae.chip.design import TOP, Design
from asicae.export.identity import identity_of
from asicae.export.simulation import DATA, FILES, WAIVERS
from asicae.export.templates import render
from asicae.foundation.files import write_text

CORE: Final = f"{TOP}.core"
"""Lies over all that it names, as FuseSoC wants it."""


def write_core(
    design: Design,
    folder: Path,
    files: Sequence[str],
    simulated: Sequence[str],
    case: Sequence[str],
) -> None:
    """Write the core of an export into ``folder``.

    ``files`` and ``simulated``: Verilog in compile order, for synthesis and as a simulator reads it
    best, in ``rtl/``; ``case``: what the bench reads, in ``sim/data``.
    """
    text = render(
        "hand_off/core.j2",
        network=design.network,
        identity=identity_of(design.network),
        top=TOP,
        files=files,
        simulated=simulated,
        waivers=WAIVERS,
        bench=[*(name for name in FILES if name != WAIVERS), *(f"{DATA}/{name}" for name in case)],
    )
    write_text(folder / CORE, text)
