"""The points of a grid: every combination of the values of its axes."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asicae.chip.design import design_of
from asicae.chip.microarchitectures import DEFAULT, configuration_of
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.scan.axes import Axis, checked_axes, configured, varied
from asicae.simulation.drawn import DrawnChip

MAX_POINTS: Final = 10_000


@dataclass(frozen=True)
class Point:
    """A combination of values: a chip, or the reason why there cannot be one."""

    choices: Mapping[str, str]
    chip: DrawnChip | None
    reason: str = ""


@dataclass(frozen=True)
class Grid:
    """What a scan goes through.

    Attributes:
        network: from which the axes differ.
        microarchitecture: likewise, ``naive`` where it is None.
        given: choices of how it is built that differ from it everywhere.
        axes: in their order; the last one changes fastest.
        seed: of weights and events.
    """

    network: Network
    microarchitecture: str | None
    given: Mapping[str, Any]
    axes: tuple[Axis, ...]
    seed: int

    @classmethod
    def checked(
        cls,
        network: Network,
        microarchitecture: str | None,
        given: Mapping[str, Any],
        vary: Iterable[str],
        seed: int,
    ) -> "Grid":
        """A grid of the axes in words.

        Raises:
            BadInput: an axis or value that there is not (``checked_axes``), or too many points.
        """
        configuration_of(microarchitecture or DEFAULT)
        axes = checked_axes(vary, network)
        count = math.prod(len(axis.values) for axis in axes)
        if count > MAX_POINTS:
            raise BadInput(f"--vary: {count} points, allowed are {MAX_POINTS}")
        return cls(network, microarchitecture, given, axes, seed)

    def points(self) -> Sequence[Point]:
        """All of them, in order; one without axes."""
        values = itertools.product(*(axis.values for axis in self.axes))
        names = [axis.name for axis in self.axes]
        return [self._point(dict(zip(names, row, strict=True))) for row in values]

    def _point(self, choices: dict[str, str]) -> Point:
        of_chip = {axis.name for axis in self.axes if axis.of_chip}
        own = {name: value for name, value in choices.items() if name in of_chip}
        rest = {name: value for name, value in choices.items() if name not in of_chip}
        try:
            network = varied(self.network, rest)
            configuration = configured(self.microarchitecture, self.given, own)
            design_of(network, configuration)
        except BadInput as error:
            return Point(choices, None, str(error))
        return Point(choices, DrawnChip(network, configuration, self.seed))
