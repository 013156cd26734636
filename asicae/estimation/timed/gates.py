"""A flattened netlist as the simulator wants it: gates with a delay for every way through them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.estimation.logic import Expression
from asicae.estimation.netlist import FIRST_NET, Flat
from asicae.estimation.technology import Arc, Cell
from asicae.estimation.timing import COMBINATIONAL, EDGES, Delays
from asicae.foundation.errors import BadInput

TICKS_PER_NS = 10_000
MAX_INPUTS = 12
"""Of one cell: the table of its delays has inputs x 2^inputs entries."""
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Gates:
    """Outputs of cells, ordered by net, behind the ``sources`` that drive them; times in ticks.

    Nets that never move are states of inputs alone: gates behind nothing else are left out. The
    arrays are those of ``struct Netlist`` in ``simulator.cpp``, which says what they hold.
    """

    nets: int
    sources: int
    output: Ints
    level: Ints
    inputs: Ints
    truth_start: Longs
    truth: npt.NDArray[np.uint8]
    delay_start: Longs
    delay: Ints
    pin_start: Longs
    pin_net: Ints
    source_rise: Ints
    source_fall: Ints


@dataclass(frozen=True)
class _Kind:
    """Moving gates of one output of one cell type: rows of the cell matrix."""

    cell: Cell
    output: str
    pins: tuple[str, ...]
    rows: Ints
    truth: npt.NDArray[np.uint8]

    @property
    def entries(self) -> int:
        """Size of the delay table of one gate."""
        return len(self.pins) << len(self.pins)


def gates(flat: Flat, delays: Delays, sources: npt.NDArray[np.integer[Any]]) -> Gates:
    """Everything that moves when the nets ``sources`` do.

    ``delays`` gives loads, transitions and trees of every net, and when a source changes after the
    clock edge.

    Raises:
        BadInput: a cell has more than 12 inputs, or an arc that is needed is missing.
    """
    start = np.sort(np.asarray(sources, np.int32))
    level, kinds = _moving(flat, start)
    count = [len(kind.rows) for kind in kinds]
    nets = _joined([flat.column(k.cell.name, k.output)[k.rows] for k in kinds])
    order = np.argsort(nets, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) + len(start)
    places = np.split(place, np.cumsum(count)[:-1]) if kinds else []
    total = len(start) + len(order)
    inputs, entries = np.zeros(total, np.int64), np.zeros(total, np.int64)
    truth_start = np.zeros(total, np.int64)
    truth: list[npt.NDArray[np.uint8]] = [np.zeros(1, np.uint8)]
    for kind, at in zip(kinds, places, strict=True):
        inputs[at], entries[at] = len(kind.pins), kind.entries
        truth_start[at] = sum(len(part) for part in truth)
        truth.append(kind.truth)
    pin_start, delay_start = starts(inputs), starts(entries)
    pin_net = np.zeros(int(inputs.sum()), np.int32)
    delay = np.zeros(int(entries.sum()), np.int32)
    for kind, at in zip(kinds, places, strict=True):
        for index, pin in enumerate(kind.pins):
            column = flat.column(kind.cell.name, pin)[kind.rows]
            pin_net[pin_start[at] + index] = np.maximum(column, 0)
        for index, value in _delays(flat, kind, delays):
            delay[delay_start[at] + index] = value
    when = {edge: ticks(delays.edges[edge][start]) for edge in EDGES}
    output = np.concatenate([start, nets[order]]).astype(np.int32)
    return Gates(
        flat.nets,
        len(start),
        output,
        level[output],
        inputs.astype(np.int32),
        truth_start,
        np.concatenate(truth),
        delay_start,
        delay,
        pin_start,
        pin_net,
        when["rise"],
        when["fall"],
    )


def _moving(flat: Flat, sources: Ints) -> tuple[Ints, list[_Kind]]:
    """Level of every moving net, sources being 0, and the gates that a source can move."""
    moves = np.zeros(flat.nets, bool)
    moves[sources] = True
    level = np.zeros(flat.nets, np.int32)
    found: dict[tuple[str, str], list[Ints]] = {}
    for kind, rows in flat.order:
        cell = flat.technology.cell(kind)
        if cell.storage is not None:
            continue  # opens when the clock falls: a source
        for output in cell.outputs:
            nets = flat.column(kind, output)[rows]
            hit, depth = np.zeros(len(rows), bool), np.zeros(len(rows), np.int32)
            for pin in _function(cell, output).names:
                column = np.maximum(flat.column(kind, pin)[rows], 0)
                hit |= moves[column]
                depth = np.maximum(depth, level[column])
            hit &= nets >= FIRST_NET
            moves[nets[hit]], level[nets[hit]] = True, depth[hit] + 1
            found.setdefault((kind, output), []).append(rows[hit])
    kinds = []
    for (name, output), parts in found.items():
        rows = np.concatenate(parts)
        if len(rows):
            kinds.append(_kind(flat.technology.cell(name), output, rows))
    return level, kinds


def _kind(cell: Cell, output: str, rows: Ints) -> _Kind:
    function = _function(cell, output)
    pins = function.names
    if len(pins) > MAX_INPUTS:
        raise BadInput(f"{cell.name}: {len(pins)} inputs, allowed are up to {MAX_INPUTS}")
    states = [_state(pins, bits) for bits in range(1 << len(pins))]
    truth = np.array([function.holds(state) for state in states], np.uint8)
    return _Kind(cell, output, pins, rows, truth)


def _function(cell: Cell, output: str) -> Expression:
    function = cell.pins[output].function
    if function is None:
        raise BadInput(f"{cell.name}.{output}: no function")
    return function


def _state(pins: tuple[str, ...], bits: int) -> dict[str, bool]:
    return {pin: bool(bits >> index & 1) for index, pin in enumerate(pins)}


def _delays(flat: Flat, kind: _Kind, delays: Delays) -> Iterator[tuple[int, Ints]]:
    """Ticks (gates,) of each way through: index [input << inputs | state after the change]."""
    nets = flat.column(kind.cell.name, kind.output)[kind.rows]
    load, tree = delays.driven[nets], delays.tree_ns[nets]
    known: dict[tuple[int, str, str], Floats] = {}
    arcs = [arc for arc in kind.cell.pins[kind.output].arcs if arc.kind in COMBINATIONAL]
    for index, pin in enumerate(kind.pins):
        source = np.maximum(flat.column(kind.cell.name, pin)[kind.rows], 0)
        own = [arc for arc in arcs if arc.related == pin]
        for bits in range(1 << len(kind.pins)):
            if kind.truth[bits] == kind.truth[bits ^ 1 << index]:
                continue  # this change of this input does not move the output
            edge, cause = EDGES[1 - kind.truth[bits]], EDGES[1 - (bits >> index & 1)]
            worst = np.zeros(0)
            for arc in _fitting(kind.cell, own, pin, edge, cause, _state(kind.pins, bits)):
                key = (id(arc), edge, cause)
                if key not in known:
                    table = arc.tables[f"cell_{edge}"]
                    known[key] = table.at(delays.slews[cause][source], load) + tree
                worst = np.maximum(worst, known[key]) if len(worst) else known[key]
            yield (index << len(kind.pins)) + bits, ticks(worst)


def _fitting(
    cell: Cell, arcs: list[Arc], pin: str, edge: str, cause: str, state: Mapping[str, bool]
) -> list[Arc]:
    """Arcs for one change: those of its state, else those of any, else all of that input."""
    usable = [arc for arc in arcs if f"cell_{edge}" in arc.tables]
    if not usable:
        raise BadInput(f"{cell.name}: no delay from {pin} for the {edge} of an output")
    senses = {"non_unate", "positive_unate" if edge == cause else "negative_unate"}
    fitting = [arc for arc in usable if arc.sense in senses] or usable
    exact = [arc for arc in fitting if arc.when is not None and _holds(arc.when, state)]
    return exact or [arc for arc in fitting if arc.when is None] or fitting


def _holds(when: Expression, state: Mapping[str, bool]) -> bool:
    return set(when.names) <= set(state) and when.holds(state)


def ticks(ns: npt.ArrayLike) -> Ints:
    """A delay that tables extrapolate to below nought is nought."""
    ticks: Ints = np.rint(np.maximum(ns, 0.0) * TICKS_PER_NS).astype(np.int32)
    return ticks


def starts(sizes: Longs) -> Longs:
    """Where each of some runs of these sizes begins, one behind the other."""
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64) if len(sizes) else sizes


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.empty(0, np.int32)
