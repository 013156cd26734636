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
from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS
from asicae.network.fixed_point import FixedPoint

TOP: Final = "asicae_adaptive_choice"
LATENCIES: Final = (1, 2)
"""In bunch crossings, that it can be built for; the first unless another is asked for."""
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
    chosen = Words("chosen", 1, N_CELLS)
    held = (chosen, *sums.outputs["code_o"], *sums.outputs["sum_o"], _header())
    if latency_bx > 1:
        first = _rank(1, held, clear=False)
        front = (sums, *_by_threshold(settings, chosen), first)
        held = first.outputs["data_o"]
    else:
        front = (sums, _by_pairs(settings, chosen))
    code = _Code(settings, *held[:2])
    frame = (code.room, code.rank, *held[2:])
    data_path = (*front, *code.cells(), *code.charges(), _last_rank(latency_bx, frame))
    valid = (_valid(number) for number in range(1, latency_bx + 1))
    return CoderDesign(
        settings, data_path, (Block("u_reset_control", "reset_control", active={RESET: 1}), *valid)
    )


def _header() -> Words:
    return Words("counter", HEADER_BITS)


def _by_pairs(settings: AdaptiveChoiceSettings, chosen: Words) -> Block:
    """Which cells are sent, every charge compared with every other."""
    charges = charge_words()
    sizes = {"CELLS": N_CELLS, "WIDTH": charges.width, "MOST": settings.most_cells}
    return Block(
        "u_largest_by_pairs",
        "largest_by_pairs",
        sizes | {"COUNT_WIDTH": _CELL_COUNT},
        inputs={"calq_i": (charges,)},
        outputs={"chosen_o": (chosen,)},
    )


def _by_threshold(settings: AdaptiveChoiceSettings, chosen: Words) -> tuple[Block, ...]:
    """Which cells are sent: those above a threshold, and of those at it the lower ones."""
    charges, most = charge_words(), settings.most_cells
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
    """Of the chosen cells: a rank for them, and their charges in the room that is left."""

    def __init__(self, settings: AdaptiveChoiceSettings, chosen: Words, relative: Words) -> None:
        self.settings, self.shares = settings, shares_of(settings)
        slots = settings.most_cells
        # Modules add a bit to a count of zeros: a count has two bits at least.
        self.count = max(2, slots.bit_length())
        self.left = max(self.count + 1, (slots * self.shares.depth).bit_length())
        self.chosen, self.relative = chosen, relative
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
