"""The Verilog of the encoder: its chip, what codes charges, and what puts frames together."""

from pathlib import Path
from typing import Final

from asicae.chip.design import TOP as CHIP
from asicae.concentrator.silicon.hybrid_choice import TOP, HybridDesign
from asicae.export.coder.files import CONTROL, coding_modules
from asicae.export.design_record import FILELIST, MODEL
from asicae.export.hybrid.top import hybrid_verilog
from asicae.export.rtl import ADAPTIVE_CHOICE, HYBRID_CHOICE, hand_written, rtl_files
from asicae.foundation.assets import asset_folder

OWN: Final = ("hits_reach", "mode_header", "frame_choice", "latent_tail", "frame_output")
"""Modules that no other encoder has."""


def hybrid_files(design: HybridDesign) -> dict[str, bytes]:
    """The Verilog and the lists of it, by file name; the top is the last of each list."""
    found = rtl_files(design.chip)
    lists = [name for name in (FILELIST, MODEL) if name in found]
    around = {path.name: path.read_bytes() for path in _around(design)}
    around[f"{TOP}.v"] = hybrid_verilog(design).encode()
    names = "".join(f"{name}\n" for name in around).encode()
    return found | around | {name: found[name] + names for name in lists}


def hybrid_sources(design: HybridDesign) -> list[Path]:
    """Its hand-written files in compile order, with plain multipliers: leaves first."""
    chip = design.chip
    chips = hand_written(chip.configuration, "behavioural", chip.network.kinds, hides=True)
    return [*chips, *_around(design)]


def _around(design: HybridDesign) -> list[Path]:
    blocks = (block for block in design.data_path if block.module not in (*CONTROL, CHIP, *OWN))
    folder = asset_folder("rtl")
    return [
        *(folder / ADAPTIVE_CHOICE / f"{name}.v" for name in coding_modules(blocks)),
        *(folder / HYBRID_CHOICE / f"{name}.v" for name in OWN),
    ]
