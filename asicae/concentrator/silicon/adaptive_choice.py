"""Adaptive Choice in silicon: the one owner of its encoder's ports, blocks, ranks and latency.

The Verilog of the blocks is in ``rtl/adaptive_choice``. Each is by itself, so that another chip can
have the choice of the largest cells, the relative charges or the code of the sum alone.
"""

from collections.abc import Mapping
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
from asicae.concentrator.algorithms.adaptive_choice import HEADER_BITS, AdaptiveChoiceSettings
from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.companders import CODE_BITS, FRACTION_BITS, SCALE_BITS
from asicae.concentrator.silicon.tables import (
    FIRST_WIDTH,
    STRIDE_BITS,
    octave_table,
    rank_table,
    shares_of,
    table,
    thresholds,
)
from asicae.module.geometry import N_CELLS
from asicae.network.fixed_point import FixedPoint

TOP: Final = "asicae_adaptive_choice"
DIGIT: Final = 3
"""Bits of the threshold that are found at a time: more take more area and less time."""
RELATIVE: Final = FixedPoint.parse(f"ufixed<{SCALE_BITS},{SCALE_BITS - FRACTION_BITS},TRN,SAT>")
"""Relative charges as codes of the normaliser."""
HELD: Final = "held_"
"""In front of the name of what the first rank gives."""
_CELL_COUNT: Final = N_CELLS.bit_length()


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
            Port("counter_i", "input", _header()),
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


def coder_design(settings: AdaptiveChoiceSettings) -> CoderDesign:
    """The encoder with these settings."""
    choice = _choice(settings)
    held = (Words("chosen", 1, N_CELLS), *choice[0].outputs["code_o"], *choice[0].outputs["sum_o"])
    first = _rank(1, (*held, _header()), clear=False)
    known = {words.name: words for words in first.outputs["data_o"]}
    code = _Code(settings, known)
    frame = (code.room, code.rank, known[f"{HELD}sum"], known[f"{HELD}{_header().name}"])
    data_path = (*choice, first, *code.cells(), *code.charges(), _last_rank(2, frame))
    valid = (_valid(number) for number in (1, 2))
    return CoderDesign(
        settings, data_path, (Block("u_reset_control", "reset_control", active={RESET: 1}), *valid)
    )


def _header() -> Words:
    return Words("counter", HEADER_BITS)


def _choice(settings: AdaptiveChoiceSettings) -> tuple[Block, ...]:
    """In front of the first rank: sum and relative charges, and which cells are sent."""
    charges = charge_words()
    above, equal, chosen = (Words(name, 1, N_CELLS) for name in ("above", "equal", "chosen"))
    most = settings.most_cells
    return (
        normaliser_to(RELATIVE),
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
            {"CELLS": N_CELLS, "MOST": most, "COUNT_WIDTH": _CELL_COUNT},
            inputs={"above_i": (above,), "equal_i": (equal,)},
            outputs={"chosen_o": (chosen,)},
        ),
    )


def _rank(number: int, words: tuple[Words, ...], clear: bool) -> Block:
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


def _last_rank(number: int, words: tuple[Words, ...]) -> Block:
    """The frame; zero while nothing is valid."""
    frame = Words("frame", sum(part.bits for part in words))
    return replace(_rank(number, words, clear=True), outputs={"data_o": (frame,)})


def _valid(number: int) -> Block:
    return Block(
        f"u_valid{number}", "tmr_register", {"WIDTH": 1, "RESET": Sized(0, 1)}, active=RESETS
    )


class _Code:
    """Between the ranks: a rank for the cells, and their charges in the room that is left."""

    def __init__(self, settings: AdaptiveChoiceSettings, known: Mapping[str, Words]) -> None:
        self.settings, self.shares = settings, shares_of(settings)
        slots = settings.most_cells
        # Modules add a bit to a count of zeros: a count has two bits at least.
        self.count = max(2, slots.bit_length())
        self.left = max(self.count + 1, (slots * self.shares.depth).bit_length())
        self.chosen, self.relative = known[f"{HELD}chosen"], known[f"{HELD}codes"]
        self.before = Words("cells_before", self.count, N_CELLS)
        self.number = Words("number", self.count)
        self.select = Words("select", N_CELLS, slots)
        self.rank = Words("rank", settings.ranks.bits)
        self.codes = Words("slot_codes", settings.code_bits, slots)
        self.first = Words("first", FIRST_WIDTH)
        self.over = Words("left", self.left)
        self.first_codes = replace(self.codes, name="first_codes")
        self.room = Words("room", settings.shared.room)

    def cells(self) -> tuple[Block, ...]:
        """Slots of the cells, and their rank."""
        slots = self.settings.most_cells
        return (
            Block(
                "u_running_count",
                "running_count",
                {"FLAGS": N_CELLS, "COUNT_WIDTH": self.count},
                inputs={"flag_i": (self.chosen,)},
                outputs={"before_o": (self.before,), "number_o": (self.number,)},
            ),
            Block(
                "u_slot_select",
                "slot_select",
                {"ITEMS": N_CELLS, "SLOTS": slots, "COUNT_WIDTH": self.count},
                inputs={"there_i": (self.chosen,), "before_i": (self.before,)},
                outputs={"select_o": (self.select,)},
            ),
            self._rank_of_cells(),
        )

    def charges(self) -> tuple[Block, ...]:
        """Charges of the slots, their codes, and the room packed with these."""
        slots, bits = self.settings.most_cells, self.settings.code_bits
        charges = Words("slot_charges", SCALE_BITS, slots)
        sizes: dict[str, int | Sized] = {"SLOTS": slots, "BITS": bits}
        joined = Words("joined", 1, self.shares.joined)
        planes = replace(self.relative, name="planes")
        return (
            Block(
                "u_bit_planes",
                "bit_planes",
                {"WORDS": N_CELLS, "WIDTH": SCALE_BITS},
                inputs={"word_i": (self.relative,)},
                outputs={"plane_o": (planes,)},
            ),
            Block(
                "u_slot_words",
                "slot_words",
                {"ITEMS": N_CELLS, "SLOTS": slots, "WIDTH": SCALE_BITS},
                inputs={"select_i": (self.select,), "plane_i": (planes,)},
                outputs={"word_o": (charges,)},
            ),
            Block(
                "u_slot_codes",
                "slot_codes",
                sizes
                | {
                    "WIDTH": SCALE_BITS,
                    "CODE_BITS": CODE_BITS,
                    "STRIDE_BITS": STRIDE_BITS,
                    "THRESHOLDS": thresholds(self.settings),
                },
                inputs={"charge_i": (charges,)},
                outputs={"code_o": (self.codes,)},
            ),
            self._shares(),
            Block(
                "u_first_bits",
                "first_bits",
                sizes,
                inputs={"code_i": (self.codes,), "first_i": (self.first,)},
                outputs={"first_o": (self.first_codes,)},
            ),
            *self._further(joined),
            Block(
                "u_room_packer",
                "room_packer",
                sizes
                | {
                    "COUNT_WIDTH": self.count,
                    "JOINED": joined.count,
                    "ROOM": self.room.bits,
                    "FIRST": table(self.shares.first, FIRST_WIDTH),
                },
                inputs={
                    "code_i": (self.codes,),
                    "number_i": (self.number,),
                    "joined_i": (joined,),
                },
                outputs={"room_o": (self.room,)},
            ),
        )

    def _rank_of_cells(self) -> Block:
        ranks = self.settings.ranks
        if ranks.is_map:
            return Block(
                "u_cell_map",
                "cell_map",
                {"CELLS": N_CELLS},
                inputs={"chosen_i": (self.chosen,)},
                outputs={"rank_o": (self.rank,)},
            )
        sizes = {"CELLS": N_CELLS, "SLOTS": ranks.most, "BITS": ranks.bits}
        return Block(
            "u_subset_rank",
            "subset_rank",
            sizes | {"TABLE": rank_table(ranks)},
            inputs={"select_i": (self.select,)},
            outputs={"rank_o": (self.rank,)},
        )

    def _shares(self) -> Block:
        return Block(
            "u_shares",
            "shares",
            {
                "SLOTS": self.settings.most_cells,
                "COUNT_WIDTH": self.count,
                "LEFT_WIDTH": self.left,
                "FIRST": table(self.shares.first, FIRST_WIDTH),
                "LEFT": table(self.shares.left, self.left),
            },
            inputs={"number_i": (self.number,)},
            outputs={"first_o": (self.first,), "left_o": (self.over,)},
        )

    def _further(self, joined: Words) -> tuple[Block, ...]:
        """Who gets the bits that are left, and these one behind the other."""
        slots, depth = self.settings.most_cells, self.shares.depth
        sizes: dict[str, int | Sized] = {"SLOTS": slots, "BITS": self.settings.code_bits}
        there = Words("further", depth, slots)
        bits, select = replace(there, name="further_bits"), "further_select"
        count = max(2, joined.count.bit_length())
        before = Words("further_before", count, there.bits)
        items: dict[str, int | Sized] = {"ITEMS": there.bits, "SLOTS": joined.count}
        selected = Words(select, there.bits, joined.count)
        return (
            self._sharing(sizes, there),
            Block(
                "u_further_bits",
                "further_bits",
                sizes | {"DEPTH": depth},
                inputs={"code_i": (self.codes,), "first_i": (self.first,)},
                outputs={"bit_o": (bits,)},
            ),
            Block(
                "u_further_count",
                "running_count",
                {"FLAGS": there.bits, "COUNT_WIDTH": count},
                inputs={"flag_i": (there,)},
                outputs={"before_o": (before,), "number_o": (Words("unused_further", count),)},
            ),
            Block(
                "u_further_select",
                "slot_select",
                items | {"COUNT_WIDTH": count},
                inputs={"there_i": (there,), "before_i": (before,)},
                outputs={"select_o": (selected,)},
            ),
            Block(
                "u_further_words",
                "slot_words",
                items | {"WIDTH": 1},
                inputs={"select_i": (selected,), "plane_i": (bits,)},
                outputs={"word_o": (joined,)},
            ),
        )

    def _sharing(self, sizes: dict[str, int | Sized], further: Words) -> Block:
        codes = {"first_i": (self.first_codes,), "left_i": (self.over,)}
        if not self.settings.held_back:
            return Block(
                "u_even_further",
                "even_further",
                sizes | {"LEFT_WIDTH": self.left},
                inputs=codes,
                outputs={"further_o": (further,)},
            )
        return Block(
            "u_halved_further",
            "halved_further",
            sizes
            | {
                "DEPTH": self.shares.depth,
                "COUNT_WIDTH": self.count,
                "LEFT_WIDTH": self.left,
                "OCTAVE": SCALE_BITS,
                "OCTAVES": octave_table(self.settings),
            },
            inputs=codes | {"number_i": (self.number,), "first_bits_i": (self.first,)},
            outputs={"further_o": (further,)},
        )
