"""Modules per second into frames: every algorithm beside itself event by event, in one run.

    python -m benchmarks.concentrator [--out FILE]

Baseline: plain Python over one event at a time (``tests/judges/frame_reference.py``), whose
frames must be equal. Events: the synthetic source, signal and pileup; Threshold Sum runs at the
threshold that fills its links, with the buffer.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from asicae.campaigns.record import record
from asicae.chip import golden
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import ALGORITHMS, AUTOENCODER, settings_from
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.threshold_fit import lowest_threshold
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.judges import frame_reference as plain
from tests.judges.adaptive_reference import adaptive_choice

EVENTS, REPEATED, BASELINE_EVENTS, SEED = 20_000, 10, 2_000, 3
PACKAGES = ("numpy",)
NETWORK = Network.preset("econ-t")
ADAPTIVE = ALGORITHMS["adaptive_choice"]
Encode = Callable[[np.ndarray], Frames]
Plain = Callable[[list[int], int], str]


@dataclass(frozen=True)
class Row:
    """Modules per second of one configuration."""

    name: str
    plain: int
    encode: int
    decode: int

    def __str__(self) -> str:
        times = f"x{self.encode / self.plain:,.0f}"
        return f"{self.name:32}{self.plain:12,}{self.encode:14,}{self.decode:14,}   {times}"


def rate(function: Callable[[], object], events: int, repeats: int = 5) -> float:
    function()
    best = 0.0
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        best = max(best, events / (time.perf_counter() - begin))
    return best


def classical(calq: np.ndarray) -> dict[str, tuple[ConcentratorSettings, Plain]]:
    """Settings and the plain frame of one event, by the name of the row."""
    rows: dict[str, tuple[ConcentratorSettings, Plain]] = {}
    for links in (1, 2, 5):
        level = lowest_threshold(calq, links)
        values = {"alg_type": "threshold_sum", "links": links, "threshold": level}
        frame = partial(plain.threshold_sum, threshold=[level] * 48)
        rows[f"threshold_sum {links} links"] = settings_from(values), frame
    for links in (1, 2, 5, 13):
        values = {"alg_type": "best_choice", "links": links}
        frame = partial(plain.best_choice, links=links)
        rows[f"best_choice {links} links"] = settings_from(values), frame
    for kind, (numbers, *_) in plain.STC.items():
        links = len(numbers)
        values = {"alg_type": "super_trigger_cell", "links": links, "stc_type": kind}
        frame = partial(plain.super_trigger_cell, links=links, kind=kind)
        rows[f"{kind} {links} links"] = settings_from(values), frame
    for links, held in ((1, 0), (2, 0), (5, 0), (10, 0), (2, 1), (5, 1), (10, 1)):
        usual = ADAPTIVE.settings(links=links, held_back=held)
        kind = {"most": usual.most_cells, "compander": usual.compander.value, "held_back": held}
        frame = partial(adaptive_choice, links=links, **kind)
        rows[f"adaptive_choice {links} links{', held' * held}"] = usual, frame
    values = {"alg_type": "repeater", "links": 11}
    rows["repeater 11 links"] = settings_from(values), plain.repeater
    return rows


def text(frames: Frames, row: int) -> str:
    return "".join(f"{word:016b}" for word in frames.words[row, : frames.counts[row]])


def check(frames: Frames, texts: list[str]) -> None:
    """Equal bit for bit; a frame that the buffer truncated is known by its type."""
    for row, expected in enumerate(texts):
        found = text(frames, row)
        assert found == expected or (len(found) == 16 and found[5:8] == "110"), row


def rows(few: np.ndarray) -> Iterator[Row]:
    """Every configuration; frames are compared with those of the baseline before they are timed."""
    calq, small = np.tile(few, (REPEATED, 1)), few[:BASELINE_EVENTS]
    events = [row.tolist() for row in small]
    for name, (settings, frame) in classical(few).items():

        def one_by_one(frame: Plain = frame) -> list[str]:
            return [frame(event, index % 32) for index, event in enumerate(events)]

        check(codec.encode(small, settings), one_by_one())
        yield measured(name, partial(codec.encode, settings=settings), settings, one_by_one, calq)
    for links in (1, 5):
        yield autoencoder(links, calq, small)


def measured(
    name: str,
    encode: Encode,
    settings: ConcentratorSettings,
    one_by_one: Callable[[], list[str]],
    calq: np.ndarray,
) -> Row:
    frames = encode(calq)
    plain_rate = rate(one_by_one, BASELINE_EVENTS, 1)
    fast = rate(partial(encode, calq), len(calq))
    decode = rate(partial(codec.decode, frames, settings), len(calq))
    return Row(name, round(plain_rate), round(fast), round(decode))


def autoencoder(links: int, calq: np.ndarray, small: np.ndarray) -> Row:
    """CALQ through the encoder (golden) into frames; the baseline is one event at a time."""
    weights = Weights.random(NETWORK, 1)
    settings = AUTOENCODER.settings(links=links, **AUTOENCODER.values_of(Encoder(NETWORK, weights)))

    def whole(events: np.ndarray) -> Frames:
        return codec.encode_latents(golden.run(Encoder(NETWORK, weights), events), settings)

    def one_by_one() -> list[str]:
        texts = []
        for index in range(len(small)):
            encoded = golden.run(Encoder(NETWORK, weights), small[index : index + 1])
            latents, total = encoded.latents[0].tolist(), int(encoded.sums[0])
            keep = settings.keep_auto_encoder_bits
            texts.append(plain.autoencoder(latents, total, index % 32, links, keep))
        return texts

    check(whole(small), one_by_one())
    return measured(f"autoencoder {links} links", whole, settings, one_by_one, calq)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="JSON of the figures")
    chosen = parser.parse_args()
    few = simulate(SourceSettings(events=EVENTS, seed=SEED)).calq
    print(f"{'modules per second':32}{'plain':>12}{'encode':>14}{'decode':>14}")
    found = []
    for row in rows(few):
        found.append(row)
        print(row, flush=True)
    if chosen.out is not None:
        asked = {"modules": EVENTS * REPEATED, "baseline": "plain"}
        figures = {"modules_per_s": [asdict(row) for row in found]}
        record(SEED, asked, figures, packages=PACKAGES).save(chosen.out)


if __name__ == "__main__":
    main()
