"""The hand-written Verilog that an encoder is made of."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from asicae.chip.blocks import Block
from asicae.concentrator.silicon.adaptive_choice import CoderDesign
from asicae.export.rtl import ADAPTIVE_CHOICE
from asicae.foundation.assets import asset_folder

CONTROL: Final = (
    *("tmr_copy", "voter", "tmr_register", "delay_inverter", "glitch_filter", "reset_stage"),
    *("reset_control", "requantise", "normaliser_cell", "normaliser"),
)
"""Files that the encoder shares with the chips, in compile order."""
LEAVES: Final = {
    "largest_cells": ("bit_planes", "threshold_digit"),
    "running_count": ("bit_planes",),
    "chosen_cells": ("bit_planes", "running_count"),
    "slot_codes": ("compander",),
    "largest_by_pairs": ("word_greater", "first_largest"),
    "even_further": ("word_greater", "first_largest"),
    "halved_further": ("bin_octave", "word_greater", "first_largest"),
}
"""What blocks are made of, by module."""


def coder_sources(design: CoderDesign) -> list[Path]:
    """Its files in compile order: leaves first."""
    folder = asset_folder("rtl")
    shared = [folder / f"{name}.v" for name in CONTROL]
    own = coding_modules(block for block in design.data_path if block.module not in CONTROL)
    return [*shared, *(folder / ADAPTIVE_CHOICE / f"{name}.v" for name in own)]


def coding_modules(blocks: Iterable[Block]) -> list[str]:
    """Modules that blocks are made of, leaves first, each once."""
    parts = (part for b in blocks for part in (*LEAVES.get(b.module, ()), b.module))
    return list(dict.fromkeys(parts))
