"""A simulation that needs no kit: weights through I2C, events, and the frames of the algorithm."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from asicae.chip import golden
from asicae.chip.image import keep_bytes, pack
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import HYBRID_CHOICE
from asicae.concentrator.largest import largest
from asicae.concentrator.silicon.events import drawn_hybrid_events
from asicae.concentrator.silicon.hybrid_choice import TOP, HybridDesign
from asicae.export.case import PreparedSet, write_case
from asicae.export.coder.simulation import TABLE, counters, event_table
from asicae.export.simulation import (
    DATA,
    EXAMPLE,
    PACKAGES,
    SIM,
    WAIVERS,
    makefile_of,
    write_kit,
    write_lists,
)
from asicae.export.templates import render
from asicae.foundation.files import write_text
from asicae.module.codes import CALQ_BITS
from asicae.network.encoder import Encoder

EVENTS: Final = 200
SEED: Final = 1
TEST: Final = "frames_match_the_algorithm"


def write_hybrid_simulation(
    design: HybridDesign, encoder: Encoder, folder: Path, files: Sequence[str]
) -> None:
    """Write ``sim/``: Makefile, lists for Verilator, an example bench, ``TB``, and a case.

    ``files`` are the names of the Verilog files that a simulator reads best, in compile order. The
    case has the weights of ``encoder``, and events that are the same always.
    """
    sim = folder / SIM
    case = f"case.json with its set0.npz and {TABLE}"
    write_text(sim / "Makefile", makefile_of(TOP, f"The encoder {TOP}", PACKAGES, TEST, case))
    two_banks = design.chip.configuration.weight_sets > 1
    write_text(sim / WAIVERS, render(f"sim/{WAIVERS}.j2", two_banks=two_banks))
    bench = render(
        f"hybrid/{EXAMPLE}.py.j2", design=design, table=TABLE, test=TEST, charge_bits=CALQ_BITS
    )
    write_text(sim / f"{EXAMPLE}.py", bench)
    write_lists(sim, TOP, design.ports, files)
    write_kit(sim)
    _write_case(design, encoder, sim / DATA)


def _write_case(design: HybridDesign, encoder: Encoder, data: Path) -> None:
    settings, counter = design.settings, counters(EVENTS)
    calq = drawn_hybrid_events(settings, EVENTS, SEED).astype(np.int32)
    found = golden.run(encoder, calq, hidden=largest(calq, settings.busy_cells))
    loaded = PreparedSet(
        "weights", pack(encoder), keep_bytes(encoder), calq, found.latents, found.sums
    )
    data.mkdir(parents=True, exist_ok=True)
    write_case(design.chip, [loaded], data)
    send = HYBRID_CHOICE.sender(settings, partial(golden.run, encoder))
    frames = codec.encode(calq, settings, counter, send=send).words
    write_text(data / TABLE, event_table(calq.astype(np.int64), counter, frames))
