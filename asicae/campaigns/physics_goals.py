"""How far below others a code is wanted over the seeds of a campaign, and how far it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from asicae.campaigns.physics_row import BUSIEST, DENSE, MIXTURE, WHOLE, Row
from asicae.comparison.verdict import Key
from asicae.concentrator.algorithms.table import HYBRID_CHOICE

ADAPTIVE: Final = "adaptive_choice"
CHIPS_OWN: Final = ("best_choice", "super_trigger_cell")
"""The chip's codes of fixed rate that need no network."""


@dataclass(frozen=True)
class Goals:
    """How far below the best of other codes one is wanted.

    Attributes:
        algorithm: which.
        others: of fixed rate.
        others_in_words: the best of them, for people.
        modules: on which it is wanted there.
        shares: below, by regime and links.
    """

    algorithm: str
    others: tuple[str, ...]
    others_in_words: str
    modules: tuple[str, ...]
    shares: Mapping[Key, Mapping[int, float]]


OF_ADAPTIVE: Final = Goals(
    ADAPTIVE,
    CHIPS_OWN,
    "best of the chip's",
    (MIXTURE,),
    {
        WHOLE: {1: 0.0, 2: 0.2, 3: 0.4, 4: 0.4, 5: 0.4},
        BUSIEST: {2: 0.12, 3: 0.25, 4: 0.30, 5: 0.45},
    },
)
OF_HYBRID: Final = Goals(
    HYBRID_CHOICE.name,
    (*CHIPS_OWN, ADAPTIVE),
    "best without a network",
    (MIXTURE, DENSE),
    {WHOLE: {1: 0.15, 2: 0.30}, BUSIEST: {2: 0.15}},
)


@dataclass(frozen=True)
class Reached:
    """A code beside the best of others.

    Attributes:
        algorithm: the code.
        modules: which were simulated.
        breakdown: what events are told apart by, or ``all``.
        regime: which part.
        links: 32 bits each per crossing.
        other: the best of the others.
        its: its mean distance.
        mine: that of the code.
        wanted: share that it is wanted below.
    """

    algorithm: str
    modules: str
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


def goals_reached(rows: Iterable[Row], goals: Goals) -> list[Reached]:
    """What is reached of goals, as far as the rows tell."""
    many = [row for row in rows if not row.behind]
    found = []
    for modules in goals.modules:
        for regime, wanted in goals.shares.items():
            for links, share in wanted.items():
                here = {
                    row.algorithm: row.mean
                    for row in many
                    if (row.modules, row.breakdown, row.regime, row.links)
                    == (modules, *regime, links)
                }
                others = [name for name in goals.others if name in here]
                if goals.algorithm in here and others:
                    best = min(others, key=lambda name: here[name])
                    where, mine = (goals.algorithm, modules, *regime, links), here[goals.algorithm]
                    found.append(Reached(*where, best, here[best], mine, share))
    return found


def short_of_goals(rows: Iterable[Row]) -> list[str]:
    """Where Adaptive Choice is not far enough below on all events of the mixture, in words."""
    return [
        f"{each.modules}, {each.links} links: {each.algorithm} has {each.mine:.3f}, wanted is"
        f" {(1 - each.wanted) * each.its:.3f} or less"
        for each in goals_reached(rows, OF_ADAPTIVE)
        if (each.breakdown, each.regime) == WHOLE and not each.is_met
    ]
