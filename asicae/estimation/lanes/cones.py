"""What follows from a net within a clock, and from what a net follows."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from asicae.estimation.evaluation import storage_cells
from asicae.estimation.lanes.state import Bit
from asicae.estimation.netlist import FIRST_NET, Flat
from asicae.estimation.technology import stored

Marked = npt.NDArray[np.bool_]


def follows(flat: Flat, nets: Iterable[int]) -> Marked:
    """All nets that follow from ``nets`` through gates, these among them."""
    marked = _marked(flat, nets)
    for kind, rows in flat.order:
        cell = flat.technology.cell(kind)
        touched = np.zeros(len(rows), np.bool_)
        for pin in cell.inputs:
            touched |= marked[np.maximum(flat.column(kind, pin)[rows], 0)]
        for pin in cell.outputs:
            driven = flat.column(kind, pin)[rows][touched]
            marked[driven[driven >= FIRST_NET]] = True
    return marked


def leads(flat: Flat, nets: Iterable[int]) -> Marked:
    """All nets that ``nets`` follow from through gates, these among them."""
    marked = _marked(flat, nets)
    for kind, rows in reversed(flat.order):
        cell = flat.technology.cell(kind)
        wanted = np.zeros(len(rows), np.bool_)
        for pin in cell.outputs:
            wanted |= marked[np.maximum(flat.column(kind, pin)[rows], 0)]
        for pin in cell.inputs:
            seen = flat.column(kind, pin)[rows][wanted]
            marked[seen[seen >= FIRST_NET]] = True
    return marked


def takers(flat: Flat, marked: Marked) -> set[tuple[str, int]]:
    """Flip-flops, by cell and row, whose next state follows from marked nets."""
    found = set()
    for kind in storage_cells(flat):
        rows = np.zeros(len(flat.cells[kind]), np.bool_)
        for pin in stored(flat.technology.cell(kind)).data.names:
            if pin in flat.pins(kind):
                rows |= marked[np.maximum(flat.column(kind, pin), 0)]
        found |= {(kind, int(row)) for row in np.flatnonzero(rows)}
    return found


def givers(flat: Flat, marked: Marked) -> set[tuple[str, int]]:
    """Flip-flops, by cell and row, that show what they hold on marked nets."""
    found = set()
    for kind in storage_cells(flat):
        rows = np.zeros(len(flat.cells[kind]), np.bool_)
        for pin in flat.technology.cell(kind).outputs:
            rows |= marked[np.maximum(flat.column(kind, pin), 0)]
        found |= {(kind, int(row)) for row in np.flatnonzero(rows)}
    return found


def drivers(flat: Flat) -> npt.NDArray[np.int32]:
    """Of each net the place of its driver among ``Flat.cells`` and the row there, or -1."""
    found = np.full((flat.nets, 2), -1, np.int32)
    for number, kind in enumerate(flat.cells):
        for pin in flat.technology.cell(kind).outputs:
            nets = flat.column(kind, pin)
            used = np.flatnonzero(nets >= FIRST_NET)
            found[nets[used], 0], found[nets[used], 1] = number, used
    return found


def samples(flat: Flat, bits: Sequence[Bit], pins: Iterable[str]) -> set[Bit]:
    """Bits that follow from input pins alone, from such bits, or from these and themselves."""
    owner = {copy[:2]: bit for bit in bits for copy in bit.copies}
    entries = {int(net) for pin in pins for net in flat.ports[pin]}
    block = _Behind(flat)
    first = takers(flat, follows(flat, entries))
    found: set[Bit] = set()
    waiting = {owner[flip_flop] for flip_flop in first}
    while waiting:
        bit = waiting.pop()
        sources = block.sources(bit, entries, owner)
        if bit in found or sources is None or not sources <= found | {bit}:
            continue
        found.add(bit)
        shown = [n for kind, row, _ in bit.copies for n in block.shown(kind, row)]
        waiting |= {owner[flip_flop] for flip_flop in takers(flat, follows(flat, shown))}
    return found


class _Behind:
    """Looks backwards from single flip-flops."""

    MOST = 64
    """Cells, behind which it is no sample any more."""

    def __init__(self, flat: Flat) -> None:
        self.flat, self.driver, self.kinds = flat, drivers(flat), tuple(flat.cells)

    def shown(self, kind: str, row: int) -> list[int]:
        """Nets on which a flip-flop shows what it holds."""
        outputs = self.flat.technology.cell(kind).outputs
        return [int(self.flat.column(kind, pin)[row]) for pin in outputs]

    def sources(
        self, bit: Bit, entries: set[int], owner: Mapping[tuple[str, int], Bit]
    ) -> set[Bit] | None:
        """The bits that the next state of one follows from; None where there is more to it."""
        kind, row, _ = bit.copies[0]
        data = stored(self.flat.technology.cell(kind)).data.names
        waiting = [
            int(self.flat.column(kind, pin)[row]) for pin in data if pin in self.flat.pins(kind)
        ]
        found, seen = set(), set(entries)
        while waiting:
            net = waiting.pop()
            if net in seen:
                continue
            seen.add(net)
            number, at = (int(value) for value in self.driver[net])
            if number < 0 or len(seen) > self.MOST:
                return None
            other = (self.kinds[number], at)
            if other in owner:
                found.add(owner[other])
                continue
            cell = self.flat.technology.cell(other[0])
            waiting += [int(self.flat.column(other[0], pin)[at]) for pin in cell.inputs]
        return found


def _marked(flat: Flat, nets: Iterable[int]) -> Marked:
    marked = np.zeros(flat.nets, np.bool_)
    chosen = np.fromiter(nets, np.int64)
    marked[chosen[chosen >= FIRST_NET]] = True
    return marked
