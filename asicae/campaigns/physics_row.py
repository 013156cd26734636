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
DENSE: Final = "dense"
"""The class of modules that networks are also trained for, as settings name it."""
PILEUP_ALONE: Final = "pileup 200"
"""The same modules without signal, beside the mixture: no training of their own."""
SETS: Final[Mapping[str, str]] = {OWN: "", PILEUP: PILEUP_ALONE}
"""Sets of events of a comparison to what their modules are called; empty is as the run's."""
BUSIEST: Final = ("occupancy", "20+")


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
