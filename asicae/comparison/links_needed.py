"""Links that modules of a class need for a fidelity, code by code; and what a sector would save.

In the detector links follow occupancy, and links are the price of a code: so each class is measured
at its own occupancy, at every number of links, and asked from how many on a code is near enough.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from asicae.comparison.buffered import Buffered, measure_buffered
from asicae.comparison.choice import Chosen, Result, choose, measure_maps, send_and_decode
from asicae.comparison.contenders import Contender, candidates
from asicae.comparison.decode_options import DecodeOptions
from asicae.comparison.links_record import (
    BUSY,
    CHIP,
    ENDLESS,
    FIXED,
    Buffer,
    ClassCurves,
    Code,
    CodePoint,
    LinksRecord,
    Needed,
)
from asicae.comparison.record import Value
from asicae.concentrator.algorithms.classical import ClassicalAlgorithm
from asicae.concentrator.algorithms.table import ALGORITHMS, algorithm_of
from asicae.concentrator.settings import MOST_LINKS, ConcentratorSettings
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.module.link_map import link_map
from asicae.readout.readouts import Readouts
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

REFERENCE: Final = "threshold_sum"
"""Whose fidelity at the links of a class is asked for."""
FIXED_FIDELITIES: Final = (0.3, 0.1)
"""Mean EMD, half trigger-cell pitches."""
CHOICE_EVENTS: Final = 400
"""Of those to fit to: decodings and thresholds before a buffer are chosen on them."""
FEWEST: Final = 100
"""Events with charge that a class needs to be fitted and measured."""


def modules_by_class() -> dict[int, int]:
    """Full modules of a sector by their links in the public map."""
    every = link_map()
    links, modules = np.unique(every.links[every.full], return_counts=True)
    return dict(zip(links.tolist(), modules.tolist(), strict=True))


def links_needed(classes: Sequence[int], events: int, fit_events: int, seed: int) -> LinksRecord:
    """Measure each class and find the links that codes need.

    Args:
        classes: by the links that their modules have in the public map.
        events: crossings to measure in each.
        fit_events: others, to fit settings to.
        seed: of the events.

    Raises:
        BadInput: too few events with charge in a class.
    """
    shown = track(sorted(set(classes)), "classes of modules")
    curves = tuple(_curves(links, events, fit_events, seed) for links in shown)
    return LinksRecord(
        seed=seed, events=events, fit_events=fit_events, classes=curves, needed=needed_of(curves)
    )


def needed_of(classes: Sequence[ClassCurves]) -> tuple[Needed, ...]:
    """Links needed for each fidelity, from what was measured."""
    codes = list(dict.fromkeys(point.code for each in classes for point in each.points))
    names = [f"{REFERENCE}_{ENDLESS}", f"{REFERENCE}_{CHIP}"]
    names += [f"emd_{value:g}" for value in FIXED_FIDELITIES]
    found = []
    for name in names:
        for code in codes:
            if name == f"{code.algorithm}_{code.buffer}":
                continue  # itself
            many = [_enough(each.of(code), fidelities(each)[name]) for each in classes]
            # With its links a class has the fidelity of Threshold Sum without any other code.
            has = name.startswith(REFERENCE)
            totals = [
                each.modules * (each.links if n is None or (has and n > each.links) else n)
                for each, n in zip(classes, many, strict=True)
            ]
            busy = [n for each, n in zip(classes, totals, strict=True) if each.links >= BUSY]
            found.append(
                Needed(
                    fidelity=name,
                    code=code,
                    by_class=dict(zip((str(each.links) for each in classes), many, strict=True)),
                    sector_links=sum(totals),
                    busy_links=sum(busy),
                )
            )
    return tuple(found)


def fidelities(curves: ClassCurves) -> dict[str, float]:
    """Mean distance that is near enough, by the name of the fidelity."""
    found = {}
    for buffer in (ENDLESS, CHIP):
        points = curves.of(Code(algorithm=REFERENCE, buffer=buffer))
        own = next(point for point in points if point.links == curves.links)
        found[f"{REFERENCE}_{buffer}"] = own.emd
    return found | {f"emd_{value:g}": value for value in FIXED_FIDELITIES}


def _enough(points: Iterable[CodePoint], fidelity: float) -> int | None:
    """The fewest links at which a code is as near."""
    return min((point.links for point in points if point.emd <= fidelity), default=None)


def _curves(links: int, events: int, fit_events: int, seed: int) -> ClassCurves:
    """One class: rounds of one link more, until every code is near enough for everything."""
    drawn = simulate(
        SourceSettings(events=fit_events + events, seed=seed, links=links), progress=False
    )
    fit, test = drawn.select(slice(0, fit_events)), drawn.select(slice(fit_events, None))
    for part, what in ((fit, "to fit to"), (test, "to measure")):
        charged = int(part.calq.any(axis=1).sum())
        if charged < FEWEST:
            raise BadInput(
                f"class {links}: {charged} events with charge {what} of {len(part)}, {FEWEST} are"
                " needed"
            )
    measured = _Measured(DecodeOptions(fit), fit, test)
    points = measured.points([Contender(REFERENCE, links)])
    nearest = min(fidelities(_class(links, test, points)).values())
    waiting = [
        a.name
        for a in ALGORITHMS.values()
        if isinstance(a, ClassicalAlgorithm) and not a.is_reference
    ]
    for count in range(1, MOST_LINKS + 1):
        known = {point.code.algorithm for point in points if point.links == count}
        asked = [Contender(name, count) for name in waiting if name not in known]
        points += measured.points([each for each in asked if measured.is_new(each)])
        so_far = [point for point in points if point.links <= count]  # not the links of the class
        waiting = [name for name in waiting if not _satisfied(so_far, name, nearest)]
    return _class(links, test, points)


def _satisfied(points: Sequence[CodePoint], algorithm: str, nearest: float) -> bool:
    """Whether each code of an algorithm is as near as anything asked for."""
    least: dict[str, float] = {}
    for point in points:
        if point.code.algorithm == algorithm:
            buffer = point.code.buffer
            least[buffer] = min(point.emd, least.get(buffer, point.emd))
    return bool(least) and max(least.values()) <= nearest


def _class(links: int, test: Readouts, points: Sequence[CodePoint]) -> ClassCurves:
    return ClassCurves(
        links=links,
        modules=modules_by_class()[links],
        events=len(test),
        excluded=len(test) - int(test.calq.any(axis=1).sum()),
        points=tuple(points),
    )


class _Measured:
    """Measures contenders on the events of a class."""

    def __init__(self, options: DecodeOptions, fit: Readouts, test: Readouts) -> None:
        self._options, self._fit, self._test = options, fit, test
        self._fitted: dict[Contender, list[ConcentratorSettings]] = {}

    def is_new(self, contender: Contender) -> bool:
        """Whether this number of links gives an algorithm more room than one less does."""
        many = self._candidates(contender)
        fewer = Contender(contender.algorithm, contender.links - 1)
        return bool(many) and (fewer.links == 0 or many != self._candidates(fewer))

    def points(self, contenders: Sequence[Contender]) -> list[CodePoint]:
        """Each contender, and those of variable rate behind the chip's buffer too."""
        if not contenders:
            return []
        tasks = {each: self._candidates(each) for each in contenders}
        few = self._fit.select(np.flatnonzero(self._fit.calq.any(axis=1))[:CHOICE_EVENTS])
        choices = choose(tasks, self._options, few)
        found = send_and_decode(choices, self._options, self._test)
        measured = measure_maps(found, self._test, self._options.mean_image)
        behind = measure_buffered(choices, self._options, self._fit, self._test, CHOICE_EVENTS)
        return [
            point
            for contender, result in measured.items()
            for point in _points(contender, choices[contender], result, behind)
        ]

    def _candidates(self, contender: Contender) -> list[ConcentratorSettings]:
        if contender not in self._fitted:
            self._fitted[contender] = candidates(contender, self._fit.calq)
        return self._fitted[contender]


def _points(
    contender: Contender, chosen: Chosen, result: Result, behind: Mapping[Contender, Buffered]
) -> list[CodePoint]:
    algorithm = algorithm_of(chosen.settings)
    variable = algorithm.variable_rate

    def point(buffer: Buffer, result: Result, lost: float, settings: dict[str, Value]) -> CodePoint:
        return CodePoint(
            code=Code(algorithm=contender.algorithm, buffer=buffer),
            links=contender.links,
            emd=result.distances.mean,
            emd_error=result.distances.error,
            charge_lost=lost,
            decode=chosen.decode,
            settings=settings,
        )

    own = algorithm.chosen_values(chosen.settings)
    found = [point(ENDLESS if variable else FIXED, result, 0.0, own)]
    if contender in behind:
        each = behind[contender]
        (settings,) = each.settings.values()  # of one class
        values = algorithm.chosen_values(settings)
        found.append(point(CHIP, each.result, each.charge_lost, values))
    return found
