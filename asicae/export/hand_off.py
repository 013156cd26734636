"""What is handed over with the Verilog: constraints, scripts and project files of other tools.

All of it follows from the design; what is assumed of its surroundings is in ``chip.constraints``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from asicae.chip import constraints
from asicae.chip.blocks import CLOCK, CLOCKS, FAST_CLOCK, RESET
from asicae.chip.design import IO_DELAY_NS, PERIOD_NS, TOP, Design, Port
from asicae.chip.triplication import (
    BANK_WORDS,
    CLOCK_GATE_MODULE,
    FREE,
    LOGIC_MODULES,
    STATE,
    VOTER_MODULE,
    holders,
    in_latches,
)
from asicae.export.data_sheet import DATA_SHEET, data_sheet
from asicae.export.templates import render
from asicae.foundation.files import write_json, write_text

HAND_OFF: Final = "handoff"
"""Folder in an export, beside that of the Verilog."""
SCRIPTS: Final = ("triplication.tcl", "dc.tcl", "genus.tcl")
LIBRELANE: Final = "config.json"
CORE_UTILISATION: Final = 40
"""Percent of the core that cells take, to start from."""


def write_hand_off(design: Design, folder: Path, files: Sequence[str]) -> None:
    """Write the constraints beside the Verilog, ``handoff/*`` and ``datasheet.md``.

    ``files`` are the names of the Verilog files in compile order.
    """
    rtl, scripts = folder / "rtl", folder / HAND_OFF
    write_text(rtl / f"{TOP}.sdc", constraints_text(design))
    for name in SCRIPTS:
        text = render(f"hand_off/{name}.j2", **_values(design, files))
        write_text(scripts / name, text)
    write_json(scripts / LIBRELANE, librelane(files, design.phases))
    write_text(folder / DATA_SHEET, data_sheet(design))


def constraints_text(design: Design) -> str:
    """The clocks of a chip, and what its ports have to do with them, as SDC."""
    network = design.network
    return constraints_of(
        design.ports,
        f"network {network.name}, design hash 0x{network.design_hash:08X}",
        phases=design.phases,
        falls=any(block.edge == "falling" for block in design.data_path),
        latches=in_latches(design.configuration.bank),
    )


def constraints_of(
    ports: Sequence[Port],
    made_of: str,
    phases: int = 1,
    falls: bool = False,
    latches: bool = False,
) -> str:
    """Likewise, of any top with these ports.

    ``phases``: clocks of the layers in each of the chip's; ``falls``: registers take data at the
    falling edge; ``latches``: those of weights are open while the clock is high.
    """

    def chosen(*, direction: str, synchronous: bool | None = None) -> str:
        return _tcl_list(
            port
            for port in ports
            if port.direction == direction
            and port.name not in CLOCKS
            and (synchronous is None or (port.synchronous == synchronous and port.name != RESET))
        )

    return render(
        f"{TOP}.sdc.j2",
        made_of=made_of,
        constraints=constraints,
        clock=CLOCK,
        fast_clock=FAST_CLOCK,
        phases=phases,
        clocks="{clk clk_fast}" if phases > 1 else "clk",
        reset=RESET,
        period_ns=PERIOD_NS,
        falls=falls,
        latches=latches,
        io_delay_ns=IO_DELAY_NS,
        all_inputs=chosen(direction="input"),
        all_outputs=chosen(direction="output"),
        inputs=chosen(direction="input", synchronous=True),
        outputs=chosen(direction="output", synchronous=True),
        asynchronous_inputs=chosen(direction="input", synchronous=False),
        asynchronous_outputs=chosen(direction="output", synchronous=False),
    )


def _tcl_list(ports: Any) -> str:
    """Ports as a list in Tcl, all bits of each; empty where there are none."""
    found: list[Port] = list(ports)
    if not found:
        return ""
    names = [f"{port.name}*" if port.width > 1 else port.name for port in found]
    return names[0] if len(names) == 1 else f"{{{' '.join(names)}}}"


def librelane(files: Sequence[str], phases: int) -> dict[str, Any]:
    """Configuration of a LibreLane project; paths are relative to its own folder.

    ``phases``: clocks of the layers in each of the chip's; above 1 they have a port of their own.
    """
    constraint = f"dir::../rtl/{TOP}.sdc"
    return {
        "meta": {"version": 2},
        "DESIGN_NAME": TOP,
        "VERILOG_FILES": [f"dir::../rtl/{name}" for name in files],
        "CLOCK_PORT": CLOCK if phases == 1 else list(CLOCKS),
        "CLOCK_PERIOD": PERIOD_NS,
        "PNR_SDC_FILE": constraint,
        "SIGNOFF_SDC_FILE": constraint,
        # Copies and voters are mapped apart, which keeps them; only then are they dissolved.
        "SYNTH_HIERARCHY_MODE": "deferred_flatten",
        "FP_CORE_UTIL": CORE_UTILISATION,
        "MAX_TRANSITION_CONSTRAINT": constraints.MAX_TRANSITION_NS,
    }


def _values(design: Design, files: Sequence[str]) -> dict[str, Any]:
    bank = design.configuration.bank
    words = BANK_WORDS[bank].register
    gated = words is not FREE
    logic = [module for module in LOGIC_MODULES if f"{module}.v" in files]
    kept = (*holders(design.configuration), VOTER_MODULE, *logic)
    return {
        "files": files,
        "network": design.network,
        "constraints": constraints,
        "top": TOP,
        "gated": gated,
        "kept": (*kept, CLOCK_GATE_MODULE) if gated else kept,
        "registers": list(dict.fromkeys((FREE, words))),
        "state": STATE,
    }
