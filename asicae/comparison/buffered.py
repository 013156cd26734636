"""Algorithms of variable rate as one module sees them: its own threshold, and a buffer that ends.

Rows of a set are independent modules. Behind a buffer they stand for the crossings of one module of
each class: the events of a class in a row, as they come.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.comparison.choice import Chosen, Result, decoded_maps, measure_maps
from asicae.comparison.contenders import Contender
from asicae.comparison.decode_options import DecodeOptions
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import ConcentratorSettings
from asicae.metrics.images import Floats
from asicae.metrics.nearest import nearest_of
from asicae.readout.module_class import module_links
from asicae.readout.readouts import Readouts

FEWEST_TO_FIT: Final = 100
"""A class with fewer validation events shares a threshold with the others of that kind."""
OTHERS: Final = "others"

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Buffered:
    """An algorithm behind its buffer, on test events.

    Attributes:
        result: its figures.
        settings: those chosen of each class, by its links or ``OTHERS``.
        truncated: events whose cells were lost in a full buffer.
        charge_lost: share of all charge that was in these.
    """

    result: Result
    settings: Mapping[str, ConcentratorSettings]
    truncated: int
    charge_lost: float


def measure_buffered(
    choices: Mapping[Contender, Chosen],
    options: DecodeOptions,
    validation: Readouts,
    test: Readouts,
    choice_events: int,
) -> dict[Contender, Buffered]:
    """The contenders among ``choices`` whose frames differ in length, behind their buffers.

    Settings of each class are fitted to its validation events; of those that compete the one with
    the smallest mean distance wins, on those of them that are among the first ``choice_events``.
    Decoded as chosen for an endless buffer.

    Raises:
        BadInput: too few events with charge.
    """
    found: dict[Contender, tuple[Frames, Floats]] = {}
    settings: dict[Contender, dict[str, ConcentratorSettings]] = {}
    lost: dict[Contender, Bools] = {}
    for contender, chosen in choices.items():
        if not ALGORITHMS[contender.algorithm].variable_rate:
            continue
        image, cut = np.zeros(test.calq.shape), np.zeros(len(test), dtype=bool)
        parts: list[tuple[npt.NDArray[np.intp], Frames]] = []
        settings[contender] = {}
        for name, to_fit, rows in _by_class(validation, test):
            few = validation.select(to_fit[to_fit < choice_events])
            best = _best(contender, chosen.decode, options, validation.select(to_fit), few)
            settings[contender][name] = best
            events = test.select(rows)
            frames = codec.encode(events.calq, best)
            known = codec.transmitted(codec.decode(frames, best), best)
            image[rows] = options.of(best)[chosen.decode](known, events)
            cut[rows] = known.truncated
            parts.append((rows, frames))
        found[contender], lost[contender] = (_joined(parts), image), cut
    measured = measure_maps(found, test, options.mean_image) if found else {}
    charge = test.calq.sum(axis=1, dtype=np.int64)
    return {
        contender: Buffered(
            result,
            settings[contender],
            int(lost[contender].sum()),
            float(charge[lost[contender]].sum() / charge.sum()),
        )
        for contender, result in measured.items()
    }


def _by_class(
    validation: Readouts, test: Readouts
) -> Iterator[tuple[str, npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Name of a class, its rows of validation and of test; those with few events are one."""
    to_fit, to_send = module_links(validation), module_links(test)
    fitted = [
        n for n in sorted(set(to_send.tolist()) - {0}) if (to_fit == n).sum() >= FEWEST_TO_FIT
    ]
    for links in fitted:
        yield str(links), np.flatnonzero(to_fit == links), np.flatnonzero(to_send == links)
    others = np.flatnonzero(~np.isin(to_send, fitted))
    if others.size:
        alike = np.flatnonzero(~np.isin(to_fit, fitted))
        # A handful of modules tells no threshold: theirs is that of all.
        enough = alike if len(alike) >= FEWEST_TO_FIT else np.arange(len(validation))
        yield OTHERS, enough, others


def _best(
    contender: Contender,
    decode: str,
    options: DecodeOptions,
    to_fit: Readouts,
    few: Readouts,
) -> ConcentratorSettings:
    """The settings, fitted to events of a class, with the smallest mean distance on a few."""
    algorithm = ALGORITHMS[contender.algorithm]
    many: list[ConcentratorSettings] = algorithm.buffered_candidates(contender.links, to_fit.calq)
    if len(many) == 1 or not few.calq.any():
        return many[0]
    images = [image for _, image in decoded_maps(many, options, few, decode)]
    return many[nearest_of(few.calq, images)]


def _joined(parts: list[tuple[npt.NDArray[np.intp], Frames]]) -> Frames:
    """Frames in the order of their rows."""
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    words = np.concatenate([frames.words for _, frames in parts])
    counts = np.concatenate([frames.counts for _, frames in parts])
    return Frames(words[order], counts[order])
