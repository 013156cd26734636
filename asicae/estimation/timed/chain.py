"""The data path as one netlist, rank behind rank, simulated with delays on events.

What enters a block is what the block before it really puts out, moment by moment: chatter of one
layer is what the next one adds up.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import CLOCK
from asicae.chip.design import PERIOD_NS, Design
from asicae.estimation.activity import Activity, toggle_counts
from asicae.estimation.blocks import Stimulus, crossing_clock
from asicae.estimation.data_path import data_path, name_of
from asicae.estimation.energy import Conditions, loads, per_change
from asicae.estimation.evaluation import delayed, each, evaluate, events_mask, storage_cells
from asicae.estimation.logic import Bits
from asicae.estimation.netlist import FIRST_NET, Flat, Flattener
from asicae.estimation.timed.gates import Gates, gates, ticks
from asicae.estimation.timed.segments import segments
from asicae.estimation.timed.simulator import SOURCE, Changes, simulate
from asicae.estimation.timing import delays
from asicae.foundation.cache import cached
from asicae.foundation.errors import CheckFailed

BATCHES = 10
_RESULT = "changes.npz"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """The data path and all that changed in it in ``clocks`` clocks, which are those of the layers.

    Attributes:
        flat: its netlist; of each block ``places`` has the nets.
        load: of every net, fF, whatever block listens.
        changes: with delays.
        settled: changes by net without delays, in the same clocks.
        ones: share of the clocks that end with a one, by net.
    """

    flat: Flat
    load: Floats
    changes: Changes
    settled: npt.NDArray[np.int64]
    ones: Floats

    @property
    def clocks(self) -> int:
        """Simulated clocks; an event each where the layers have no others."""
        return sum(self.changes.clocks)

    def block(self, instance: str) -> tuple[Activity, Activity, Floats]:
        """A block's activity with and without delays, and its loads, by the block's own nets."""
        place = self.flat.places[instance]
        timed, settled = self.changes.total / self.clocks, self.settled / self.clocks
        ones = self.ones[place]
        return (
            Activity(self.clocks, timed[place], ones),
            Activity(self.clocks, settled[place], ones),
            self.load[place],
        )

    def batch_energies(self, conditions: Conditions) -> Floats:
        """Mean energy (fJ) of a clock in each batch: switching and internal, without the clock."""
        each = per_change(self.flat, conditions)
        total: Floats = (self.changes.counts @ each) / np.array(self.changes.clocks)
        return total


def simulated(
    flattener: Flattener,
    chip: Design,
    stimulus: Mapping[str, Stimulus],
    conditions: Conditions,
    clocks: int,
    cache: Path | None = None,
) -> Chain:
    """Simulate the data path of ``chip`` over ``clocks`` events, one a crossing, once it is filled.

    ``stimulus``: of every block, with at least ``warm_up(chip)`` events more. Where all delays,
    values and the simulator of a segment are as before, its changes are taken from the cache.

    Raises:
        CheckFailed: what leaves the last block differs from golden, or a net settles wrong.
        MissingTool: no C++ compiler.
    """
    path, phases, filled = data_path(flattener, chip), chip.phases, warm_up(chip)
    events, first, clocks = (clocks + filled) * phases, filled * phases, clocks * phases
    flat = path.flat
    inputs = {}
    for name, (block, port) in path.entering.items():
        by_crossing = port in block.inputs and not block.fast  # what stands has but one word
        bits = each(stimulus[block.instance].inputs[port], phases if by_crossing else 1)
        inputs[name] = bits[:, : -(-events // 64)]
    clock = {CLOCK: crossing_clock(events, phases)} if phases > 1 else {}
    values = evaluate(flat, inputs | clock, events)
    _check_outputs(flat, chip, stimulus, values, events)
    return moved(flat, list(inputs), values, first, clocks, conditions, cache)


def moved(
    flat: Flat,
    pins: Sequence[str],
    values: Bits,
    first: int,
    clocks: int,
    conditions: Conditions,
    cache: Path | None = None,
) -> Chain:
    """Simulate ``clocks`` clocks of a netlist from clock ``first`` on, which is not the first.

    ``pins``: its ports that move, with the clock's edge; ``values``: what every net is at the end
    of each clock.

    Raises:
        CheckFailed: a net settles wrong.
        MissingTool: no C++ compiler.
    """
    span = _from_clock(values, first - 1)
    settled = toggle_counts(span, clocks + 1)
    moving = _sources(flat, pins, settled > 0)
    found = delays(flat, conditions, pins, launch=True)
    made = _at_their_edge(flat, gates(flat, found, moving))
    changes = _changes(made, _owner(flat), values, first, clocks, cache)
    ones = np.bitwise_count(span & events_mask(clocks + 1, span.shape[1])).sum(axis=1)
    return Chain(flat, loads(flat, conditions.wire_ff), changes, settled, ones / (clocks + 1))


def warm_up(chip: Design) -> int:
    """Crossings until all ranks hold events, and one more to change from."""
    return chip.latency_bx + 1


def _check_outputs(
    flat: Flat, chip: Design, stimulus: Mapping[str, Stimulus], values: Bits, events: int
) -> None:
    """What the last rank holds must be golden's, from when the first event has come through."""
    last = chip.data_path[-1]
    empty = chip.latency_bx * chip.phases
    mask = events_mask(events, values.shape[1]) & ~events_mask(empty, values.shape[1])
    for port in last.outputs:
        wanted = stimulus[last.instance].expected[port]
        for _ in range(chip.latency_bx - 1):  # it is late by the one clock of its own already
            wanted = delayed(wanted, np.zeros((len(wanted), 1), np.uint64))
        wanted = each(wanted, chip.phases)[:, : values.shape[1]]
        found = values[flat.ports[name_of(last, port)]]
        wrong = np.bitwise_count((found ^ wanted) & mask).sum()
        if wrong:
            raise CheckFailed(f"the data path: {wrong} bits of {port} differ from golden")


def _sources(
    flat: Flat, pins: Sequence[str], moves: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int32]:
    """Nets that inputs and storage drive and that move."""
    nets = [flat.ports[port] for port in pins]
    for kind in storage_cells(flat):
        nets += [flat.column(kind, pin) for pin in flat.technology.cell(kind).outputs]
    every = np.unique(np.concatenate(nets))
    every = every[every >= FIRST_NET]
    return every[moves[every]].astype(np.int32)


def _at_their_edge(flat: Flat, made: Gates) -> Gates:
    """Storage that opens when the clock falls changes half a period later."""
    late = np.zeros(flat.nets, np.int32)
    for kind in storage_cells(flat):
        rows = flat.opening(kind) < 0
        for pin in flat.technology.cell(kind).outputs:
            nets = flat.column(kind, pin)[rows]
            late[nets[nets >= FIRST_NET]] = ticks(PERIOD_NS / 2)
    wait = late[made.output[: made.sources]]
    return replace(made, source_rise=made.source_rise + wait, source_fall=made.source_fall + wait)


def _from_clock(values: Bits, first: int) -> Bits:
    """The values from clock ``first`` on, at the start of the words."""
    words, first = divmod(first, 64)
    values = values[:, words:]
    shifted = values >> np.uint64(first)
    if first:
        shifted[:, :-1] |= values[:, 1:] << np.uint64(64 - first)
    return shifted


def _owner(flat: Flat) -> npt.NDArray[np.int32]:
    """Number of the block whose cell drives each net, from 1 on; 0 for all that are in none."""
    owner = np.zeros(flat.nets, np.int32)
    for kind, blocks in flat.owners.items():
        for pin in flat.technology.cell(kind).outputs:
            nets = flat.column(kind, pin)
            owner[nets[nets >= FIRST_NET]] = blocks[nets >= FIRST_NET] + 1
    return owner


def _changes(
    made: Gates,
    owner: npt.NDArray[np.int32],
    values: Bits,
    first: int,
    clocks: int,
    cache: Path | None,
) -> Changes:
    """Those of all segments; a source that several of them have changes in each the same."""
    found = [
        (segment.nets, _cached(segment.gates, values[segment.nets], first, clocks, cache))
        for segment in segments(made, owner)
    ]
    counts = np.zeros((min(BATCHES, clocks), made.nets), np.uint32)
    for nets, changes in found:
        counts[:, nets] = changes.counts
    latest = max(changes.latest_ns for _, changes in found)
    return Changes(found[0][1].clocks, counts, latest)


def _cached(made: Gates, values: Bits, first: int, clocks: int, cache: Path | None) -> Changes:
    batches = min(BATCHES, clocks)
    digest = hashlib.sha256(SOURCE.read_bytes())
    for name in sorted(made.__dataclass_fields__):
        digest.update(np.ascontiguousarray(getattr(made, name)).tobytes())
    digest.update(np.ascontiguousarray(values).tobytes())

    def make(work: Path) -> list[str]:
        changes = simulate(made, values, first, clocks, batches=batches)
        np.savez_compressed(
            work / _RESULT,
            clocks=changes.clocks,
            counts=changes.counts,
            latest_ns=changes.latest_ns,
        )
        return [_RESULT]

    entry = cached("timed", [digest.hexdigest(), first, clocks, batches], make, cache)
    with np.load(entry.folder / _RESULT, allow_pickle=False) as stored:
        return Changes(
            tuple(stored["clocks"].tolist()), stored["counts"], float(stored["latest_ns"])
        )
