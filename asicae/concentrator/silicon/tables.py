"""What the blocks of Adaptive Choice look up, as parameters of their modules.

Entry k of a table lies at [k * width +: width]. Every number comes from the frames' own code.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from asicae.chip.blocks import Sized
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.companders import SCALE_BITS, octaves, table_of
from asicae.concentrator.latent_word import LatentWord
from asicae.concentrator.subset_ranks import SubsetRanks, below

FIRST_WIDTH: Final = 4
"""Bits of a number of first bits, 0 to 8."""
OCTAVE_WIDTH: Final = 4
"""Bits of an octave, 0 to ``SCALE_BITS``."""
STRIDE_BITS: Final = (SCALE_BITS - 1).bit_length()
"""Thresholds are two to this power bits apart, so that a number of one is bits of its place."""


def table(entries: Iterable[int], width: int) -> Sized:
    """The entries, integers of ``width`` bits."""
    listed = list(entries)
    value = sum(entry << (place * width) for place, entry in enumerate(listed))
    return Sized(value, width * len(listed))


def rank_table(ranks: SubsetRanks) -> Sized:
    """What a cell in a slot adds to the rank, slot after slot; 0 of a cell that cannot be there.

    The cell in slot j is the one with j others in front.
    """
    return table(
        (
            below(ranks.cells - 1 - cell, ranks.most - slot) if cell >= slot else 0
            for slot in range(ranks.most)
            for cell in range(ranks.cells)
        ),
        ranks.bits,
    )


def thresholds(settings: AdaptiveChoiceSettings) -> Sized:
    """T[0] to T[255] of the compander."""
    return table(table_of(settings.compander).thresholds[:-1].tolist(), 1 << STRIDE_BITS)


def octave_table(settings: AdaptiveChoiceSettings) -> Sized:
    """Octaves of bins: of the code of n bits with value v entry 2^n + v, of those that are used."""
    most, shared = settings.code_bits, settings.shared
    entries = np.zeros(2 << most, dtype=np.int64)
    for bits in {shared.share(number)[0] for number in range(1, settings.most_cells + 1)}:
        entries[1 << bits : 2 << bits] = octaves(settings.compander, bits)
    return table(entries.tolist(), OCTAVE_WIDTH)


def source_table(word: LatentWord) -> Sized:
    """Where the last bits of a frame come from, the last one first; zeros in front of the latents
    from behind them.
    """
    bits = len(word.masks) * word.width
    places = (*word.sources, *[bits] * word.room)[: word.room]
    return table(places, bits.bit_length())


@dataclass(frozen=True)
class Shares:
    """What codes get of the room, by their number, 0 to ``most_cells``.

    Attributes:
        first: first bits of each.
        left: further bits that all of them together can have.
        depth: further bits of one code at most, at least 1.
    """

    first: tuple[int, ...]
    left: tuple[int, ...]
    depth: int

    @property
    def joined(self) -> int:
        """Further bits of a frame at most, at least 1."""
        return max(1, *self.left)


def shares_of(settings: AdaptiveChoiceSettings) -> Shares:
    """The shares that the frames have."""
    first, left, depth = [0], [0], 1
    for number in range(1, settings.most_cells + 1):
        bits, over = settings.shared.share(number)
        further = settings.code_bits - bits
        first.append(bits)
        left.append(min(over, number * further))
        if settings.held_back:
            depth = max(depth, min(further, left[-1]))
    return Shares(tuple(first), tuple(left), depth)
