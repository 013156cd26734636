"""What upsets and transients do in a netlist: triplication that is there, and does what it is for.

Both checks are of single steps: whatever state and inputs, the clock edge after an upset of any one
copy leaves the chip where it would be without; and a wrong voter spoils one copy only.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import RESET
from asicae.chip.configuration import Configuration
from asicae.chip.design import Design
from asicae.chip.triplication import BANK_WORDS, BANKS, FREE
from asicae.estimation.evaluation import (
    MAX_SETTLING,
    States,
    clocked_rows,
    next_states,
    reset_states,
    storage_cells,
)
from asicae.estimation.logic import ALL_ONES, Bits
from asicae.estimation.netlist import FIRST_NET, Flat
from asicae.estimation.outside.matching import COPY_NAMES, FlipFlop, Matched
from asicae.estimation.outside.registers import Bit, Registers
from asicae.foundation.errors import CheckFailed

DEPTH = 12
"""Cells between a voter and the flip-flops around it, buffers among them."""
LANES = 512
"""Nets that are inverted in one pass: as many states of the whole chip."""
_DATA = re.compile(
    "|".join([*(rf"{bank}\." for bank in BANKS), r"u_register_file\.g_keep", r"u_rank\d+\.u_data"])
)


@dataclass
class State:
    """What the flip-flops of a matched netlist hold, by the bits of the RTL."""

    flat: Flat
    matched: Matched
    place: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in storage_cells(self.flat):
            for held, row in enumerate(clocked_rows(self.flat, kind)):
                self.place[kind, int(row)] = held

    def empty(self, words: int) -> dict[str, Bits]:
        """Zeros for all that opens with the clock."""
        rows = {kind: len(clocked_rows(self.flat, kind)) for kind in storage_cells(self.flat)}
        return {kind: np.zeros((count, words), np.uint64) for kind, count in rows.items() if count}

    def after_reset(self) -> dict[str, Bits]:
        """What reset leaves behind, one word a cell."""
        return {kind: rows.copy() for kind, rows in reset_states(self.flat).items()}

    def index(self, cell: FlipFlop) -> int | None:
        """Its row among those of ``empty``; None where it opens with the fall of the clock."""
        return self.place.get((cell.kind, cell.row))

    def put(self, states: dict[str, Bits], bit: Bit, value: Bits) -> None:
        """Let all copies of a bit hold ``value`` (words)."""
        for cell in self.matched[bit]:
            row = self.index(cell)
            if row is not None:
                states[cell.kind][row] = ~value if cell.inverted else value


def idle_inputs(design: Design) -> dict[str, Bits]:
    """Nothing arrives, and nothing happens on the bus."""
    return {
        port.name: np.full((port.width, 1), ALL_ONES if port.idle_high else np.uint64(0))
        for port in design.ports
        if port.direction == "input" and port.name != "clk_i"
    }


def check_upsets(state: State, design: Design, registers: Registers, seed: int) -> int:
    """One copy of a register inverted at a time, in a random state; returns how many upsets.

    Raises:
        CheckFailed: an upset outlives the next clock edge, reaches an output or another register
            than that of the report, or is not reported; names register and copy.
    """
    by_register = _by_register(state.matched)
    upsets = [(register, copy) for register in by_register for copy in range(len(COPY_NAMES))]
    generator = np.random.default_rng(seed)
    words = -(-len(upsets) // 64)
    before = _random_states(state, generator, words)
    inputs = _random_inputs(design, generator, words)
    calm_values, calm = next_states(state.flat, before, inputs)
    hit = {kind: values.copy() for kind, values in before.items()}
    for lane, (register, copy) in enumerate(upsets):
        for bit in by_register[register]:
            _flip(state, hit, state.matched[bit][copy], lane)
    values, after = next_states(state.flat, hit, inputs)
    _require_calm(state, registers, upsets, calm, after)
    _require_told(state, registers, upsets, calm, after)
    changes = {
        port.name: np.bitwise_or.reduce(calm_values[nets] ^ values[nets], axis=0)
        for port in design.ports
        for nets in [state.flat.ports[port.name]]
        if port.direction == "output"
    }
    _require_outputs(upsets, changes)
    return len(upsets)


def _by_register(matched: Matched) -> dict[str, list[Bit]]:
    found: dict[str, list[Bit]] = defaultdict(list)
    for bit in matched:
        if bit.triplicated:
            found[bit.register].append(bit)
    return found


def _random_states(state: State, generator: np.random.Generator, words: int) -> dict[str, Bits]:
    states = state.empty(words)
    for bit in state.matched:
        state.put(states, bit, generator.integers(0, 1 << 64, words, np.uint64))
    return states


def _random_inputs(design: Design, generator: np.random.Generator, words: int) -> dict[str, Bits]:
    inputs = {
        name: generator.integers(0, 1 << 64, (len(bits), words), np.uint64)
        for name, bits in idle_inputs(design).items()
    }
    return inputs | {RESET: np.full((1, words), ALL_ONES)}


def _flip(state: State, states: dict[str, Bits], cell: FlipFlop, lane: int) -> None:
    row = state.index(cell)
    if row is not None:
        states[cell.kind][row, lane // 64] ^= np.uint64(1) << np.uint64(lane % 64)


def _require_calm(
    state: State,
    registers: Registers,
    upsets: list[tuple[str, int]],
    calm: States,
    after: States,
) -> None:
    for bit in state.matched:
        if bit.register == registers.report[0]:
            continue  # it follows from the upset, as it is to
        for copy, cell in enumerate(state.matched[bit]):
            row = state.index(cell)
            if row is None:
                continue
            for lane in _lanes(calm[cell.kind][row] ^ after[cell.kind][row], len(upsets)):
                register, hit = upsets[lane]
                what = f"copy {COPY_NAMES[hit]} of {register}"
                if register == bit.register and copy == hit:
                    raise CheckFailed(
                        f"netlist: an upset of {what} stays in bit {bit.index}: its voter is "
                        "missing or wrong"
                    )
                raise CheckFailed(
                    f"netlist: an upset of {what} changes copy {COPY_NAMES[copy]} of bit "
                    f"{bit.index} of {bit.register}: a voter is missing or wrong"
                )


def _lanes(differing: Bits, count: int) -> Iterator[int]:
    """The lanes in which something differs."""
    if differing.any():
        bits = np.unpackbits(differing.astype("<u8").view(np.uint8), bitorder="little")
        yield from (int(lane) for lane in np.flatnonzero(bits[:count]))


def _require_told(
    state: State,
    registers: Registers,
    upsets: list[tuple[str, int]],
    calm: States,
    after: States,
) -> None:
    (report,) = [bit for bit in state.matched if (bit.register, bit.index) == registers.report]
    for cell in state.matched[report]:
        row = state.place[cell.kind, cell.row]
        for lane in _lanes(~(calm[cell.kind][row] ^ after[cell.kind][row]), len(upsets)):
            register, copy = upsets[lane]
            if register in registers.told:
                raise CheckFailed(
                    f"netlist: an upset of copy {COPY_NAMES[copy]} of {register} is not reported"
                )


def _require_outputs(upsets: list[tuple[str, int]], changes: Mapping[str, Bits]) -> None:
    for port, changed in changes.items():
        for lane in _lanes(changed, len(upsets)):
            register, copy = upsets[lane]
            raise CheckFailed(
                f"netlist: an upset of copy {COPY_NAMES[copy]} of {register} changes {port}: what "
                "leaves it is not voted"
            )


def check_voters(
    state: State, design: Design, registers: Registers, loaded: Mapping[str, Bits]
) -> int:
    """Every net between the copies of a bit that they follow, inverted; returns how many.

    ``loaded``: a state from which the chip comes to rest, one word. The report is as after an
    upset, so that the clock of registers runs where it is gated. The report itself is left out,
    which changes nothing but itself, and so are words of a gated bank, which load nothing then.

    Raises:
        CheckFailed: a net alone changes several copies of a bit: what feeds them is one.
    """
    idle = idle_inputs(design)
    rest = _told(state, registers, at_rest(state, loaded, idle))
    voted = [
        bit
        for bit in state.matched
        if bit.triplicated
        and bit.register != registers.report[0]
        and _has_own_voters(bit, design.configuration)
    ]
    graph = _Graph(state.flat)
    data = [bit for bit in voted if _DATA.match(bit.register)]
    control = [bit for bit in voted if not _DATA.match(bit.register)]
    # No bit of data follows another one: a net of each is inverted at the same time.
    lanes = {bit: bit.index for bit in data}
    nets = _nets(state, graph, lanes, rest, idle)
    rounds = [
        [n[k] for n in nets.values() if k < len(n)] for k in range(max(map(len, nets.values())))
    ]
    _require_one_copy(state, data, rest, idle, rounds)
    lanes = {bit: lane for lane, bit in enumerate(control)}
    alone = sorted({n for found in _nets(state, graph, lanes, rest, idle).values() for n in found})
    for first in range(0, len(alone), LANES):
        _require_one_copy(
            state, control, rest, idle, [[net] for net in alone[first : first + LANES]]
        )
    return sum(map(len, rounds)) + len(alone)


def at_rest(
    state: State, loaded: Mapping[str, Bits], inputs: Mapping[str, Bits]
) -> dict[str, Bits]:
    """What storage holds, one word a cell, when nothing moves any more.

    Raises:
        CheckFailed: it moves on and on.
    """
    states = {kind: rows[:, :1].copy() for kind, rows in loaded.items()}
    for _ in range(MAX_SETTLING):
        _, after = next_states(state.flat, states, inputs)
        if all((after[kind] == rows).all() for kind, rows in states.items()):
            return states
        states = after
    raise CheckFailed("netlist: it does not come to rest after reset, with no event and no bus")


def _told(state: State, registers: Registers, rest: dict[str, Bits]) -> dict[str, Bits]:
    """The same a clock after an upset."""
    (report,) = [bit for bit in state.matched if (bit.register, bit.index) == registers.report]
    state.put(rest, report, np.full(1, ALL_ONES))
    return rest


def _nets(
    state: State,
    graph: "_Graph",
    lanes: Mapping[Bit, int],
    rest: Mapping[str, Bits],
    inputs: Mapping[str, Bits],
) -> dict[Bit, list[int]]:
    """Of each bit, the nets between its copies that move when all of them do, in its lane.

    What does not is no voter of theirs: enables, gated data.
    """
    states = _repeated(rest, 1 + max(lanes.values()) // 64)
    calm, _ = next_states(state.flat, states, inputs)
    for bit, lane in lanes.items():
        for cell in state.matched[bit]:
            _flip(state, states, cell, lane)
    moved = calm ^ next_states(state.flat, states, inputs)[0]
    return {
        bit: [
            net
            for net in graph.between(state.matched[bit])
            if moved[net, lane // 64] >> np.uint64(lane % 64) & np.uint64(1)
        ]
        for bit, lane in lanes.items()
    }


def _repeated(rest: Mapping[str, Bits], words: int) -> dict[str, Bits]:
    return {kind: np.repeat(rows, words, axis=1) for kind, rows in rest.items()}


def _require_one_copy(
    state: State,
    bits: list[Bit],
    rest: Mapping[str, Bits],
    inputs: Mapping[str, Bits],
    rounds: list[list[int]],
) -> None:
    """In lane k the nets of ``rounds[k]`` are inverted."""
    words = -(-len(rounds) // 64)
    flips = np.zeros((state.flat.nets, words), np.uint64)
    for lane, nets in enumerate(rounds):
        flips[nets, lane // 64] ^= np.uint64(1) << np.uint64(lane % 64)
    states = _repeated(rest, words)
    _, calm = next_states(state.flat, states, inputs)
    _, after = next_states(state.flat, states, inputs, flips)
    for bit in bits:
        a, b, c = (
            calm[cell.kind][row] ^ after[cell.kind][row]
            for cell in state.matched[bit]
            for row in [state.place[cell.kind, cell.row]]
        )
        if ((a & b) | (a & c) | (b & c)).any():
            raise CheckFailed(
                f"netlist: one net changes several copies of bit {bit.index} of {bit.register}: "
                "its voters, or what decides for it, were merged"
            )


def _has_own_voters(bit: Bit, configuration: Configuration) -> bool:
    in_bank = bit.block in BANKS
    return not in_bank or BANK_WORDS[configuration.bank].register is FREE


class _Graph:
    """Which cell drives a net, and from what."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        cells = {kind: flat.technology.cell(kind) for kind in flat.cells}
        self.kinds = [kind for kind, cell in cells.items() if cell.outputs and cell.inputs]
        self.kind = np.full(flat.nets, -1, np.int32)
        self.row = np.zeros(flat.nets, np.int32)
        self.sources = {}
        for number, kind in enumerate(self.kinds):
            cell = cells[kind]
            self.sources[kind] = np.stack([flat.column(kind, pin) for pin in cell.inputs], axis=1)
            if cell.storage is None:
                for pin in cell.outputs:
                    self._drive(flat.column(kind, pin), number)

    def _drive(self, nets: npt.NDArray[np.int32], number: int) -> None:
        used = np.flatnonzero(nets >= FIRST_NET)
        self.kind[nets[used]], self.row[nets[used]] = number, used

    def inputs(self, net: int) -> list[int]:
        """Nets that the driver of a net sees; none where it is no gate."""
        number = int(self.kind[net])
        if number < 0:
            return []
        found: list[int] = self.sources[self.kinds[number]][self.row[net]].tolist()
        return found

    def between(self, copies: tuple[FlipFlop, ...]) -> list[int]:
        """Nets on ways from the outputs of some flip-flops to their inputs."""
        starts, ends = set(), set()
        for cell in copies:
            model = self.flat.technology.cell(cell.kind)
            pins = self.flat.cells[cell.kind][cell.row]
            names = self.flat.pins(cell.kind)
            starts |= {int(pins[names.index(pin)]) for pin in model.outputs}
            data = model.storage.data.names if model.storage else ()
            ends |= {int(pins[names.index(pin)]) for pin in data if pin in names}
        depths = dict.fromkeys(ends, 0)
        border = list(ends)
        for depth in range(1, DEPTH):
            border = [
                other
                for net in border
                if net not in starts
                for other in self.inputs(net)
                if other not in depths
            ]
            depths |= dict.fromkeys(border, depth)
        depends = starts & set(depths)
        # A net is nearer to the flip-flops than what it follows from, but for other ways round:
        # repeated until nothing is added.
        grown = True
        while grown:
            more = {n for n in depths if n not in depends and depends & set(self.inputs(n))}
            grown = bool(more)
            depends |= more
        return sorted(depends - starts)
