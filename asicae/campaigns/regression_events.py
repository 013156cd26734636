"""Events of a mass regression: simulated once, and which of them a weight set of a chip encodes."""

import fcntl
import hashlib
from pathlib import Path
from typing import Final

import numpy as np

from asicae.campaigns.regression_chips import RegressionChip
from asicae.foundation.cache import cached
from asicae.foundation.errors import BadInput
from asicae.foundation.import_closure import installed
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.progress import step
from asicae.simulation.engine_comparison import SEED
from asicae.simulation.engines.engine import Charges
from asicae.source import simulate as source
from asicae.source.settings import settings_from

CHUNK: Final = 1 << 13
"""Events that are simulated together: few, since a replay simulates them all again."""
CHUNKS: Final = 128
"""Of them, that all chips share: each begins at another one and goes round."""
WEIGHT_SETS: Final = 8
"""Of a chip, drawn for it alone."""
SEEDS_OF_A_CAMPAIGN: Final = 1000
"""From the events of one seed to those of the next."""


class Piece(JsonRecord):
    """Events that one weight set encodes: ``first`` to ``stop`` of a chunk.

    Attributes:
        weights: seed of the weights.
        chunk: number of the chunk.
        first: event of the chunk, from 0.
        stop: event behind the last.
    """

    weights: int
    chunk: int
    first: int
    stop: int

    @property
    def text(self) -> str:
        """As on the command line."""
        return f"{self.weights}:{self.chunk}:{self.first}:{self.stop}"

    @classmethod
    def parsed(cls, text: str) -> "Piece":
        """The piece of a ``text``.

        Raises:
            BadInput: it is none.
        """
        parts, names = text.split(":"), tuple(cls.model_fields)
        if len(parts) != len(names) or not all(p.isascii() and p.isdecimal() for p in parts):
            raise BadInput(f"--piece: found {text!r:.80}, allowed is {':'.join(names).upper()}")
        found = cls(**dict(zip(names, map(int, parts), strict=True)))
        if not (found.chunk < CHUNKS and found.first < found.stop <= CHUNK):
            raise BadInput(
                f"--piece: found {text:.80}, allowed are chunks under {CHUNKS} and events of 0 to "
                f"{CHUNK}, the first before the last"
            )
        return found


def weight_seeds(chip: RegressionChip, seed: int) -> tuple[int, ...]:
    """Of the weight sets of a chip, drawn from its name and the seed of the campaign."""
    first = int(hashlib.sha256(f"{seed} {chip.name}".encode()).hexdigest()[:6], 16)
    return tuple(range(first, first + WEIGHT_SETS))


def pieces(chip: RegressionChip, seed: int, events: int) -> list[Piece]:
    """So many events, shared between the weight sets of a chip, round and round the chunks."""
    seeds, pool = weight_seeds(chip, seed), CHUNKS * CHUNK
    begin = (seeds[0] % CHUNKS) * CHUNK
    borders = [events * number // len(seeds) for number in range(len(seeds) + 1)]
    found = []
    for number, weights in enumerate(seeds):
        start, stop = borders[number : number + 2]
        while start < stop:
            chunk, first = divmod((begin + start) % pool, CHUNK)
            last = min(CHUNK, first + stop - start)
            found.append(Piece(weights=weights, chunk=chunk, first=first, stop=last))
            start += last - first
    return found


def chunk_of(state: Path, seed: int, chunk: int) -> Charges:
    """CALQ (CHUNK, 48) of a chunk, simulated once for all processes that ask for it."""
    name = "events.npy"
    parts = [seed, chunk, CHUNK, installed().digest(Path(source.__file__))]

    def make(work: Path) -> list[str]:
        step(f"simulating events, part {chunk + 1} of {CHUNKS}")
        number = SEED + SEEDS_OF_A_CAMPAIGN * seed + chunk
        settings = settings_from({"events": CHUNK, "seed": number})
        np.save(work / name, source.simulate(settings, progress=False).calq)
        return [name]

    state.mkdir(parents=True, exist_ok=True)
    with (state / f"events-{chunk}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entry = cached("events", parts, make, state / "events")
    found: Charges = np.load(entry.folder / name, allow_pickle=False)
    return found
