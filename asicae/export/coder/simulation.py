"""A simulation of an encoder that needs no kit: plain cocotb, Verilator and a table of events."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.chip.design import PERIOD_NS
from asicae.concentrator import codec
from asicae.concentrator.algorithms.adaptive_choice import HEADER_BITS
from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.frames import Bytes
from asicae.concentrator.silicon.adaptive_choice import TOP, CoderDesign
from asicae.concentrator.silicon.events import drawn_events
from asicae.export.simulation import (
    DATA,
    EXAMPLE,
    SIM,
    WAIVERS,
    makefile_of,
    write_lists,
)
from asicae.export.templates import render
from asicae.foundation.files import write_text
from asicae.module.codes import CALQ_BITS
from asicae.module.geometry import Integers

TABLE: Final = "events.csv"
EVENTS: Final = 200
SEED: Final = 1


def write_coder_simulation(design: CoderDesign, folder: Path, files: Sequence[str]) -> None:
    """Write ``sim/``: Makefile, lists for Verilator, an example bench, and a table of events.

    ``files`` are the names of the Verilog files in compile order. The events are the same always.
    """
    sim = folder / SIM
    makefile = makefile_of(
        TOP, f"The encoder {TOP}", "cocotb verilator", "frames", f"{TABLE} of counter,frame,calq..."
    )
    write_text(sim / "Makefile", makefile)
    write_text(sim / WAIVERS, render("coder/waivers.vlt.j2"))
    bench = render(
        "coder/example_bench.py.j2",
        design=design,
        table=TABLE,
        period_ns=PERIOD_NS,
        charge_bits=CALQ_BITS,
    )
    write_text(sim / f"{EXAMPLE}.py", bench)
    write_lists(sim, TOP, design.ports, files)
    (sim / DATA).mkdir(parents=True, exist_ok=True)
    calq, counter = drawn_events(design.settings, EVENTS, SEED), counters(EVENTS)
    frames = codec.encode(calq.astype(np.int32), design.settings, counter)
    write_text(sim / DATA / TABLE, event_table(calq, counter, frames.words))


def counters(events: int) -> Bytes:
    """Of so many events one after the other."""
    return (np.arange(events) % (1 << HEADER_BITS)).astype(np.uint8)


def event_table(calq: Integers, counter: Bytes, frames: npt.NDArray[np.uint16]) -> str:
    """A line an event: its counter, its frame as a hexadecimal number, its 48 charges."""
    digits = WORD_BITS // 4
    lines = []
    for row, count, charges in zip(frames.tolist(), counter.tolist(), calq.tolist(), strict=True):
        frame = "".join(f"{word:0{digits}x}" for word in row)
        lines.append(",".join([str(count), frame, *map(str, charges)]))
    return "".join(f"{line}\n" for line in lines)
