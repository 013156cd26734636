"""What the classical algorithms have in common: frames are made of charges alone."""

from collections.abc import Mapping
from typing import Any, ClassVar

from asicae.concentrator.algorithms.base import (
    Charges,
    ConcentratorAlgorithm,
    F,
    LatentsOf,
    S,
    Send,
)
from asicae.concentrator.charge_maps import (
    BEST_OF_REST,
    Decode,
    MapOf,
    Training,
    rest_maps,
    trained_rest_maps,
)
from asicae.concentrator.frames import Bytes, Frames


class ClassicalAlgorithm(ConcentratorAlgorithm[S, F, Charges]):
    """Frames of charges, one crossing by itself."""

    def sender(self, settings: S, latents_of: LatentsOf | None = None) -> Send:
        """Frames as they are, without a buffer."""
        del latents_of

        def send(calq: Charges, counters: Bytes, threads: int | None) -> Frames:
            return self.frames_of(calq, counters, settings, threads)

        return send


class LargestCellsAlgorithm(ClassicalAlgorithm[S, F]):
    """The largest cells, and the sum of all or of the others: the receiver spreads the rest.

    The settings have ``use_sum``. In a comparison the sum is that of the cells that are not sent:
    then its code rounds only the part that nothing else tells.
    """

    sends_cells = True
    sends_rest = True
    compared_with: ClassVar[Mapping[str, Any]] = {"use_sum": False}

    def candidates(self, links: int, calq: Charges) -> list[S]:
        """One: the sum is that of the other cells."""
        del calq
        return [self.settings(links=links, **self.compared_with)]

    def maps(self, settings: S) -> dict[str, MapOf]:
        """Ways to spread the rest that need no training events."""
        del settings
        return rest_maps()

    def trained_maps(self, settings: S, training: Training) -> dict[str, Decode]:
        """Likewise, with images and a network."""
        del settings
        return trained_rest_maps(training)

    def default_map(self, settings: S) -> str:
        """By distance from the cells that were sent."""
        del settings
        return BEST_OF_REST
