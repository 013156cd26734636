"""Blocks around the coding of charges: the choice of the cells, and the ranks of an event."""

from dataclasses import replace
from typing import Final

from asicae.chip.blocks import Block, Words, charge_words
from asicae.concentrator.algorithms.adaptive_choice import HEADER_BITS
from asicae.concentrator.companders import FRACTION_BITS, SCALE_BITS
from asicae.module.geometry import N_CELLS
from asicae.network.fixed_point import FixedPoint

DIGIT: Final = 3
"""Bits of the threshold that are found at a time: more take more area and less time."""
RELATIVE: Final = FixedPoint.parse(f"ufixed<{SCALE_BITS},{SCALE_BITS - FRACTION_BITS},TRN,SAT>")
"""Relative charges as codes of the normaliser."""
HELD: Final = "held_"
"""In front of the name of what a rank gives."""
CELL_COUNT: Final = N_CELLS.bit_length()
"""Bits of a number of cells."""


def counter_words() -> Words:
    """The counter that comes with an event."""
    return Words("counter", HEADER_BITS)


def chosen_words() -> Words:
    """Which cells are sent."""
    return Words("chosen", 1, N_CELLS)


def by_threshold(most: int) -> tuple[Block, ...]:
    """Which cells are sent, ``most`` of them: those above a threshold, and of those at it the
    lower ones.
    """
    charges, chosen = charge_words(), chosen_words()
    above, equal = (replace(chosen, name=name) for name in ("above", "equal"))
    return (
        Block(
            "u_largest_cells",
            "largest_cells",
            {"CELLS": N_CELLS, "WIDTH": charges.width, "MOST": most, "DIGIT": DIGIT},
            inputs={"calq_i": (charges,)},
            outputs={"above_o": (above,), "equal_o": (equal,)},
        ),
        Block(
            "u_chosen_cells",
            "chosen_cells",
            {"CELLS": N_CELLS, "MOST": most, "COUNT_WIDTH": CELL_COUNT},
            inputs={"above_i": (above,), "equal_i": (equal,)},
            outputs={"chosen_o": (chosen,)},
        ),
    )


def event_rank(number: int, words: tuple[Words, ...], clear: bool) -> Block:
    """What belongs to an event, in plain flip-flops; ``clear``: zero while nothing is valid."""
    return Block(
        f"u_rank{number}",
        "event_rank",
        {"WIDTH": sum(part.bits for part in words), "CLEAR": int(clear)},
        inputs={"data_i": words},
        outputs={"data_o": tuple(replace(part, name=HELD + part.name) for part in words)},
        active={"load_i": 1},
        registered=True,
        storage="plain",
    )
