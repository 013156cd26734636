"""What was found of one code in one regime, over the seeds of a campaign."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from asicae.comparison.record import OWN, PILEUP, ComparisonRecord, RegimeDistance
from asicae.foundation.json_record import JsonRecord

WHOLE: Final = ("all", "")
"""Stands for the regime of all events."""
MIXTURE: Final = "mixture"
"""Modules as the source draws them, of all classes: signals over pileup 0, 140 and 200."""
PILEUP_ALONE: Final = "pileup 200"
"""The same modules without signal, beside the mixture: no training of their own."""
SETS: Final[Mapping[str, str]] = {OWN: "", PILEUP: PILEUP_ALONE}
"""Sets of events of a comparison to what their modules are called; empty is as the run's."""
BUSIEST: Final = ("occupancy", "20+")
ADAPTIVE: Final = "adaptive_choice"
CHIPS_OWN: Final = ("best_choice", "super_trigger_cell")
"""The chip's codes of fixed rate that need no network."""
GOALS: Final[Mapping[tuple[str, str], Mapping[int, float]]] = {
    WHOLE: {1: 0.0, 2: 0.2, 3: 0.4, 4: 0.4, 5: 0.4},
    BUSIEST: {2: 0.12, 3: 0.25, 4: 0.30, 5: 0.45},
}
"""How far below the best of these Adaptive Choice is wanted on the mixture, by regime and links."""


class Row(JsonRecord):
    """A code at one number of links in one regime.

    Attributes:
        modules: which were simulated: the mixture, or the name of a class.
        algorithm: of the concentrator.
        behind: with the chip's buffer; a code of variable rate has an endless one else.
        links: 32 bits each per crossing.
        breakdown: what events are told apart by, or ``all``.
        regime: which part.
        events: mean number over the seeds.
        emd: mean distance of each seed, in their order.
        charge_lost: mean share of the charge in truncated frames.
    """

    modules: str
    algorithm: str
    behind: bool
    links: int
    breakdown: str
    regime: str
    events: float
    emd: list[float]
    charge_lost: float

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(self.emd))

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds: events, and trainings of what is trained."""
        return float(np.std(self.emd, ddof=1)) if len(self.emd) > 1 else 0.0

    @property
    def code(self) -> tuple[str, bool]:
        """Algorithm, and whether it is behind the chip's buffer."""
        return self.algorithm, self.behind


@dataclass(frozen=True)
class _Key:
    modules: str
    algorithm: str
    behind: bool
    links: int
    breakdown: str
    regime: str


def rows_of(modules: str, records: Sequence[ComparisonRecord]) -> list[Row]:
    """Rows of comparisons that differ in their seeds; a regime that one of them lacks is left out.

    ``modules`` says which the runs were about; the other sets of ``SETS`` have names of their own.
    """
    found: dict[_Key, list[tuple[int, float, float]]] = {}
    for record in records:
        for key, value in _values(record, modules):
            found.setdefault(key, []).append(value)
    return [
        Row(
            modules=key.modules,
            algorithm=key.algorithm,
            behind=key.behind,
            links=key.links,
            breakdown=key.breakdown,
            regime=key.regime,
            events=float(np.mean([events for events, _, _ in many])),
            emd=[emd for _, emd, _ in many],
            charge_lost=float(np.mean([lost for _, _, lost in many])),
        )
        for key, many in found.items()
        if len(many) == len(records)
    ]


def _values(
    record: ComparisonRecord, modules: str
) -> Iterable[tuple[_Key, tuple[int, float, float]]]:
    about = {each.name: each.events - each.excluded for each in record.sets}
    for point in record.points:
        if point.set not in SETS:
            continue
        of = SETS[point.set] or modules
        codes: list[tuple[bool, float, float, Sequence[RegimeDistance]]] = [
            (False, point.emd, 0.0, point.regimes)
        ]
        if point.buffered:
            behind = point.buffered
            codes.append((True, behind.emd, behind.charge_lost, behind.regimes))
        for is_behind, emd, lost, regimes in codes:
            yield (
                _Key(of, point.algorithm, is_behind, point.links, *WHOLE),
                (about[point.set], emd, lost),
            )
            for each in regimes:
                key = _Key(of, point.algorithm, is_behind, point.links, each.breakdown, each.name)
                yield key, (each.events, each.emd, lost)


@dataclass(frozen=True)
class Reached:
    """Adaptive Choice beside the best of the chip's codes of fixed rate, on the mixture.

    Attributes:
        breakdown: what events are told apart by, or ``all``.
        regime: which part.
        links: 32 bits each per crossing.
        other: the best of the chip's.
        its: its mean distance.
        mine: that of Adaptive Choice.
        wanted: share that it is wanted below.
    """

    breakdown: str
    regime: str
    links: int
    other: str
    its: float
    mine: float
    wanted: float

    @property
    def below(self) -> float:
        """Share that it is below; negative above."""
        return 1 - self.mine / self.its

    @property
    def is_met(self) -> bool:
        """Whether it is as far below as wanted."""
        return self.mine <= (1 - self.wanted) * self.its


def goals_reached(rows: Iterable[Row]) -> list[Reached]:
    """What is reached of ``GOALS``, as far as the rows tell."""
    many = [row for row in rows if row.modules == MIXTURE and not row.behind]
    found = []
    for regime, wanted in GOALS.items():
        for links, share in wanted.items():
            here = {
                row.algorithm: row.mean
                for row in many
                if (row.breakdown, row.regime, row.links) == (*regime, links)
            }
            others = [name for name in CHIPS_OWN if name in here]
            if ADAPTIVE in here and others:
                best = min(others, key=lambda name: here[name])
                found.append(Reached(*regime, links, best, here[best], here[ADAPTIVE], share))
    return found


def short_of_goals(rows: Iterable[Row]) -> list[str]:
    """Where Adaptive Choice is not far enough below on all events of the mixture, in words."""
    return [
        f"{MIXTURE}, {each.links} links: {ADAPTIVE} has {each.mine:.3f}, wanted is"
        f" {(1 - each.wanted) * each.its:.3f} or less"
        for each in goals_reached(rows)
        if (each.breakdown, each.regime) == WHOLE and not each.is_met
    ]
