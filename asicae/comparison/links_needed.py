"""Links that modules of a class need for a fidelity, code by code; and what a sector would save.

In the detector links follow occupancy, and links are the price of a code: so each class is measured
at its own occupancy, at every number of links, and asked from how many on a code is near enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from asicae.comparison.buffered import Buffered, measure_buffered
from asicae.comparison.choice import Chosen, Result, measure_maps, nearest, send_and_decode
from asicae.comparison.contenders import Contender, candidates
from asicae.comparison.decode_options import DecodeOptions
from asicae.comparison.links_record import (
    BUSY,
    CHIP,
    ENDLESS,
    FIXED,
    TOWERS,
    Buffer,
    ClassCurves,
    Code,
    CodePoint,
    LinksRecord,
    Needed,
)
from asicae.comparison.trained_encoders import (
    TrainedEncoders,
    by_class,
    hybrid_origins,
    origins,
)
from asicae.comparison.trained_hybrids import TrainedHybrid
from asicae.concentrator import codec
from asicae.concentrator.algorithms.classical import ClassicalAlgorithm
from asicae.concentrator.algorithms.table import ALGORITHMS, algorithm_of
from asicae.concentrator.settings import MOST_LINKS, ConcentratorSettings
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.metrics.crossing import crossing
from asicae.metrics.images import Floats
from asicae.metrics.towers import tower_energy, towers_of
from asicae.module.link_map import link_map
from asicae.readout.readouts import Readouts
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from asicae.source.together import CROSSINGS, region_for

REFERENCE: Final = "threshold_sum"
"""Whose fidelity at the links of a class is asked for."""
FIXED_FIDELITIES: Final = (0.3, 0.1)
"""Mean EMD, half trigger-cell pitches."""
TOWER_FIDELITY: Final = 0.02
"""Error of the energies of trigger towers."""
CHOICE_EVENTS: Final = 400
"""Of those to fit to: decodings and thresholds before a buffer are chosen on them."""
FEWEST: Final = 100
"""Events with charge that a class needs to be fitted and measured."""


def modules_by_class() -> dict[int, int]:
    """Full modules of a sector by their links in the public map."""
    every = link_map()
    links, modules = np.unique(every.links[every.full], return_counts=True)
    return dict(zip(links.tolist(), modules.tolist(), strict=True))


def links_needed(
    classes: Sequence[int],
    events: int,
    fit_events: int,
    seed: int,
    encoders: Sequence[TrainedEncoders] = (),
) -> LinksRecord:
    """Measure each class and find the links that codes need.

    Args:
        classes: by the links that their modules have in the public map.
        events: crossings to measure in each.
        fit_events: others, to fit settings to.
        seed: of the events.
        encoders: that are one more code, at the numbers of links that they were trained for: those
            trained on modules of a class, for the others those trained on all. So is Hybrid Choice
            where they have it.

    Raises:
        BadInput: too few events with charge in a class; encoders as ``by_class`` refuses them.
    """
    chosen = sorted(set(classes))
    used = by_class(encoders, chosen, seed)
    shown = track(chosen, "classes of modules")
    curves = tuple(_curves(links, events, fit_events, seed, used.get(links)) for links in shown)
    return LinksRecord(
        encoders=origins(used),
        hybrids=hybrid_origins(used),
        seed=seed,
        events=events,
        fit_events=fit_events,
        classes=curves,
        needed=needed_of(curves),
    )


def needed_of(classes: Sequence[ClassCurves]) -> tuple[Needed, ...]:
    """Links needed for each fidelity, from what was measured."""
    codes = list(dict.fromkeys(point.code for each in classes for point in each.points))
    wanted = [fidelities(each) for each in classes]
    with_towers = all(p.tower_error is not None for each in classes for p in each.points)
    found = []
    for name, one in wanted[0].items():
        for code in codes:
            if one.reached_by == code or (one.of_towers and not with_towers):
                continue
            pairs = zip(classes, wanted, strict=True)
            many = [_enough(each.of(code), asked[name]) for each, asked in pairs]
            # With its links a class has the fidelity of Threshold Sum without any other code.
            has = one.reached_by is not None
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


@dataclass(frozen=True)
class Fidelity:
    """What is near enough.

    Attributes:
        value: of the figure, at most.
        of_towers: whether that is the error of tower energies, and not the mean distance.
        reached_by: code that has it with the links of the class; None: a fixed value.
    """

    value: float
    of_towers: bool = False
    reached_by: Code | None = None

    def is_met(self, point: CodePoint) -> bool:
        """Whether a code is as near."""
        found = point.tower_error if self.of_towers else point.emd
        return found is not None and found <= self.value


def fidelities(curves: ClassCurves) -> dict[str, Fidelity]:
    """What is near enough, by the name of the fidelity: distances, and then towers."""
    distances, towers = {}, {}
    for buffer in (ENDLESS, CHIP):
        code = Code(algorithm=REFERENCE, buffer=buffer)
        own = next(point for point in curves.of(code) if point.links == curves.links)
        distances[f"{REFERENCE}_{buffer}"] = Fidelity(own.emd, reached_by=code)
        error = float("nan") if own.tower_error is None else own.tower_error
        towers[f"{TOWERS}{REFERENCE}_{buffer}"] = Fidelity(error, True, code)
    distances |= {f"emd_{value:g}": Fidelity(value) for value in FIXED_FIDELITIES}
    towers[f"{TOWERS}{TOWER_FIDELITY:g}"] = Fidelity(TOWER_FIDELITY, True)
    return distances | towers


def _enough(points: Iterable[CodePoint], fidelity: Fidelity) -> int | None:
    """The fewest links at which a code is as near."""
    return min((point.links for point in points if fidelity.is_met(point)), default=None)


def _curves(
    links: int, events: int, fit_events: int, seed: int, encoders: TrainedEncoders | None
) -> ClassCurves:
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
    measured = _Measured(DecodeOptions(fit), fit, test, _whole(links, events, seed))
    points = measured.points([Contender(REFERENCE, links)])
    asked_for = list(fidelities(_class(links, test, measured.whole, points)).values())
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
        waiting = [name for name in waiting if not _satisfied(so_far, name, asked_for)]
    if encoders:
        points += measured.trained(encoders)
        points += [measured.hybrid(each) for each in encoders.hybrids.values()]
    return _class(links, test, measured.whole, points)


def _whole(links: int, events: int, seed: int) -> Readouts:
    """Whole crossings of the modules of a class, as many modules as ``events`` and more.

    Module after module, each with its crossings in a row, as its buffer meets them.
    """
    settings = SourceSettings(together=True, links=links, seed=seed)
    wanted = max(-(-events // len(region_for(settings).modules)), CROSSINGS)
    found = simulate(settings.model_copy(update={"events": wanted}), progress=False)
    order = np.lexsort((found.event, found.wafer_v, found.wafer_u, found.layer))
    return found.select(order)


def few_to_choose_on(events: Readouts) -> Readouts:
    """The first ``CHOICE_EVENTS`` with charge."""
    return events.select(np.flatnonzero(events.calq.any(axis=1))[:CHOICE_EVENTS])


def _satisfied(points: Sequence[CodePoint], algorithm: str, asked_for: Sequence[Fidelity]) -> bool:
    """Whether each code of an algorithm is as near as anything asked for."""
    codes: dict[Code, list[CodePoint]] = {}
    for point in points:
        if point.code.algorithm == algorithm:
            codes.setdefault(point.code, []).append(point)
    return bool(codes) and all(
        _enough(mine, each) is not None for mine in codes.values() for each in asked_for
    )


def _class(links: int, test: Readouts, whole: Readouts, points: Sequence[CodePoint]) -> ClassCurves:
    return ClassCurves(
        links=links,
        modules=modules_by_class()[links],
        events=len(test),
        excluded=len(test) - int(test.calq.any(axis=1).sum()),
        whole=len(np.unique(whole.event)),
        points=tuple(points),
    )


class _Measured:
    """Measures contenders on the events of a class, and towers on whole crossings of it."""

    def __init__(
        self, options: DecodeOptions, fit: Readouts, test: Readouts, whole: Readouts
    ) -> None:
        self._options, self._fit, self._test, self.whole = options, fit, test, whole
        self._towers = towers_of(crossing(whole))
        self._true_energy = self._towers.energies(whole.calq)
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
        choices = {each: self._chosen(each) for each in contenders}
        found = send_and_decode(choices, self._options, self._test)
        measured = measure_maps(found, self._test, self._options.mean_image)
        behind = measure_buffered(choices, self._options, self._fit, self._test, CHOICE_EVENTS)
        return [
            point
            for contender, result in measured.items()
            for point in self._of(contender, choices[contender], result, behind.get(contender))
        ]

    def trained(self, encoders: TrainedEncoders) -> list[CodePoint]:
        """The autoencoder at its numbers of links, with its own decoder."""
        found = {each: encoders.sent_and_decoded(each, self._test) for each in encoders.contenders}
        points = []
        for each, result in measure_maps(found, self._test, self._options.mean_image).items():
            _, whole = encoders.sent_and_decoded(each, self.whole)
            error = self._error_of(whole)
            points.append(_point(each, FIXED, encoders.chosen(each), result, 0.0, error))
        return points

    def hybrid(self, hybrid: TrainedHybrid) -> CodePoint:
        """Hybrid Choice with its own decoder, quiet frames as Adaptive Choice is chosen to be."""
        mine, quiet = hybrid.contender, self._chosen(hybrid.quiet)
        chosen = hybrid.chosen(quiet, self._options, self._few())
        sent = hybrid.sent_and_decoded(chosen, self._options, self._test)
        result = measure_maps({mine: sent}, self._test, self._options.mean_image)[mine]
        _, whole = hybrid.sent_and_decoded(chosen, self._options, self.whole)
        return _point(mine, FIXED, chosen, result, 0.0, self._error_of(whole))

    def _chosen(self, contender: Contender) -> Chosen:
        return nearest(self._candidates(contender), self._options, self._few())

    def _few(self) -> Readouts:
        return few_to_choose_on(self._fit)

    def _candidates(self, contender: Contender) -> list[ConcentratorSettings]:
        if contender not in self._fitted:
            self._fitted[contender] = candidates(contender, self._fit.calq)
        return self._fitted[contender]

    def _of(
        self, contender: Contender, chosen: Chosen, result: Result, behind: Buffered | None
    ) -> list[CodePoint]:
        """A contender with the frames that it was chosen with, and behind the chip's buffer."""
        buffer: Buffer = ENDLESS if algorithm_of(chosen.settings).variable_rate else FIXED
        ways: list[tuple[Buffer, Result, float, ConcentratorSettings]] = [
            (buffer, result, 0.0, chosen.settings)
        ]
        if behind is not None:
            (settings,) = behind.settings.values()  # of one class
            ways.append((CHIP, behind.result, behind.charge_lost, settings))
        return [
            _point(
                *(contender, buffer, Chosen(settings, chosen.decode), found, lost),
                self._tower_error(settings, chosen.decode),
            )
            for buffer, found, lost, settings in ways
        ]

    def _tower_error(self, settings: ConcentratorSettings, decode: str) -> float:
        known = codec.through(self.whole.calq, settings)
        return self._error_of(self._options.of(settings)[decode](known, self.whole))

    def _error_of(self, decoded: Floats) -> float:
        """Error of the towers of whole crossings decoded to charges [n, 48]."""
        return tower_energy(self._true_energy, self._towers.energies(decoded)).error


def _point(
    contender: Contender,
    buffer: Buffer,
    chosen: Chosen,
    found: Result,
    lost: float,
    tower_error: float,
) -> CodePoint:
    return CodePoint(
        code=Code(algorithm=contender.algorithm, buffer=buffer),
        links=contender.links,
        emd=found.distances.mean,
        emd_error=found.distances.error,
        charge_lost=lost,
        tower_error=tower_error,
        decode=chosen.decode,
        settings=algorithm_of(chosen.settings).chosen_values(chosen.settings),
    )
