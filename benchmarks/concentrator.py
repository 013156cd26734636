"""Modules per second into frames: every algorithm beside itself event by event, in one run.

Baseline: plain Python over one event at a time (``tests/frame_reference.py``), whose frames must be
equal. Events: the synthetic source, signal and pileup; Threshold Sum runs at the threshold that
fills its links, with the buffer.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from asicae.concentrator import codec, golden
from asicae.concentrator.frame_files import autoencoder_settings
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import ConcentratorSettings, settings_from
from asicae.concentrator.threshold_fit import lowest_threshold
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.source import SourceSettings, simulate

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import frame_reference as plain

EVENTS, REPEATED, BASELINE_EVENTS = 20_000, 10, 2_000
NETWORK = Network.preset("econ-t")
Encode = Callable[[np.ndarray], Frames]
Plain = Callable[[list[int], int], str]


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


def line(name: str, fast: float, decode: float, base: float) -> None:
    print(f"{name:26}{base:12,.0f}{fast:14,.0f}{decode:14,.0f}   x{fast / base:,.0f}")


def main() -> None:
    few = simulate(SourceSettings(events=EVENTS, seed=3)).calq
    calq, small = np.tile(few, (REPEATED, 1)), few[:BASELINE_EVENTS]
    events = [row.tolist() for row in small]
    print(f"{'modules per second':26}{'plain':>12}{'encode':>14}{'decode':>14}")
    for name, (settings, frame) in classical(few).items():

        def one_by_one(frame: Plain = frame) -> list[str]:
            return [frame(event, index % 32) for index, event in enumerate(events)]

        check(codec.encode(small, settings), one_by_one())
        base = rate(one_by_one, len(events), 1)
        frames = codec.encode(calq, settings)
        fast = rate(partial(codec.encode, calq, settings), len(calq))
        line(name, fast, rate(partial(codec.decode, frames, settings), len(calq)), base)
    for links in (1, 5):
        autoencoder(links, calq, small)


def autoencoder(links: int, calq: np.ndarray, small: np.ndarray) -> None:
    """CALQ through the encoder (golden) into frames; the baseline is one event at a time."""
    weights = Weights.random(NETWORK, 1)
    settings = autoencoder_settings(NETWORK, weights, {"links": links})

    def whole(events: np.ndarray) -> Frames:
        return codec.encode_latents(golden.run(NETWORK, weights, events), settings)

    def one_by_one() -> list[str]:
        texts = []
        for index in range(len(small)):
            encoded = golden.run(NETWORK, weights, small[index : index + 1])
            latents, total = encoded.latents[0].tolist(), int(encoded.sums[0])
            keep = settings.keep_auto_encoder_bits
            texts.append(plain.autoencoder(latents, total, index % 32, links, keep))
        return texts

    check(whole(small), one_by_one())
    base = rate(one_by_one, len(small), 1)
    frames = whole(calq)
    decode = rate(partial(codec.decode, frames, settings), len(calq))
    line(f"autoencoder {links} links", rate(partial(whole, calq), len(calq)), decode, base)


if __name__ == "__main__":
    main()
