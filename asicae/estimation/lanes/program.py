"""A mapped netlist as the numbers that ``netlist.hpp`` and ``lanes.hpp`` read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import CLOCK, RESET
from asicae.estimation.evaluation import storage_cells
from asicae.estimation.lanes.cells import columns, keeps
from asicae.estimation.netlist import FIRST_NET, Flat
from asicae.estimation.technology import Cell, stored
from asicae.foundation.errors import CheckFailed

Numbers = npt.NDArray[np.int32]
SOURCE: Final = -1
"""Where a net is that no gate drives."""
NOWHERE: Final = -2
BUS: Final = ("scl_i", "sda_i", "valid_i", "sda_oe_o", "valid_o", "tmr_error_o")
RESULTS: Final = ("valid_o", "latent_o", "sum_o")
UNTOLD: Final = 16
"""Added to the part of a bit whose copies may differ unreported."""


@dataclass(frozen=True)
class Held:
    """A bit of state.

    Attributes:
        copies: for each copy, the flip-flop's cell, its row there, and whether it holds the
            inverse; three, or one.
        part: what it belongs to, a number of ``lanes.Part``.
        told: whether copies that disagree are reported.
    """

    copies: tuple[tuple[str, int, bool], ...]
    part: int
    told: bool


class Program:
    """The numbers of a netlist, cell by cell in the order in which they follow from each other.

    Raises:
        CheckFailed: latches that are open while the clock is high, or what ``Flat.order`` refuses.
    """

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        self.kinds = tuple(sorted(flat.cells))
        self._held = 0
        self._kept = {kind: self._room(kind) for kind in self.kinds if keeps(self._cell(kind))}

    def numbers(self, bits: Sequence[Held]) -> Numbers:
        """All of them, for chips that hold ``bits``."""
        flat = self.flat
        ports = [int(flat.ports[name][0]) for name in (RESET, *BUS)]
        results = [int(net) for name in RESULTS for net in flat.ports[name]]
        return np.concatenate(
            [
                np.array([flat.nets, flat.ports[CLOCK][0], self._held], np.int32),
                *self._groups(self._order),
                *self._groups(self._clocks),
                *self._groups(self._flip_flops),
                self._where(self._order),
                self._where(self._clocks, NOWHERE),
                *_listed(self.sources),
                np.array(ports, np.int32),
                *_listed(self.free),
                *_listed(results),
                np.array([len(bits)], np.int32),
                np.array([self._bit(bit) for bit in bits], np.int32).ravel(),
            ]
        ).astype(np.int32)

    @cached_property
    def sources(self) -> Numbers:
        """Nets driven from outside: input ports, and what blocks that are left out drive."""
        flat = self.flat
        inputs = [flat.ports[name] for name in flat.inputs]
        used = [
            flat.cells[kind][:, self._places(kind, self._cell(kind).inputs)] for kind in self.kinds
        ]
        heard = np.unique(np.concatenate([nets.ravel() for nets in (*used, *inputs)]))
        heard = heard[heard >= FIRST_NET]
        found: Numbers = heard[~flat.driven[heard]].astype(np.int32)
        return found

    @cached_property
    def free(self) -> Numbers:
        """Those that nothing else says the value of: data, drawn each clock."""
        said = [self.flat.ports[name] for name in (CLOCK, RESET, "scl_i", "sda_i", "valid_i")]
        return np.setdiff1d(self.sources, np.concatenate(said)).astype(np.int32)

    def _cell(self, kind: str) -> Cell:
        return self.flat.technology.cell(kind)

    def _places(self, kind: str, pins: Sequence[str]) -> list[int]:
        names = self.flat.pins(kind)
        return [names.index(pin) for pin in pins]

    def _room(self, kind: str) -> Numbers:
        """Where each cell of a kind keeps what it holds."""
        cell, count = self._cell(kind), len(self.flat.cells[kind])
        if cell.storage is not None and (self.flat.opening(kind) > 0).any():
            raise CheckFailed(
                f"{kind}: latches that are open while the clock is high are not known"
            )
        first, self._held = self._held, self._held + count
        return np.arange(first, first + count, dtype=np.int32)

    @cached_property
    def _order(self) -> list[tuple[str, Numbers]]:
        """What follows within a half of a clock: gates, clock gates, latches."""
        return [
            (kind, rows)
            for kind, rows in self.flat.order
            if keeps(self._cell(kind)) or self._cell(kind).storage is None
        ]

    @cached_property
    def _clocks(self) -> list[tuple[str, Numbers]]:
        """Of these, what carries the clock."""
        found = []
        for kind, rows in self._order:
            outputs = self.flat.cells[kind][rows][:, self._places(kind, self._cell(kind).outputs)]
            carries = (self.flat.phases[np.maximum(outputs, 0)] != 0).any(axis=1)
            if carries.any():
                found.append((kind, rows[carries]))
        return found

    @cached_property
    def _flip_flops(self) -> list[tuple[str, Numbers]]:
        return [
            (kind, np.arange(len(self.flat.cells[kind]), dtype=np.int32))
            for kind in storage_cells(self.flat)
            if stored(self._cell(kind)).kind == "ff"
        ]

    def _groups(self, groups: Sequence[tuple[str, Numbers]]) -> Iterator[Numbers]:
        """Kind, rows, columns and pins of each; what is open ends where nobody listens."""
        yield np.array([len(groups)], np.int32)
        for kind, rows in groups:
            cell, pins = self._cell(kind), self.flat.cells[kind][rows].copy()
            for place in self._places(kind, cell.outputs):
                pins[pins[:, place] < FIRST_NET, place] = self.flat.nets
            pins[pins < 0] = 0
            if kind in self._kept:
                pins = np.column_stack([pins, self._kept[kind][rows]])
            yield np.array([self.kinds.index(kind), len(rows), columns(cell)], np.int32)
            yield pins.astype(np.int32).ravel()

    def _where(self, groups: Sequence[tuple[str, Numbers]], else_: int = SOURCE) -> Numbers:
        """Of each net the group that drives it."""
        found = np.full(self.flat.nets, else_, np.int32)
        for number, (kind, rows) in enumerate(groups):
            for place in self._places(kind, self._cell(kind).outputs):
                nets = self.flat.cells[kind][rows, place]
                found[nets[nets >= FIRST_NET]] = number
        return found

    @cached_property
    def _first(self) -> dict[str, int]:
        """By cell, the number of the first flip-flop among all."""
        counts = [len(rows) for _, rows in self._flip_flops]
        starts = np.cumsum([0, *counts[:-1]])
        return {kind: int(at) for (kind, _), at in zip(self._flip_flops, starts, strict=True)}

    def _bit(self, bit: Held) -> tuple[int, ...]:
        copies = [2 * (self._first[kind] + row) + inverted for kind, row, inverted in bit.copies]
        return *(copies if len(copies) > 1 else 3 * copies), bit.part + UNTOLD * (not bit.told)


def _listed(values: Sequence[int] | Numbers) -> tuple[Numbers, Numbers]:
    return np.array([len(values)], np.int32), np.asarray(values, np.int32)
