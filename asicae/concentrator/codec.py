"""All algorithms behind one door: CALQ to frames, frames to fields, fields to charge."""

import dataclasses
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.chip.golden import ChipOutput
from asicae.concentrator.algorithms.autoencoder import AutoencoderSettings
from asicae.concentrator.algorithms.base import Fields, Send
from asicae.concentrator.algorithms.table import AUTOENCODER, algorithm_of
from asicae.concentrator.frames import Bytes, Frames
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted
from asicae.foundation.chunks import for_each_chunk
from asicae.foundation.errors import BadInput
from asicae.module.calq import checked_calq

COUNTER_MAX: Final = 31
"""The bunch-crossing counter of a header has 5 bits."""


def encode(
    calq: npt.ArrayLike,
    settings: ConcentratorSettings,
    counter: npt.ArrayLike | None = None,
    threads: int | None = None,
    send: Send | None = None,
) -> Frames:
    """Frames of CALQ [n, 48] (AE order).

    The rows are consecutive crossings of one module: an algorithm of variable rate runs its buffer
    over them, unless ``endless_buffer`` is set.

    Args:
        calq: integers 0..2**22-1.
        settings: of any algorithm.
        counter: bunch-crossing counter of every row, 0..31; the row number modulo 32 if None.
        threads: all cores unless given.
        send: the algorithm's ``sender`` that sent earlier rows, or one with an encoder; a new one
            if None, which an algorithm that needs a network does not have: :func:`encode_latents`.

    Raises:
        BadInput: CALQ or counters of another shape or out of range; a network is needed.
    """
    send = send or algorithm_of(settings).sender(settings)
    charges = checked_calq(calq)
    return send(charges, _counters(counter, len(charges)), threads)


def encode_latents(
    encoded: ChipOutput,
    settings: ConcentratorSettings,
    counter: npt.ArrayLike | None = None,
    threads: int | None = None,
) -> Frames:
    """Frames of n encoded events (see ``golden.run``); other arguments as :func:`encode`.

    Raises:
        BadInput: latents or counters that do not fit; settings of an algorithm whose frames are
            not made of latents alone.
    """
    if not isinstance(settings, AutoencoderSettings):
        what = f"latents alone go into frames of the {AUTOENCODER.label.lower()}"
        raise BadInput(f"{what}, not of {settings.alg_type}")
    counters = _counters(counter, len(encoded.sums))
    return AUTOENCODER.frames_of(encoded, counters, settings, threads)


def decode(frames: Frames, settings: ConcentratorSettings, threads: int | None = None) -> Any:
    """All transmitted fields, in the dataclass of the algorithm (``fields_type``).

    Raises:
        BadInput: naming the first frame that no chip with these settings can have sent.
    """
    algorithm = algorithm_of(settings)
    parts: dict[int, Fields] = {}

    def decode_chunk(chunk: slice) -> None:
        parts[chunk.start] = algorithm.unpack(frames.part(chunk), settings)

    for_each_chunk(len(frames), decode_chunk, threads, algorithm.chunk_events)
    if not parts:
        parts[0] = algorithm.unpack(frames, settings)
    ordered = [parts[start] for start in sorted(parts)]
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in ordered])
        for field in dataclasses.fields(algorithm.fields_type)
    }
    return algorithm.fields_type(**joined)


def pack(fields: Fields, settings: ConcentratorSettings) -> Frames:
    """Frames of fields [n]; those of decoded fields are the frames they came from.

    Args:
        fields: in the dataclass of the algorithm, values as that describes them; not checked.
        settings: of the algorithm.
    """
    return algorithm_of(settings).pack(fields, settings)


def transmitted(fields: Fields, settings: ConcentratorSettings) -> Transmitted:
    """What the fields of n frames say about charge, in CALQ units and AE order.

    Args:
        fields: in the dataclass of the algorithm.
        settings: those that the frames were made with.
    """
    return algorithm_of(settings).transmitted(fields, settings)


def through(
    calq: npt.ArrayLike, settings: ConcentratorSettings, threads: int | None = None
) -> Transmitted:
    """What arrives of CALQ [n, 48]: encoded to frames and decoded from them.

    Raises:
        BadInput: as :func:`encode`.
    """
    return transmitted(decode(encode(calq, settings, None, threads), settings, threads), settings)


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
