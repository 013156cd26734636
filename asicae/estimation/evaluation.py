"""Values of every net of a netlist, 64 events a word."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import CLOCKS
from asicae.estimation.logic import ALL_ONES, Bits, Expression
from asicae.estimation.netlist import FIRST_NET, ONE, Flat
from asicae.estimation.technology import stored
from asicae.foundation.errors import BadInput, CheckFailed

MAX_SETTLING = 64  # passes; the I2C target counts to 32 behind reset, a pipeline to its ranks


def pack(values: npt.ArrayLike, width: int) -> Bits:
    """Integers (events, fields) as packed bits (fields*width, words), field 0 in the low bits.

    Negative values are taken as two's complement.
    """
    fields = np.atleast_2d(np.asarray(values, np.int64))
    bits = (fields[:, :, None] >> np.arange(width)) & 1
    return pack_bits(bits.reshape(len(fields), -1).astype(np.uint8))


def pack_bits(bits: npt.NDArray[np.uint8]) -> Bits:
    """Bits (events, n) as words (n, ceil(events/64)), event e in bit e % 64 of word e // 64."""
    events, count = bits.shape
    padded = np.zeros((count, -(-events // 64) * 64), np.uint8)
    padded[:, :events] = bits.T
    packed = np.packbits(padded, axis=1, bitorder="little")
    return packed.view("<u8").astype(np.uint64)


def unpack(words: Bits, width: int, events: int) -> npt.NDArray[np.int64]:
    """Unsigned fields (events, n/width) from packed bits (n, words)."""
    raw = np.ascontiguousarray(words.astype("<u8")).view(np.uint8)
    bits = np.unpackbits(raw, axis=1, bitorder="little")[:, :events]
    fields = bits.T.reshape(events, -1, width).astype(np.int64)
    result: npt.NDArray[np.int64] = (fields << np.arange(width)).sum(axis=2)
    return result


def each(bits: Bits, times: int) -> Bits:
    """Packed events, each so many times one after the other."""
    if times == 1:
        return bits
    raw = np.ascontiguousarray(bits.astype("<u8")).view(np.uint8)
    single = np.unpackbits(raw, axis=1, bitorder="little")
    packed = np.packbits(np.repeat(single, times, axis=1), axis=1, bitorder="little")
    return packed.view("<u8").astype(np.uint64)


Moved = npt.NDArray[np.bool_]
"""Of every net, whether its value may be another one than before."""
States = Mapping[str, Bits]
"""By cell type, what the cells of ``clocked_rows`` hold, (rows, words)."""


def evaluate(
    flat: Flat,
    inputs: Mapping[str, Bits],
    events: int,
    first: States | None = None,
    passes: int = MAX_SETTLING,
) -> Bits:
    """Value of every net for every event, (nets, words); storage steps from event to event.

    Storage starts from its reset value, or from ``first``, one word a cell.  As the design is a
    pipeline (or idle), the states settle in as many passes as it has ranks:
    state[e + 1] = next[e], repeated until nothing moves.  What counts takes a pass an event, and
    as many ``passes`` as events are enough for anything.
    What a gated clock does not reach keeps its state.  Missing inputs are zero; clocks run, but one
    that is an input has an edge at the end of the events in which it is one.

    Raises:
        BadInput: an input has another width than its port.
        CheckFailed: the states do not settle in ``passes`` (the block counts), a loop, or storage
            that is not clocked, or is clocked by a gated falling edge.
    """
    words = -(-events // 64)
    values = _driven(flat, inputs, words)
    meant = events_mask(events, words)
    held = [_Held.after_reset(flat, kind, words) for kind in storage_cells(flat)]
    if first is not None:
        held = [
            replace(c, state=np.broadcast_to(first.get(c.kind, c.state), c.state.shape))
            for c in held
        ]
    moved: Moved | None = None
    for _ in range(passes):
        for cells in held:
            cells.drive(flat, values)
        _sweep(flat, values, meant, moved=moved)
        following = [cells.step(flat, values) for cells in held]
        pairs = list(zip(held, following, strict=True))
        changed = [((cells.state ^ state) & meant).any(axis=1) for cells, state in pairs]
        if not any(rows.any() for rows in changed):
            return values
        held = [replace(cells, state=state) for cells, state in pairs]
        moved = np.zeros(flat.nets, np.bool_)
        for cells, rows in zip(held, changed, strict=True):
            _mark(flat, cells.kind, cells.rows[rows], moved)
    raise CheckFailed("the states of the netlist do not settle: it is neither a pipeline nor idle")


def next_states(
    flat: Flat, states: States, inputs: Mapping[str, Bits], flips: Bits | None = None
) -> tuple[Bits, dict[str, Bits]]:
    """Net values (nets, words) and what storage holds after one clock edge, each bit on its own.

    Bit k of all words is one state of the design with one set of inputs; ``flips`` has ones where
    what a cell of ``Flat.order`` drives is inverted on its net.

    Raises:
        BadInput, CheckFailed: as ``evaluate``.
    """
    words = next(iter(states.values())).shape[1]
    values = _driven(flat, inputs, words)
    held = [
        _Held(kind, clocked_rows(flat, kind), np.broadcast_to(state, (len(state), words)))
        for kind, state in states.items()
    ]
    for cells in held:
        cells.drive(flat, values)
    _sweep(flat, values, np.full(words, ALL_ONES), flips)
    after = {}
    for cells in held:
        taken, data = cells.loads(flat, values)
        after[cells.kind] = (taken & data) | (~taken & cells.state)
    return values, after


def _driven(flat: Flat, inputs: Mapping[str, Bits], words: int) -> Bits:
    """Values of all nets with constants, clock and inputs in place."""
    values = np.zeros((flat.nets, words), np.uint64)
    values[ONE] = ALL_ONES
    for port in CLOCKS:
        if port in flat.ports:
            values[flat.ports[port]] = ALL_ONES
    for port, bits in inputs.items():
        nets = flat.ports[port]
        if bits.shape[0] != len(nets):
            raise BadInput(f"port {port}: {bits.shape[0]} bits given, the port has {len(nets)}")
        free = nets >= FIRST_NET
        values[nets[free]] = np.broadcast_to(bits, (len(nets), words))[free]
    return values


def reset_states(flat: Flat) -> dict[str, Bits]:
    """What reset leaves in storage, one word a cell."""
    held = (_Held.after_reset(flat, kind, 1) for kind in storage_cells(flat))
    return {cells.kind: cells.state for cells in held if len(cells.state)}


def clocked_rows(flat: Flat, kind: str) -> npt.NDArray[np.integer]:
    """The cells of one storage type that open with the clock."""
    return np.flatnonzero(flat.opening(kind) > 0)


def storage_cells(flat: Flat) -> list[str]:
    """Types of the flip-flops and latches of a flattened module."""
    return [kind for kind in flat.cells if flat.technology.cell(kind).storage is not None]


@dataclass(frozen=True)
class _Held:
    """The storage cells of one type that open with the clock: rows, and state (rows, words)."""

    kind: str
    rows: npt.NDArray[np.integer]
    state: Bits

    @classmethod
    def after_reset(cls, flat: Flat, kind: str, words: int) -> "_Held":
        rows = clocked_rows(flat, kind)
        storage = stored(flat.technology.cell(kind))
        ones = _wired(flat, kind, storage.preset) & ~_wired(flat, kind, storage.clear)
        first = np.where(ones[rows, None], ALL_ONES, np.uint64(0))
        return cls(kind, rows, np.broadcast_to(first, (len(rows), words)))

    def drive(self, flat: Flat, values: Bits) -> None:
        """Their outputs."""
        names = stored(flat.technology.cell(self.kind)).state
        known = dict(zip(names, (self.state, ~self.state), strict=True))
        _give(flat, self.kind, self.rows, known, values)

    def step(self, flat: Flat, values: Bits) -> Bits:
        """States one event later; the first event keeps its value."""
        taken, data = self.loads(flat, values)
        following = delayed(taken & data, self.state[:, :1])
        return kept(following, taken) if (~taken).any() else following

    def loads(self, flat: Flat, values: Bits) -> tuple[Bits, Bits]:
        """Where the clock reaches them, and what they then take."""
        storage = stored(flat.technology.cell(self.kind))
        pins = _pins(flat, self.kind, self.rows, values)
        pins |= dict(zip(storage.state, (self.state, ~self.state), strict=True))
        return pulses(flat, self.kind, self.rows, values), storage.data.evaluate(pins)


def _wired(flat: Flat, kind: str, control: Expression | None) -> npt.NDArray[np.bool_]:
    """Of each cell of a type, whether a reset or preset is more than a constant."""
    found = np.zeros(len(flat.cells[kind]), np.bool_)
    for pin in control.names if control is not None else ():
        found |= flat.column(kind, pin) >= FIRST_NET
    return found


def pulses(flat: Flat, kind: str, rows: npt.NDArray[np.integer], values: Bits) -> Bits:
    """Events at whose end the clock reaches storage cells of one type, (rows, words)."""
    (pin,) = stored(flat.technology.cell(kind)).control.names
    nets = flat.column(kind, pin)[rows]
    resting = np.where(flat.phases[nets] > 0, np.uint64(0), ALL_ONES)
    found: Bits = values[nets] ^ resting[:, None]
    return found


def _pins(flat: Flat, kind: str, rows: npt.NDArray[np.integer], values: Bits) -> dict[str, Bits]:
    inputs = flat.technology.cell(kind).inputs
    return {pin: values[np.maximum(flat.column(kind, pin)[rows], 0)] for pin in inputs}


def _sweep(
    flat: Flat,
    values: Bits,
    meant: Bits,
    flips: Bits | None = None,
    moved: Moved | None = None,
) -> None:
    """All that follows within the event, in order; where ``moved`` is given, behind these only."""
    for kind, every in flat.order:
        rows = every if moved is None else _moving(flat, kind, every, moved)
        if not len(rows):
            continue
        storage = flat.technology.cell(kind).storage
        known = _pins(flat, kind, rows, values)
        if storage is not None:
            if (~pulses(flat, kind, rows, values) & meant).any():
                raise CheckFailed(f"{kind} cells open with the fall of a clock that is gated")
            state = storage.data.evaluate(known)
            known = dict(zip(storage.state, (state, ~state), strict=True))
        _give(flat, kind, rows, known, values, flips)


def _moving(
    flat: Flat, kind: str, rows: npt.NDArray[np.integer], moved: Moved
) -> npt.NDArray[np.integer]:
    """Those of some cells of one type that see nets that moved; what they drive moves too."""
    touched = np.zeros(len(rows), np.bool_)
    for pin in flat.technology.cell(kind).inputs:
        touched |= moved[np.maximum(flat.column(kind, pin)[rows], 0)]
    _mark(flat, kind, rows[touched], moved)
    return rows[touched]


def _mark(flat: Flat, kind: str, rows: npt.NDArray[np.integer], moved: Moved) -> None:
    """What some cells of one type drive may have moved."""
    for pin in flat.technology.cell(kind).outputs:
        nets = flat.column(kind, pin)[rows]
        moved[nets[nets >= FIRST_NET]] = True


def _give(
    flat: Flat,
    kind: str,
    rows: npt.NDArray[np.integer],
    known: Mapping[str, Bits],
    values: Bits,
    flips: Bits | None = None,
) -> None:
    """The outputs of some cells of one type, which follow from its inputs or its state."""
    cell = flat.technology.cell(kind)
    for pin in cell.outputs:
        function, nets = cell.pins[pin].function, flat.column(kind, pin)[rows]
        used = nets >= FIRST_NET
        if function is not None and used.any():
            shape = (len(rows), values.shape[1])
            given = np.broadcast_to(function.evaluate(known), shape)[used]
            values[nets[used]] = given if flips is None else given ^ flips[nets[used]]


def kept(values: Bits, taken: Bits) -> Bits:
    """States, where ``values`` has those of event 0 and of the events behind one of ``taken``, and
    zeros in between: there, what was before stays.
    """
    known = delayed(taken, np.full((len(taken), 1), ALL_ONES))
    distance = 1
    while distance < 64 * values.shape[1]:  # each step bridges gaps twice as long
        values = values | (_later(values, distance) & ~known)
        known = known | _later(known, distance)
        distance *= 2
    return values


def _later(values: Bits, events: int) -> Bits:
    """``values`` that many events later, zeros before."""
    words, bits = divmod(events, 64)
    result = np.zeros_like(values)
    if words < values.shape[1]:
        result[:, words:] = values[:, : values.shape[1] - words]
    if bits:
        spill = result[:, :-1] >> np.uint64(64 - bits)
        result = result << np.uint64(bits)
        result[:, 1:] |= spill
    return result


def delayed(values: Bits, first: Bits) -> Bits:
    """``values`` one event later, event 0 from ``first``."""
    result = values << np.uint64(1)
    result[:, 1:] |= values[:, :-1] >> np.uint64(63)
    result[:, :1] |= first & np.uint64(1)
    return result


def events_mask(events: int, words: int) -> Bits:
    """Ones where a word holds one of the first ``events`` events."""
    mask = np.zeros(words, np.uint64)
    mask[: events // 64] = ALL_ONES
    if events % 64:
        mask[events // 64] = (np.uint64(1) << np.uint64(events % 64)) - np.uint64(1)
    return mask
