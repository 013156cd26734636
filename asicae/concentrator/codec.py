"""All five algorithms behind one door: CALQ to frames, frames to fields, fields to charge."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip import golden
from asicae.concentrator import buffer
from asicae.concentrator.algorithms import (
    autoencoder,
    best_choice,
    repeater,
    super_trigger_cell,
    threshold_sum,
)
from asicae.concentrator.frames import Bytes, Frames
from asicae.concentrator.settings import Algorithm, ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted
from asicae.foundation.chunks import for_each_chunk
from asicae.foundation.errors import BadInput
from asicae.module.calq import checked_calq

COUNTER_MAX = 31
"""The bunch-crossing counter of a header has 5 bits."""

Fields = (
    threshold_sum.ThresholdSum
    | super_trigger_cell.SuperTriggerCell
    | best_choice.BestChoice
    | repeater.Repeater
    | autoencoder.Autoencoder
)


@dataclass(frozen=True)
class _Steps:
    """What every algorithm module offers; fields are its own dataclass."""

    select: Callable[[Any, Bytes, ConcentratorSettings], Any]
    pack: Callable[[Any, ConcentratorSettings], Frames]
    unpack: Callable[[Frames, ConcentratorSettings], Any]
    transmitted: Callable[[Any, ConcentratorSettings], Transmitted]


_STEPS = {
    algorithm: _Steps(module.select, module.pack, module.unpack, module.transmitted)
    for algorithm, module in (
        (Algorithm.THRESHOLD_SUM, threshold_sum),
        (Algorithm.SUPER_TRIGGER_CELL, super_trigger_cell),
        (Algorithm.BEST_CHOICE, best_choice),
        (Algorithm.REPEATER, repeater),
        (Algorithm.AUTOENCODER, autoencoder),
    )
}


def encode(
    calq: npt.ArrayLike,
    settings: ConcentratorSettings,
    counter: npt.ArrayLike | None = None,
    threads: int | None = None,
    queue: buffer.Buffer | None = None,
) -> Frames:
    """Frames of CALQ [n, 48] (AE order) with a classical algorithm.

    The rows are consecutive crossings of one module: Threshold Sum runs its buffer over them,
    unless ``endless_buffer`` is set.

    Args:
        calq: integers 0..2**22-1.
        settings: of any algorithm but the autoencoder, see :func:`encode_latents`.
        counter: bunch-crossing counter of every row, 0..31; the row number modulo 32 if None.
        threads: all cores unless given.
        queue: buffer of Threshold Sum as earlier rows left it; an empty one if None.

    Raises:
        BadInput: CALQ or counters of another shape or out of range; settings of the autoencoder.
    """
    if settings.alg_type is Algorithm.AUTOENCODER:
        raise BadInput("the autoencoder needs a network; its frames are made of latents")
    charges = checked_calq(calq)
    counters = _counters(counter, len(charges))
    frames = _in_chunks(charges, counters, settings, threads)
    if settings.alg_type is not Algorithm.THRESHOLD_SUM:
        return frames
    fates = (queue or buffer.Buffer(settings)).fates(frames.counts)
    lost = np.flatnonzero(fates)
    if lost.size:
        fields = threshold_sum.truncate(charges[lost], counters[lost], fates[lost])
        short = threshold_sum.pack(fields, settings)
        frames.words[lost], frames.counts[lost] = short.words, short.counts
    return frames


def encode_latents(
    encoded: golden.ChipOutput,
    settings: ConcentratorSettings,
    counter: npt.ArrayLike | None = None,
    threads: int | None = None,
) -> Frames:
    """Autoencoder frames of n encoded events (see ``golden.run``); arguments as :func:`encode`.

    Raises:
        BadInput: latents or counters that do not fit; settings of another algorithm.
    """
    if settings.alg_type is not Algorithm.AUTOENCODER:
        raise BadInput(f"latents go into frames of the autoencoder, not of {settings.alg_type}")
    return _in_chunks(encoded, _counters(counter, len(encoded.sums)), settings, threads)


def decode(frames: Frames, settings: ConcentratorSettings, threads: int | None = None) -> Fields:
    """All transmitted fields, in the dataclass of the algorithm.

    Raises:
        BadInput: naming the first frame that no chip with these settings can have sent.
    """
    unpack = _STEPS[settings.alg_type].unpack
    parts: dict[int, Any] = {}

    def decode_chunk(chunk: slice) -> None:
        parts[chunk.start] = unpack(frames.part(chunk), settings)

    for_each_chunk(len(frames), decode_chunk, threads)
    if not parts:
        parts[0] = unpack(frames, settings)
    ordered = [parts[start] for start in sorted(parts)]
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in ordered])
        for field in dataclasses.fields(ordered[0])
    }
    fields: Fields = type(ordered[0])(**joined)
    return fields


def pack(fields: Fields, settings: ConcentratorSettings) -> Frames:
    """Frames of fields [n]; those of decoded fields are the frames they came from.

    Args:
        fields: in the dataclass of the algorithm, values as that describes them; not checked.
        settings: of the algorithm.
    """
    return _STEPS[settings.alg_type].pack(fields, settings)


def transmitted(fields: Fields, settings: ConcentratorSettings) -> Transmitted:
    """What the fields of n frames say about charge, in CALQ units and AE order.

    Args:
        fields: in the dataclass of the algorithm.
        settings: those that the frames were made with.
    """
    return _STEPS[settings.alg_type].transmitted(fields, settings)


def through(
    calq: npt.ArrayLike, settings: ConcentratorSettings, threads: int | None = None
) -> Transmitted:
    """What arrives of CALQ [n, 48]: encoded to frames and decoded from them.

    Raises:
        BadInput: as :func:`encode`.
    """
    return transmitted(decode(encode(calq, settings, None, threads), settings, threads), settings)


def _in_chunks(
    source: npt.NDArray[np.int32] | golden.ChipOutput,
    counters: Bytes,
    settings: ConcentratorSettings,
    threads: int | None,
) -> Frames:
    """Select and pack; rows are as wide as the longest frame."""
    steps = _STEPS[settings.alg_type]
    variable = settings.alg_type is Algorithm.THRESHOLD_SUM
    width = threshold_sum.MOST_WORDS if variable else settings.frame_words
    words = np.empty((len(counters), width), dtype=np.uint16)
    counts = np.empty(len(counters), dtype=np.uint8)

    def run_chunk(chunk: slice) -> None:
        part: Any = source[chunk] if isinstance(source, np.ndarray) else source.part(chunk)
        frames = steps.pack(steps.select(part, counters[chunk], settings), settings)
        words[chunk], counts[chunk] = frames.words, frames.counts

    for_each_chunk(len(counters), run_chunk, threads)
    return Frames(words, counts)


def _counters(counter: npt.ArrayLike | None, rows: int) -> Bytes:
    if counter is None:
        return (np.arange(rows) & COUNTER_MAX).astype(np.uint8)
    array = np.asarray(counter)
    if array.shape != (rows,) or array.dtype.kind not in "iu":
        raise BadInput(f"counters have shape {array.shape}, allowed are ({rows},) integers")
    wrong = np.flatnonzero((array < 0) | (array > COUNTER_MAX))
    if wrong.size:
        raise BadInput(
            f"counter of row {wrong[0]} is {array[wrong[0]]}, allowed is 0..{COUNTER_MAX}"
        )
    return array.astype(np.uint8)
