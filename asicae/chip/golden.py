"""Golden execution of the chip: CALQ in, masked latents and module sum out, in integers.

This is the "golden" of every comparison.
"""

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.chip.normaliser import codes_of, sum_codes, total
from asicae.foundation.chunks import for_each_chunk
from asicae.module.calq import checked_calq
from asicae.network.encoder import Encoder
from asicae.network.golden import GoldenEncoder

Hidden = npt.NDArray[np.bool_]

_SPEED_EVENTS = 200_000


@dataclass(frozen=True)
class ChipOutput:
    """What leaves the chip.

    Attributes:
        latents: uint16[events, n], bit patterns of the latents after the keep mask.
        sums: uint16[events], 5E4M codes of the module sum, 0..511.
    """

    latents: npt.NDArray[np.uint16]
    sums: npt.NDArray[np.uint16]

    def part(self, chunk: slice) -> "ChipOutput":
        """The events of a slice."""
        return ChipOutput(self.latents[chunk], self.sums[chunk])


def run(
    encoder: Encoder,
    calq: npt.ArrayLike,
    threads: int | None = None,
    hidden: Hidden | None = None,
) -> ChipOutput:
    """Encode CALQ (events, 48) in AE order, on all cores unless ``threads`` says otherwise.

    Args:
        encoder: network and weights.
        calq: charges.
        threads: all cores unless given.
        hidden: bool[events, 48], cells that the network sees as empty; they count in the sums.

    Raises:
        BadInput: CALQ of another shape or outside 22 bits.
    """
    return run_checked(encoder, checked_calq(calq), threads, hidden)


def run_checked(
    encoder: Encoder,
    charges: npt.NDArray[np.int32],
    threads: int | None = None,
    hidden: Hidden | None = None,
) -> ChipOutput:
    """``run`` of charges that are checked."""
    network, weights = encoder.network, encoder.weights
    golden, kind = GoldenEncoder(encoder), network.latent_type
    latents = np.empty((len(charges), network.latents), dtype=np.uint16)
    sums = np.empty(len(charges), dtype=np.uint16)

    def run_chunk(chunk: slice) -> None:
        totals = total(charges[chunk])
        codes = codes_of(charges[chunk], totals, network.input)
        if hidden is not None:
            codes[hidden[chunk]] = 0
        raw = golden.encode(codes, threads=1)
        latents[chunk] = kind.unsigned_bits(raw).astype(np.uint16) & weights.keep
        sums[chunk] = sum_codes(totals)

    for_each_chunk(len(charges), run_chunk, threads)
    return ChipOutput(latents, sums)


def speed(encoder: Encoder, calq: npt.NDArray[np.int32]) -> float:
    """Inferences per second, CALQ [events, 48] in, on all cores: best of three passes."""
    events = np.resize(calq, (_SPEED_EVENTS, calq.shape[1]))
    best = 0.0
    for _ in range(3):
        begin = time.perf_counter()
        run(encoder, events)
        best = max(best, len(events) / (time.perf_counter() - begin))
    return round(best)
