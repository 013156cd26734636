"""The blocks that code the charges of chosen cells, in the order of the data."""

from dataclasses import replace

from asicae.chip.blocks import Block, Sized, Words
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.companders import CODE_BITS, SCALE_BITS
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


class ChargeCode:
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
