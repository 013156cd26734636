"""An engine against golden over any number of source events, in bounded memory."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from asicae.chip import golden
from asicae.chip.golden import ChipOutput
from asicae.chip.image import keep_from_bytes, unpack
from asicae.export.case import NamedWeights, prepare_set
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.progress import track
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.directed_events import Calq
from asicae.simulation.engines.engine import Engine, OpenEngine
from asicae.simulation.engines.table import open_engine
from asicae.simulation.regression.mutation import Mutation, mutated
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

CHUNK = 1 << 16
"""Events that are in memory at the same time; chunk i of a comparison has seed ``seed + i``."""
SEED = 1 << 32
"""First seed of the events, far from those that a run trains and tests with."""


@dataclass
class EngineComparison:
    """What was compared; ``seconds`` is the time in the engine, without simulation and golden."""

    engine: str
    seed: int
    words: int = 0
    sums: int = 0
    mismatches: int = 0
    first: str = ""
    seconds: float = field(default=0.0, repr=False)

    @property
    def per_second(self) -> float:
        """Events per second that the engine encoded, on all threads that it used."""
        return self.sums / self.seconds if self.seconds else 0.0

    def counts(self) -> str:
        """What was compared, in words."""
        return f"{self.words} latents and {self.sums} sums compared, {self.mismatches} differ"

    def summary(self) -> str:
        """The result in one line: how much, how fast, and the seed that gives the events again."""
        return f"{self.engine}: {self.counts()}; {self.per_second:,.0f}/s; seed {self.seed}"

    def metrics(self) -> dict[str, float | int | str]:
        """Flat, with the keys of metrics.json."""
        pair = f"exact.golden_vs_{self.engine}"
        return {
            f"{pair}.words": self.words,
            f"{pair}.sums": self.sums,
            f"{pair}.mismatches": self.mismatches,
            f"{pair}.seed": self.seed,
            f"speed.{self.engine}_per_s": round(self.per_second),
        }

    def add(self, name: str, start: int, expected: ChipOutput, found: ChipOutput) -> None:
        """Count what differs in events ``start`` and following of weight set ``name``."""
        wrong, wrong_sums = expected.latents != found.latents, expected.sums != found.sums
        self.words += wrong.size
        self.sums += wrong_sums.size
        self.mismatches += int(np.count_nonzero(wrong)) + int(np.count_nonzero(wrong_sums))
        if self.first or not self.mismatches:
            return
        if wrong.any():
            event, latent = (int(index) for index in np.argwhere(wrong)[0])
            words = found.latents[event, latent], expected.latents[event, latent]
            place = f"event {start + event}, latent {latent}"
        else:
            event = int(np.flatnonzero(wrong_sums)[0])
            words = found.sums[event], expected.sums[event]
            place = f"event {start + event}, sum"
        self.first = f"set {name}, {place}: {self.engine} {words[0]}, golden {words[1]}"


def compare_engine(
    network: Network,
    weight_sets: Sequence[NamedWeights],
    engine: str | Engine,
    events: int,
    *,
    source: SourceSettings | None = None,
    seed: int = SEED,
    rtl_folder: Path | None = None,
    threads: int | None = None,
    mutate: Mutation | None = None,
) -> EngineComparison:
    """Compare every latent and sum of ``events`` source events, shared between the weight sets.

    ``source`` says what is simulated; its seed and number of events are not used. ``mutate``
    plants one error, one bit of one weight in the engine or of one expected word, in the first
    chunk. See ``open_engine`` for ``engine`` and ``rtl_folder``.

    Raises:
        BadInput: fewer than one event or thread, no weight set, or as ``open_engine``, whose other
            errors are raised as well.
        CheckFailed: a difference, at the end of the chunk that has it; names event and latent.
    """
    if events < 1:
        raise BadInput(f"events: found {events}, allowed are 1 and more")
    if not weight_sets:
        raise BadInput("weight sets: found none, at least one is to be loaded")
    done = EngineComparison(engine if isinstance(engine, str) else engine.name, seed)
    settings = source or SourceSettings()
    opened: dict[str, OpenEngine] = {}
    jobs = _chunks(events, len(weight_sets))
    for chunk, (number, start, stop) in enumerate(track(jobs, f"{done.engine} against golden")):
        name, weights = weight_sets[number]
        calq = _events(settings, seed + chunk, stop - start)
        expected = golden.run(Encoder(network, weights), calq, threads)
        if mutate and chunk == 0:
            weights = planted(network, (name, weights), calq, expected, mutate)
        if name not in opened:
            opened = {name: open_engine(Encoder(network, weights), engine, rtl_folder)}
        begin = time.perf_counter()
        found = opened[name].encode(calq, threads)
        done.seconds += time.perf_counter() - begin
        done.add(name, start, expected, found)
        if done.mismatches:
            raise CheckFailed(f"{done.engine} differs from golden: {done.first} ({done.counts()})")
    return done


def _chunks(events: int, sets: int) -> list[tuple[int, int, int]]:
    """(weight set, first event, event behind the last), the sets one after the other."""
    borders = [events * number // sets for number in range(sets + 1)]
    return [
        (number, start, min(start + CHUNK, borders[number + 1]))
        for number in range(sets)
        for start in range(borders[number], borders[number + 1], CHUNK)
    ]


def _events(source: SourceSettings, seed: int, count: int) -> Calq:
    settings = source.model_copy(update={"seed": seed, "events": count})
    return simulate(settings, progress=False).calq


def planted(
    network: Network, named: NamedWeights, calq: Calq, expected: ChipOutput, mutate: Mutation
) -> Weights:
    """The weights to load when one bit of them, or of the expected words, is flipped; of the words
    in place.
    """
    if mutate == "expected":
        expected.latents[0, 0] ^= 1
        return named[1]
    wrong = mutated(network, prepare_set(network, named, calq), "weight", seed=1)
    return unpack(network, wrong.image, keep_from_bytes(network, wrong.keep))
