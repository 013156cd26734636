"""Streams of events through a verilated encoder, every frame against that of the algorithm."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.adaptive_choice import HEADER_BITS
from asicae.concentrator.algorithms.base import Charges
from asicae.concentrator.frames import Bytes, Frames
from asicae.foundation.errors import CheckFailed
from asicae.module.codes import CALQ_BITS
from asicae.module.geometry import Integers

Rows = npt.NDArray[np.uint32]
Streamed = Callable[[Rows, Rows, int], None]
"""Rows of as many clocks in, rows out (``stream.hpp``), from a reset on."""
FramesOf = Callable[[Charges, Bytes], Frames]
"""Frames of charges and counters."""
_VALID, _ERROR = 1, 2
CHUNK_CLOCKS = 65_536


@dataclass(frozen=True)
class CoderComparison:
    """Frames that were compared, all of them equal, and clocks that they took."""

    frames: int
    clocks: int


def compared(
    stream: Streamed, frames_of: FramesOf, latency_bx: int, calq: Integers, seed: int
) -> CoderComparison:
    """Stream charges [n, 48] with drawn counters, pauses between in which other inputs move.

    Every frame must be that of the algorithm and come with the latency; frames are zero at all
    other times.

    Raises:
        CheckFailed: a frame differs, is missing or comes at another time, or copies disagree.
    """
    clocks = 0
    for first in range(0, len(calq), CHUNK_CLOCKS):
        part = calq[first : first + CHUNK_CLOCKS]
        generator = np.random.default_rng([seed, first])
        counter = generator.integers(0, 1 << HEADER_BITS, len(part)).astype(np.uint8)
        at = np.cumsum(
            1 + (generator.random(len(part)) < 0.2) * generator.integers(0, 4, len(part))
        )
        total = int(at[-1]) + 1 + 2 * latency_bx
        rows = _rows(part, counter, at, total, generator)
        frames = _words(frames_of(part.astype(np.int32), counter).words)
        found = np.zeros((total, 1 + frames.shape[1]), dtype=np.uint32)
        stream(rows, found, total)
        expected = np.zeros_like(found)
        expected[at + latency_bx, 0] = _VALID
        expected[at + latency_bx, 1:] = frames
        _require_equal(found, expected, at + latency_bx, first)
        clocks += total
    return CoderComparison(len(calq), clocks)


def _rows(
    calq: Integers, counter: npt.NDArray[np.uint8], at: Integers, total: int, g: np.random.Generator
) -> Rows:
    """What enters: a row a clock, events at these, anything else between."""
    number = calq.shape[1] * CALQ_BITS // 32
    rows = g.integers(0, 1 << 32, (total, 1 + number), dtype=np.uint32)
    rows[:, 0] = rows[:, 0] >> (32 - HEADER_BITS) << 1
    rows[at, 0] = counter.astype(np.uint32) << 1 | _VALID
    bits = (calq[:, :, None] >> np.arange(CALQ_BITS) & 1).astype(np.uint8)
    packed = np.packbits(bits.reshape(len(calq), -1), axis=1, bitorder="little")
    rows[at, 1:] = packed.view("<u4")
    return rows


def _words(frames: npt.NDArray[np.uint16]) -> Rows:
    """Frames uint16[n, 2 N], their first word first, as words of the port, the lowest first."""
    behind = frames[:, ::-1].astype(np.uint32)
    return np.asarray(behind[:, 1::2] << 16 | behind[:, ::2], dtype=np.uint32)


def _require_equal(found: Rows, expected: Rows, due: Integers, first: int) -> None:
    wrong = (found != expected).any(axis=1)
    if not wrong.any():
        return
    clock = int(np.argmax(wrong))
    place = int(np.searchsorted(due, clock))
    if found[clock, 0] & _ERROR:
        raise CheckFailed(f"encoder: copies disagree before event {first + place}")
    event = f"event {first + place}"
    if place == len(due) or due[place] != clock:
        raise CheckFailed(f"encoder: something leaves before the frame of {event} is due")
    if not found[clock, 0]:
        raise CheckFailed(f"encoder: the frame of {event} is not there when it is due")
    told, wanted = (
        "".join(f"{word:08x}" for word in row[:0:-1]) for row in (found[clock], expected[clock])
    )
    raise CheckFailed(f"encoder: {event}: frame {told}, the algorithm has {wanted}")
