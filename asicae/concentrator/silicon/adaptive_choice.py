"""Adaptive Choice in silicon: the one owner of its encoder's ports, blocks, ranks and latency.

The Verilog of the blocks is in ``rtl/adaptive_choice``. Each is by itself, so that another chip can
have the choice of the largest cells, the relative charges or the code of the sum alone.
"""

from dataclasses import dataclass, replace
from typing import Final

from asicae.chip.blocks import (
    CLOCK,
    RESET,
    RESETS,
    Block,
    Sized,
    Words,
    charge_words,
    normaliser_to,
)
from asicae.chip.design import Port
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.silicon.charge_code import ChargeCode
from asicae.concentrator.silicon.event_blocks import (
    CELL_COUNT,
    RELATIVE,
    by_threshold,
    chosen_words,
    counter_words,
    event_rank,
)
from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS

TOP: Final = "asicae_adaptive_choice"
LATENCIES: Final = (1, 2)
"""In bunch crossings, that it can be built for; the first unless another is asked for."""


@dataclass(frozen=True)
class CoderDesign:
    """The encoder of Adaptive Choice with some settings.

    Attributes:
        settings: of the algorithm.
        data_path: blocks in the order of the data.
        control: blocks around them: the reset, and the valid bit of each rank, in their order.
    """

    settings: AdaptiveChoiceSettings
    data_path: tuple[Block, ...]
    control: tuple[Block, ...]

    @property
    def ports(self) -> tuple[Port, ...]:
        """Ports of the top in their order; cells in AE order, a frame's first bit the highest."""
        frame = Words("frame", WORD_BITS * self.settings.frame_words)

        def bit(name: str) -> Words:
            return Words(name, 1)

        return (
            Port(CLOCK, "input", bit("clock"), synchronous=False),
            Port(RESET, "input", bit("reset"), synchronous=False, idle_high=True),
            Port("valid_i", "input", bit("valid")),
            Port("counter_i", "input", counter_words()),
            Port("calq_i", "input", charge_words()),
            Port("valid_o", "output", bit("valid")),
            Port("frame_o", "output", frame),
            Port("tmr_error_o", "output", bit("upset")),
        )

    @property
    def blocks(self) -> dict[str, Block]:
        """All instances in the top, by name."""
        return {block.instance: block for block in (*self.control, *self.data_path)}

    @property
    def ranks(self) -> tuple[Block, ...]:
        """The registers on the way of the data."""
        return tuple(block for block in self.data_path if block.registered)

    @property
    def latency_bx(self) -> int:
        """Bunch crossings from the clock edge that samples an event to the one at which the
        receiver samples its frame; the first rank takes at the former.
        """
        return len(self.ranks)


def coder_design(settings: AdaptiveChoiceSettings, latency_bx: int = LATENCIES[0]) -> CoderDesign:
    """The encoder with these settings, and as many ranks as crossings.

    In one crossing all charges are compared in pairs; in two, with a rank behind the choice of the
    cells, a threshold is searched, in a third of the area.

    Raises:
        BadInput: another latency.
    """
    if latency_bx not in LATENCIES:
        allowed = " or ".join(map(str, LATENCIES))
        raise BadInput(f"latency: found {latency_bx}, allowed is {allowed} bunch crossings")
    sums = normaliser_to(RELATIVE)
    held = (chosen_words(), *sums.outputs["code_o"], *sums.outputs["sum_o"], counter_words())
    if latency_bx > 1:
        first = event_rank(1, held, clear=False)
        front = (sums, *by_threshold(settings.most_cells), first)
        held = first.outputs["data_o"]
    else:
        front = (sums, _by_pairs(settings))
    code = ChargeCode(settings, *held[:2])
    frame = (code.room, code.rank, *held[2:])
    data_path = (*front, *code.cells(), *code.charges(), _last_rank(latency_bx, frame))
    valid = (_valid(number) for number in range(1, latency_bx + 1))
    return CoderDesign(
        settings, data_path, (Block("u_reset_control", "reset_control", active={RESET: 1}), *valid)
    )


def _by_pairs(settings: AdaptiveChoiceSettings) -> Block:
    """Which cells are sent, every charge compared with every other."""
    charges = charge_words()
    sizes = {"CELLS": N_CELLS, "WIDTH": charges.width, "MOST": settings.most_cells}
    return Block(
        "u_largest_by_pairs",
        "largest_by_pairs",
        sizes | {"COUNT_WIDTH": CELL_COUNT},
        inputs={"calq_i": (charges,)},
        outputs={"chosen_o": (chosen_words(),)},
    )


def _last_rank(number: int, words: tuple[Words, ...]) -> Block:
    """The frame; zero while nothing is valid."""
    frame = Words("frame", sum(part.bits for part in words))
    return replace(event_rank(number, words, clear=True), outputs={"data_o": (frame,)})


def _valid(number: int) -> Block:
    return Block(
        f"u_valid{number}", "tmr_register", {"WIDTH": 1, "RESET": Sized(0, 1)}, active=RESETS
    )
