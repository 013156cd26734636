"""Values of every net of a netlist, 64 events a word."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from asicae.estimation.logic import ALL_ONES, Bits
from asicae.estimation.netlist import FIRST_NET, ONE, Flat
from asicae.estimation.technology import stored
from asicae.foundation.errors import BadInput, CheckFailed

MAX_SETTLING = 16  # passes; one a register rank on the way


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


def evaluate(flat: Flat, inputs: Mapping[str, Bits], events: int) -> Bits:
    """Value of every net for every event, (nets, words); storage steps from event to event.

    Flip-flops start from their reset value.  As the design is a pipeline (or idle), the states
    settle in as many passes as it has ranks: state[e + 1] = next[e], repeated until nothing moves.
    Missing inputs are zero.

    Raises:
        BadInput: an input has another width than its port.
        CheckFailed: the states do not settle (the block counts), or a loop.
    """
    words = -(-events // 64)
    values = np.zeros((flat.nets, words), np.uint64)
    values[ONE] = ALL_ONES
    for port, bits in inputs.items():
        nets = flat.ports[port]
        if bits.shape[0] != len(nets):
            raise BadInput(f"port {port}: {bits.shape[0]} bits given, the port has {len(nets)}")
        free = nets >= FIRST_NET
        values[nets[free]] = np.broadcast_to(bits, (len(nets), words))[free]
    meant = events_mask(events, words)
    states = {kind: _reset(flat, kind, words) for kind in storage_cells(flat)}
    for _ in range(MAX_SETTLING):
        for kind, state in states.items():
            _drive(flat, kind, state, values)
        _sweep(flat, values)
        following = {kind: _step(flat, kind, states[kind], values) for kind in states}
        if not any(((states[k] ^ following[k]) & meant).any() for k in states):
            return values
        states = following
    raise CheckFailed("the states of the netlist do not settle: it is neither a pipeline nor idle")


def storage_cells(flat: Flat) -> list[str]:
    """Types of the flip-flops of a flattened module.

    Raises:
        CheckFailed: it has a latch, which zero-delay evaluation cannot place in time.
    """
    kinds = [kind for kind in flat.cells if flat.technology.cell(kind).storage is not None]
    for kind in kinds:
        storage = flat.technology.cell(kind).storage
        if storage is not None and storage.kind != "ff":
            raise CheckFailed(f"the netlist has latches ({kind}); only flip-flops are understood")
    return kinds


def _sweep(flat: Flat, values: Bits) -> None:
    for kind, rows in flat.order:
        cell = flat.technology.cell(kind)
        nets = {pin: flat.column(kind, pin)[rows] for pin in cell.pins}
        pins = {pin: values[np.maximum(nets[pin], 0)] for pin in cell.inputs}
        for pin in cell.outputs:
            function = cell.pins[pin].function
            used = nets[pin] >= FIRST_NET
            if function is not None and used.any():
                shape = (len(rows), values.shape[1])
                values[nets[pin][used]] = np.broadcast_to(function.evaluate(pins), shape)[used]


def _reset(flat: Flat, kind: str, words: int) -> Bits:
    storage = flat.technology.cell(kind).storage
    preset_only = storage is not None and storage.preset is not None and storage.clear is None
    return np.full((len(flat.cells[kind]), words), ALL_ONES if preset_only else 0, np.uint64)


def _drive(flat: Flat, kind: str, state: Bits, values: Bits) -> None:
    cell = flat.technology.cell(kind)
    names = dict(zip(stored(cell).state, (state, ~state), strict=True))
    for pin in cell.outputs:
        function, nets = cell.pins[pin].function, flat.column(kind, pin)
        used = nets >= FIRST_NET
        if function is not None and used.any():
            values[nets[used]] = function.evaluate(names)[used]


def _step(flat: Flat, kind: str, state: Bits, values: Bits) -> Bits:
    """States one event later; the first event keeps its reset value."""
    cell = flat.technology.cell(kind)
    storage = stored(cell)
    pins = {pin: values[np.maximum(flat.column(kind, pin), 0)] for pin in cell.inputs}
    pins |= dict(zip(storage.state, (state, ~state), strict=True))
    return delayed(np.broadcast_to(storage.data.evaluate(pins), state.shape), state[:, :1])


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
