"""What is compared: the classical algorithms at equal bandwidth, 32 N bits per bunch crossing."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.classical import ClassicalAlgorithm
from asicae.concentrator.algorithms.table import ALGORITHMS, AnyAlgorithm
from asicae.concentrator.settings import ConcentratorSettings


@dataclass(frozen=True, order=True)
class Contender:
    """One algorithm, by its name, at one number of links."""

    algorithm: str
    links: int

    @property
    def name(self) -> str:
        """As in the keys of the metrics."""
        return f"{self.algorithm}.{self.links}links"


def classical_contenders(links: Iterable[int]) -> list[Contender]:
    """The algorithms at each number of links that needs no network, and then those that send all.

    Algorithms that send all cells are the reference, at their own number of links.
    """
    classical = [a for a in ALGORITHMS.values() if isinstance(a, ClassicalAlgorithm)]
    wanted = sorted(set(links))
    lossy = [a for a in classical if not a.is_reference]
    found = [Contender(a.name, n) for a in lossy for n in wanted if n >= _counts(a)[0]]
    return found + [Contender(a.name, n) for a in classical if a.is_reference for n in _counts(a)]


def candidates(contender: Contender, calq: npt.NDArray[np.int32]) -> list[ConcentratorSettings]:
    """The settings that compete for a contender, see ``ConcentratorAlgorithm.candidates``.

    Args:
        contender: of a classical algorithm.
        calq: int32[n, 48], events to which settings are fitted.

    Raises:
        BadInput: no events.
    """
    return ALGORITHMS[contender.algorithm].candidates(contender.links, calq)


def _counts(algorithm: AnyAlgorithm) -> list[int]:
    """Link counts at which any kind of its frames is defined, ascending."""
    return sorted({n for variant in algorithm.variants() for n in algorithm.link_counts(variant)})
