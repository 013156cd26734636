"""What is compared: the classical algorithms at equal bandwidth, 32 N bits per bunch crossing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.concentrator.settings import (
    REPEATER_LINKS,
    STC_GROUPS,
    Algorithm,
    ConcentratorSettings,
)
from asicae.concentrator.threshold_fit import lowest_threshold


@dataclass(frozen=True, order=True)
class Contender:
    """One algorithm at one number of links."""

    algorithm: Algorithm
    links: int

    @property
    def name(self) -> str:
        """As in the keys of the metrics."""
        return f"{self.algorithm.value}.{self.links}links"


def classical_contenders(links: Iterable[int]) -> list[Contender]:
    """The three lossy algorithms at each number of links, and the repeater as the reference."""
    lossy = (Algorithm.THRESHOLD_SUM, Algorithm.SUPER_TRIGGER_CELL, Algorithm.BEST_CHOICE)
    wanted = sorted(set(links))
    contenders = [Contender(algorithm, n) for algorithm in lossy for n in wanted]
    return [*contenders, Contender(Algorithm.REPEATER, REPEATER_LINKS)]


def candidates(contender: Contender, calq: npt.NDArray[np.int32]) -> list[ConcentratorSettings]:
    """The settings that compete for a contender.

    Threshold Sum has the lowest common threshold whose mean frame on ``calq`` fits the links, and
    an endless buffer, because rows are independent modules and no sequence of one. Threshold Sum
    and Best Choice send the sum of the cells that are not sent: then its code rounds only the part
    that nothing else tells. Super Trigger Cell has every type at this number of links, or at the
    largest that the type is defined at.

    Args:
        contender: of a classical algorithm.
        calq: int32[n, 48], events on which the threshold is fitted.

    Raises:
        BadInput: no events.
    """
    common: dict[str, Any] = {"alg_type": contender.algorithm, "links": contender.links}
    match contender.algorithm:
        case Algorithm.THRESHOLD_SUM:
            common |= {"threshold": lowest_threshold(calq, contender.links), "endless_buffer": True}
            return [ConcentratorSettings(**common, use_sum=False)]
        case Algorithm.SUPER_TRIGGER_CELL:
            return [
                ConcentratorSettings(
                    **common | {"stc_type": kind, "links": min(contender.links, most)}
                )
                for kind, most in ((kind, len(groups)) for kind, groups in STC_GROUPS.items())
            ]
        case Algorithm.BEST_CHOICE:
            return [ConcentratorSettings(**common, use_sum=False)]
        case _:
            return [ConcentratorSettings(**common)]


def chosen_values(settings: ConcentratorSettings) -> dict[str, int | str]:
    """The settings that were fitted or chosen, by their names."""
    match settings.alg_type:
        case Algorithm.THRESHOLD_SUM:
            return {"threshold": settings.threshold[0]}
        case Algorithm.SUPER_TRIGGER_CELL:
            return {"stc_type": settings.stc_type.value}
        case _:
            return {}
