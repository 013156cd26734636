"""Codes on whole crossings: energies of trigger towers, positions, electrons against pions.

Electrons and charged pions at pileup 200 pass a sector. Each module is sent with the links that its
class has in the public map, or with one number for all; settings and decodings of a class are
chosen on other events of it. Showers are looked for around the signal, towers are those of some
whole crossings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from asicae.comparison.choice import Chosen, nearest
from asicae.comparison.contenders import Contender, candidates
from asicae.comparison.crossings_record import (
    CrossingPoint,
    CrossingsRecord,
    SeparationFigures,
    ShowerFigures,
    TowerFigures,
)
from asicae.comparison.decode_options import DecodeOptions
from asicae.comparison.links_needed import few_to_choose_on
from asicae.comparison.links_record import ENDLESS, FIXED, Code
from asicae.comparison.trained_encoders import (
    TrainedEncoders,
    by_class,
    hybrid_origins,
    most_below,
    origins,
)
from asicae.concentrator import codec
from asicae.concentrator.algorithms.classical import ClassicalAlgorithm
from asicae.concentrator.algorithms.table import ALGORITHMS, AUTOENCODER, HYBRID_CHOICE
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.metrics.cluster import Clusters, around_signals, clusters
from asicae.metrics.crossing import Crossing, crossing
from asicae.metrics.images import Floats
from asicae.metrics.separation import separation
from asicae.metrics.towers import Towers, tower_energy, towers_of
from asicae.module import detector
from asicae.readout.module_class import module_links
from asicae.readout.readouts import Readouts, concatenate
from asicae.source.settings import SourceSettings, settings_from
from asicae.source.simulate import simulate

KINDS: Final = ("electrons", "pions")
NEAR_MM: Final = 10.0
"""A shower is found where one is so near, at the first layer: less than half a trigger cell."""
FEWEST_LINKS: Final = 2
"""Links of modules that the map does not tell of."""
_QUANTILE: Final = 0.68
_PILEUP: Final = 200

Integers = npt.NDArray[np.int64]
Complex = npt.NDArray[np.complex128]
Classical = ClassicalAlgorithm[Any, Any]
Way = Callable[[Readouts], tuple[int, Floats]]
"""From modules to the links used and their charges float64[n, 48] after a code."""


@dataclass(frozen=True)
class Asked:
    """What to measure.

    Attributes:
        events: crossings with a signal, of each kind.
        whole: of these, crossings whose towers are measured.
        fit_events: crossings of each class, to which settings are fitted.
        pt_gev: smallest and largest transverse momentum of the signals.
        links: of every module; None: those of its class.
        seed: of the events.
        layers: only these; None: all that send trigger data.
    """

    events: int
    whole: int
    fit_events: int
    pt_gev: tuple[float, float]
    links: int | None
    seed: int
    layers: tuple[int, ...] | None = None


def measure_crossings(asked: Asked, encoders: Sequence[TrainedEncoders] = ()) -> CrossingsRecord:
    """Simulate, send and measure; encoders are one more code, and so is Hybrid Choice where those
    for modules of every class have it.

    Raises:
        BadInput: momenta that do not fit, too few events with a shower; encoders as ``by_class``
            refuses them.
    """
    sample = _Sample.simulated(asked)
    used = by_class(encoders, np.unique(sample.classes).tolist(), asked.seed)
    options = {each: _Fitted(each, asked) for each in np.unique(sample.classes).tolist()}
    every = [a for a in ALGORITHMS.values() if isinstance(a, ClassicalAlgorithm)]
    codes: dict[Code, dict[int, Way]] = {}
    for algorithm in every:
        buffer = ENDLESS if algorithm.variable_rate else FIXED
        ways: dict[int, Way] = {n: partial(o.through, algorithm) for n, o in options.items()}
        codes[Code(algorithm=algorithm.name, buffer=buffer)] = ways
    if used:
        ways = {n: partial(_decoded, used[n], asked.links or n) for n in options}
        codes[Code(algorithm=AUTOENCODER.name, buffer=FIXED)] = ways
    hybrids = used if all(each.hybrids for each in used.values()) else {}
    if hybrids:
        ways = {n: partial(o.through_hybrid, hybrids[n]) for n, o in options.items()}
        codes[Code(algorithm=HYBRID_CHOICE.name, buffer=FIXED)] = ways
    shown = track(list(codes.items()), "sending crossings")
    points = [sample.sent(code, ways) for code, ways in shown]
    return CrossingsRecord(
        encoders=origins(used),
        hybrids=hybrid_origins(hybrids),
        seed=asked.seed,
        events=asked.events,
        whole=asked.whole,
        pt_gev=asked.pt_gev,
        links=asked.links,
        layers=asked.layers,
        undecoded=sample.undecoded(),
        points=tuple(points),
    )


def _decoded(encoders: TrainedEncoders, links: int, readouts: Readouts) -> tuple[int, Floats]:
    """Links used, and charges float64[n, 48] that the decoder makes of the frames."""
    contender = encoders.at_most(links)
    return contender.links, encoders.sent_and_decoded(contender, readouts)[1]


class _Fitted:
    """Algorithms at the links of one class, with settings and decodings chosen on its events."""

    def __init__(self, links: int, asked: Asked) -> None:
        """Take the links of the class."""
        self._links = links if asked.links is None else asked.links
        settings = SourceSettings(events=asked.fit_events, seed=asked.seed, links=links)
        self._events = simulate(settings, progress=False)
        self._options = DecodeOptions(self._events)

    def through(self, algorithm: Classical, readouts: Readouts) -> tuple[int, Floats]:
        """Links used, and charges float64[n, 48] decoded from what they carried."""
        chosen = self._chosen(algorithm)
        known = codec.through(readouts.calq, chosen.settings)
        decode = self._options.of(chosen.settings)[chosen.decode]
        return chosen.settings.links, decode(known, readouts)

    def through_hybrid(self, encoders: TrainedEncoders, readouts: Readouts) -> tuple[int, Floats]:
        """Likewise through Hybrid Choice at the most links that it was trained for and the class
        has.
        """
        hybrid = encoders.hybrids[most_below(encoders.hybrids, self._links)]
        chosen = hybrid.chosen(self._nearest(hybrid.quiet), self._options, self._few())
        _, decoded = hybrid.sent_and_decoded(chosen, self._options, readouts)
        return hybrid.links, decoded

    def _chosen(self, algorithm: Classical) -> Chosen:
        """At the links of the class, or at the most below that the algorithm has."""
        links = algorithm.link_counts({})[-1] if algorithm.is_reference else self._links
        return self._nearest(Contender(algorithm.name, links))

    def _nearest(self, contender: Contender) -> Chosen:
        return nearest(candidates(contender, self._events.calq), self._options, self._few())

    def _few(self) -> Readouts:
        return few_to_choose_on(self._events)


@dataclass(frozen=True, eq=False)
class _Showers:
    """One kind of signal: the modules around it in its crossings.

    Attributes:
        rows: of these modules in the sample.
        crossing: likewise.
        near: where the signals went, complex[e].
        true: their showers before any code.
    """

    rows: slice
    crossing: Crossing
    near: Complex
    true: Clusters

    def decoded(self, charges: Floats) -> Clusters:
        """The showers in decoded charges [n, 48] of the sample."""
        return clusters(self.crossing, charges[self.rows], self.near)


class _Sample:
    """All modules that are sent, and what is measured on them."""

    def __init__(self, whole: Readouts, around: Mapping[str, tuple[Readouts, Complex]]) -> None:
        """Take whole crossings for towers, and modules around signals by kind."""
        self.readouts = concatenate([whole, *(part for part, _ in around.values())])
        links = module_links(self.readouts)
        self.classes: Integers = np.where(links == 0, FEWEST_LINKS, links)
        self._towers: Towers = towers_of(crossing(whole))
        self._energies = self._towers.energies(whole.calq)
        self._showers: dict[str, _Showers] = {}
        first = len(whole)
        for kind, (part, near) in around.items():
            made = crossing(part)
            rows = slice(first, first + len(part))
            self._showers[kind] = _Showers(rows, made, near, clusters(made, part.calq, near))
            first = rows.stop

    @classmethod
    def simulated(cls, asked: Asked) -> Self:
        """The sample of a seed."""
        whole, around = [], {}
        for index, kind in enumerate(KINDS):
            drawn = simulate(_signals(kind, asked, asked.seed + index))
            few = drawn.select(drawn.event < asked.whole)
            # Crossings of one kind follow those of the others.
            whole.append(replace(few, event=few.event + index * asked.whole))
            around[kind] = around_signals(drawn)
        return cls(concatenate(whole), around)

    def sent(self, code: Code, ways: Mapping[int, Way]) -> CrossingPoint:
        """Figures of a code that has its way with modules of each class."""
        decoded = np.zeros(self.readouts.calq.shape)
        links = 0
        for each, way in ways.items():
            rows = np.flatnonzero(self.classes == each)
            used, decoded[rows] = way(self.readouts.select(rows))
            links += used * len(rows)
        return self._point(code, links / len(decoded), decoded)

    def _point(self, code: Code, mean_links: float, decoded: Floats) -> CrossingPoint:
        """Figures of a code by the charges decoded of it."""
        energies = self._towers.energies(decoded[: len(self._towers.index)])
        found = tower_energy(self._energies, energies)
        showers = {kind: each.decoded(decoded) for kind, each in self._showers.items()}
        return CrossingPoint(
            code=code,
            mean_links=mean_links,
            towers=TowerFigures(**asdict(found)),
            showers=tuple(
                shower_figures(kind, self._showers[kind].true, each)
                for kind, each in showers.items()
            ),
            separation=separation_figures(showers),
        )

    def undecoded(self) -> SeparationFigures:
        """How well kinds are told apart before any code."""
        return separation_figures({kind: each.true for kind, each in self._showers.items()})


def shower_figures(kind: str, true: Clusters, decoded: Clusters) -> ShowerFigures:
    """Decoded showers beside the true ones of the same events; those without energy have none.

    Raises:
        BadInput: no true shower.
    """
    kept = true.energy > 0
    if not kept.any():
        raise BadInput(f"showers: none of {len(kept)} {kind} left one, one or more are needed")
    apart = np.abs(decoded.direction - true.direction)[kept] * 10 * detector.layers().z_cm[0]
    ratio = decoded.energy[kept] / true.energy[kept]
    return ShowerFigures(
        kind=kind,
        events=int(kept.sum()),
        found=float((apart < NEAR_MM).mean()),
        nearer_mm=float(np.quantile(apart, _QUANTILE)),
        response=float(ratio.mean()),
        resolution=float(ratio.std()),
    )


def separation_figures(showers: Mapping[str, Clusters]) -> SeparationFigures:
    """The kinds told apart by the shapes of their showers, as far as they have energy.

    Raises:
        BadInput: too few showers.
    """
    electrons, pions = (showers[kind].shape[showers[kind].energy > 0] for kind in KINDS)
    found = separation(electrons, pions)
    return SeparationFigures(area=found.area, error=found.error, pions=found.others)


def _signals(kind: str, asked: Asked, seed: int) -> SourceSettings:
    shares = {"electrons": 0.0, "photons": 0.0, "pions": 0.0} | {kind: 1.0}
    low, high = asked.pt_gev
    return settings_from(
        {
            **{"together": True, "events": asked.events, "seed": seed, "pileup": (_PILEUP,)},
            **{"pt_min_gev": low, "pt_max_gev": high, "layers": asked.layers, **shares},
        }
    )
