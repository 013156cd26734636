"""The data path cut at its registers, so that what a change leaves alone is not simulated again.

Whatever chatters before a register, its output changes once a clock, after a delay of its own. So
gates that share no net but such outputs do not see each other, and each group of them has the same
changes alone as beside the others: the cut is exact, not an approximation. Between two ranks of
registers lies one group where every layer listens to the one before, several where a barrier parts
them.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.estimation.netlist import ranges
from asicae.estimation.timed.gates import Gates, Longs, starts

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Segment:
    """Gates that share no moving net with others but sources, numbered among themselves.

    ``nets``: which net of the whole each of theirs is. They keep its order, and nothing in
    ``gates`` tells what else there is.
    """

    gates: Gates
    nets: Ints


def segments(whole: Gates, owner: Ints) -> list[Segment]:
    """The segments of some gates; sources that nobody listens to are one of their own.

    ``owner``: of every net a number below 63 for the block that drives it. Parts that lie in the
    same blocks are one segment.
    """
    label = _parts(whole)
    blocks = np.zeros(int(label.max(initial=-1)) + 1, np.int64)
    np.bitwise_or.at(blocks, label, np.int64(1) << owner[whole.output[whole.sources :]])
    chosen = blocks[label]
    found = [_segment(whole, chosen == kind) for kind in np.unique(chosen)]
    heard = np.zeros(whole.nets, bool)
    for segment in found:
        heard[segment.nets] = True
    lonely = ~heard[whole.output[: whole.sources]]
    if lonely.any() or not found:
        found.append(_segment(whole, np.zeros(len(label), bool), lonely))
    return found


def _parts(whole: Gates) -> Ints:
    """Number of the part of each gate that is no source."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    gate = np.full(whole.nets, -1, np.int64)
    gate[whole.output[whole.sources :]] = np.arange(len(whole.output) - whole.sources)
    sink = np.repeat(np.arange(len(whole.output)) - whole.sources, whole.inputs)
    driver = gate[whole.pin_net]
    joined = driver >= 0
    count = len(whole.output) - whole.sources
    if count == 0:
        return np.empty(0, np.int64)
    pairs = (np.ones(int(joined.sum()), np.int8), (driver[joined], sink[joined]))
    label: Ints = connected_components(coo_matrix(pairs, shape=(count, count)), directed=False)[1]
    return label


def _segment(
    whole: Gates, wanted: npt.NDArray[np.bool_], lonely: npt.NDArray[np.bool_] | None = None
) -> Segment:
    """The gates ``wanted`` of those that are no sources, with the sources that they listen to."""
    inner = np.flatnonzero(wanted) + whole.sources
    pins = ranges(whole.pin_start[inner], whole.inputs[inner])
    if lonely is None:
        listened = np.zeros(whole.nets, bool)
        listened[whole.pin_net[pins]] = True
        lonely = listened[whole.output[: whole.sources]]
    sources = np.flatnonzero(lonely)
    kept = np.concatenate([sources, inner])
    nets, local = np.unique(
        np.concatenate([whole.output[kept], whole.pin_net[pins]]), return_inverse=True
    )
    inputs = whole.inputs[kept]
    truth_start, truth = _truth(whole, kept)
    entries = inputs.astype(np.int64) << inputs
    gates = replace(
        whole,
        nets=len(nets),
        sources=len(sources),
        output=local[: len(kept)].astype(np.int32),
        level=whole.level[kept],
        inputs=inputs,
        truth_start=truth_start,
        truth=truth,
        delay_start=starts(entries),
        delay=whole.delay[ranges(whole.delay_start[kept], entries)],
        pin_start=starts(inputs.astype(np.int64)),
        pin_net=local[len(kept) :].astype(np.int32),
        source_rise=whole.source_rise[sources],
        source_fall=whole.source_fall[sources],
    )
    return Segment(gates, nets)


def _truth(whole: Gates, kept: Ints) -> tuple[Longs, npt.NDArray[np.uint8]]:
    """Where the function of each gate begins, and the functions, in an order of their own."""
    first, which = np.unique(whole.truth_start[kept], return_inverse=True)
    sizes = np.zeros(len(first), np.int64)
    sizes[which] = np.int64(1) << whole.inputs[kept]
    texts = [whole.truth[a : a + n].tobytes() for a, n in zip(first, sizes, strict=True)]
    place: dict[bytes, int] = {}
    joined = b"\0"
    for text in sorted(set(texts)):
        place[text], joined = len(joined), joined + text
    found = np.array([place[text] for text in texts], np.int64)
    return found[which].astype(np.int64), np.frombuffer(joined, np.uint8)
