"""The control of a chip as it is mapped, with every net that a transient may hit.

It is all blocks of the top that keep something three times: reset, I2C target, register file,
weight bank and the ranks of the data path. What lies between the ranks is left out; its words are
drawn at each clock.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.campaigns.upset_sites import UNTOLD
from asicae.chip.blocks import CLOCK
from asicae.chip.design import TOP, Design
from asicae.chip.triplication import BANK_WORDS, BANKS, in_latches
from asicae.estimation.lanes.cones import drivers, follows, givers, leads, samples, takers
from asicae.estimation.lanes.lanes import Part
from asicae.estimation.lanes.program import Held, Program
from asicae.estimation.lanes.state import Bit, Cells, cells_of
from asicae.estimation.netlist import FIRST_NET, Flat, Flattener
from asicae.estimation.synthesis import Synthesis
from asicae.estimation.technology import Technology
from asicae.foundation.errors import BadInput, CheckFailed

LINES: Final = ("scl_i", "sda_i")
ERROR_PORT: Final = "tmr_error_o"
BANK: Final = BANKS[0]
READ_PORT: Final = (BANK, "read_data_o")
"""The one way from the weight image to the bus."""
DATA: Final = ".u_data"
"""How the register of a rank ends that holds words of an event."""


@dataclass(frozen=True)
class Control:
    """Control, mapped.

    Attributes:
        bits: what it holds, all of it three times.
        cells: where all cells lie.
    """

    design: Design
    flat: Flat
    program: Program
    bits: tuple[Bit, ...]
    cells: Cells
    held: tuple[Held, ...]

    @cached_property
    def nets(self) -> npt.NDArray[np.int32]:
        """What cells drive and others see, in a fixed order."""
        driven = self.driver[:, 0] >= 0
        return np.flatnonzero(driven & self.heard).astype(np.int32)

    @cached_property
    def heard(self) -> npt.NDArray[np.bool_]:
        """Of each net whether a cell sees it, or it leaves the chip."""
        found = np.zeros(self.flat.nets, np.bool_)
        for kind in self.kinds:
            for pin in self.flat.technology.cell(kind).inputs:
                found[np.maximum(self.flat.column(kind, pin), 0)] = True
        for port in self.design.ports:
            found[self.flat.ports[port.name]] = True
        found[:FIRST_NET] = False
        return found

    @cached_property
    def pins(self) -> dict[str, int]:
        """Input pins of one bit but the clock, by name."""
        ports = ((p.name, self.flat.ports[p.name]) for p in self.design.ports if p.name != CLOCK)
        return {n: int(p[0]) for n, p in ports if len(p) == 1 and n in self.flat.inputs}

    @cached_property
    def driver(self) -> npt.NDArray[np.int32]:
        """Of each net the place of its driver's cell in ``kinds`` and the row there, or -1."""
        return drivers(self.flat)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Library cells."""
        return tuple(self.flat.cells)

    def place(self, net: int) -> str:
        """The instance that drives a net, by its place in the top; of a pin and the top's own gates
        none, of words that come from the data path ``data path``.
        """
        number, row = self.driver[net]
        if number >= 0:
            return self.cells.places[self.kinds[int(number)]][int(row)]
        return "" if net in self.pins.values() else "data path"

    def name(self, net: int) -> str:
        """For messages."""
        number, row = self.driver[net]
        if number < 0:
            pins = [pin for pin, other in self.pins.items() if other == net]
            return pins[0] if pins else f"data path, net {net}"
        return f"{self.place(net) or TOP}, {self.kinds[number]} {row}"

    @cached_property
    def outputs(self) -> npt.NDArray[np.int32]:
        """Of each bit and copy, a net that shows it and that others see, (bits, 3)."""
        found = np.empty((len(self.bits), 3), np.int32)
        for number, bit in enumerate(self.bits):
            for copy, (kind, row, _) in enumerate(bit.copies):
                pins = self.flat.technology.cell(kind).outputs
                nets = [int(self.flat.column(kind, pin)[row]) for pin in pins]
                found[number, copy] = next(net for net in nets if self.heard[net])
        return found


def control_of(design: Design, synthesis: Synthesis, technology: Technology) -> Control:
    """The control of a chip that was mapped.

    Raises:
        BadInput: its weights lie in latches, it keeps two sets of them, or its layers are reused.
        CheckFailed: it keeps something else than ``design`` demands, or anything once.
    """
    if in_latches(design.configuration.bank):
        others = ", ".join(name for name in BANK_WORDS if not in_latches(name))
        raise BadInput(f"bank {design.configuration.bank} is of latches, allowed are {others}")
    for name in ("weight_sets", "reuse"):
        if (found := getattr(design.configuration, name)) != 1:
            raise BadInput(f"transients: {name}: found {found}, allowed is 1")
    blocks = [block.instance for block in (*design.slow_control, *design.ranks)]
    flattener = Flattener(synthesis, technology)
    flat = flattener.flatten(TOP, blocks)
    cells = cells_of(synthesis, technology, blocks)
    program = Program(flat)
    _check(design, flat, cells, blocks)
    read = _nets_of(flattener, synthesis, flat, *READ_PORT)
    held = tuple(_held(design, flat, cells, read, samples(flat, cells.bits, LINES)))
    return Control(design, flat, program, tuple(cells.bits), cells, held)


def words_of(control: Control) -> npt.NDArray[np.intp]:
    """The bits of the weight image, by their places among all."""
    return np.flatnonzero([held.part == Part.IMAGE for held in control.held])


def _check(design: Design, flat: Flat, cells: Cells, blocks: Collection[str]) -> None:
    for instance in blocks:
        found = sum(bit.block == instance for bit in cells.bits)
        wanted = design.blocks[instance].register_bits
        if wanted not in (None, found):
            raise CheckFailed(f"{instance}: {found} bits three times in the netlist, not {wanted}")
    kept = sum(
        len(flat.cells[kind])
        for kind in flat.cells
        if (storage := flat.technology.cell(kind).storage) is not None and storage.kind == "ff"
    )
    if kept != sum(len(bit.copies) for bit in cells.bits):
        raise CheckFailed(f"netlist: {kept} flip-flops for {len(cells.bits)} bits, not three each")


def _nets_of(
    flattener: Flattener, synthesis: Synthesis, flat: Flat, instance: str, port: str
) -> npt.NDArray[np.int32]:
    alone = flattener.flatten(synthesis.children(TOP)[instance])
    nets: npt.NDArray[np.int32] = flat.places[instance][alone.ports[port]]
    return nets


def _held(
    design: Design,
    flat: Flat,
    cells: Cells,
    read: npt.NDArray[np.int32],
    lines: Collection[Bit],
) -> Iterator[Held]:
    """What each bit belongs to."""
    words = BANK_WORDS[design.configuration.bank]
    count = -(-design.network.weight_bits // words.bits)
    image = {f"{bank}.{words.place.format(index)}" for bank in BANKS for index in range(count)}
    ranks = {f"{block.instance}{DATA}" for block in design.ranks}
    sent = takers(flat, follows(flat, read))
    told = givers(flat, leads(flat, flat.ports[ERROR_PORT]))
    behind = {b.register for b in cells.bits if told & {copy[:2] for copy in b.copies}}
    reports = {copy[:2] for b in cells.bits if b.register in behind for copy in b.copies}
    shown = [net for kind, row in reports for net in _shown(flat, kind, row)]
    reports |= takers(flat, follows(flat, shown))
    for bit in cells.bits:
        flip_flops = {copy[:2] for copy in bit.copies}
        part = Part.CONTROL
        if bit.register in image:
            part = Part.IMAGE
        elif bit.register in ranks:
            part = Part.DATA
        elif flip_flops & reports:
            part = Part.REPORT
        elif flip_flops & sent:
            part = Part.SENT
        elif bit in lines:
            part = Part.LINES
        yield Held(bit.copies, part, bit.register not in UNTOLD)


def _shown(flat: Flat, kind: str, row: int) -> list[int]:
    return [int(flat.column(kind, pin)[row]) for pin in flat.technology.cell(kind).outputs]
