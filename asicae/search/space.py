"""The axes of a search, and what a choice of their values makes of the base."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import KEY
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short, validated
from asicae.network.description import Network
from asicae.scan.axes import checked_axes, configured, varied
from asicae.scan.grid import Point
from asicae.simulation.drawn import DrawnChip
from asicae.training.settings import TrainSettings

TRAIN: Final = "train."
_FIXED: Final = ("model",)
"""Of the training, which the network of a trial says."""


@dataclass(frozen=True)
class SpaceAxis:
    """What a name may be.

    Attributes:
        name: ``train.FIELD``, or an axis of a scan.
        words: the values as they are written.
        values: the same of a setting of the training; of other axes the words.
        of_chip: whether it says how the chip is built.
    """

    name: str
    words: tuple[str, ...]
    values: tuple[Any, ...]
    of_chip: bool = False

    @property
    def is_ordered(self) -> bool:
        """Whether the values are ascending numbers, so that those between two are alike."""
        try:
            numbers = [float(word) for word in self.words]
        except ValueError:
            return False
        return numbers == sorted(numbers)


@dataclass(frozen=True)
class Space:
    """All axes of a search, and what they differ from.

    Attributes:
        network: of the base.
        configuration: likewise.
        train: likewise.
        axes: in the order of the file.
    """

    network: Network
    configuration: Configuration
    train: TrainSettings
    axes: tuple[SpaceAxis, ...]

    @classmethod
    def checked(
        cls,
        network: Network,
        configuration: Configuration,
        train: TrainSettings,
        values: Mapping[str, Sequence[Any]],
        source: str,
    ) -> "Space":
        """A space of values each of which is possible by itself.

        Raises:
            BadInput: an axis or value that there is not; ``source`` names the file.
        """
        where = f"{source}: space"
        axes = [
            _of_training(train, name, each, where)
            if name.startswith(TRAIN)
            else _of_scan(network, name, each, where)
            for name, each in values.items()
        ]
        return cls(network, configuration, train, tuple(axes))

    @property
    def own_code(self) -> dict[str, Path]:
        """Files of the functions of the user's own that a trial may be trained with, by name."""
        found = dict(self.train.own_code)
        for axis in self.axes:
            if axis.name == f"{TRAIN}loss":
                for loss in axis.values:
                    found |= self.train.model_copy(update={"loss": loss}).own_code
        return found

    def words(self, places: Mapping[str, int]) -> dict[str, str]:
        """The values at these places of their axes, as they are written."""
        return {axis.name: axis.words[places[axis.name]] for axis in self.axes}

    def require(self, places: Mapping[str, Any], source: str) -> None:
        """Make sure that these are places of the axes.

        Raises:
            BadInput: other axes, or no place of one; ``source`` names where they stand.
        """
        known = {axis.name: range(len(axis.words)) for axis in self.axes}
        if places.keys() != known.keys() or any(places[n] not in known[n] for n in known):
            raise BadInput(
                f"{source}: found {short(dict(places))}, allowed is a place in each axis of "
                f"{', '.join(known)}"
            )

    def point(self, places: Mapping[str, int], seed: int) -> Point:
        """The chip of a choice, its weights drawn with ``seed``; or why there is none."""
        words = self.words(places)
        others = [axis for axis in self.axes if not axis.name.startswith(TRAIN)]
        built = {axis.name: words[axis.name] for axis in others if axis.of_chip}
        rest = {axis.name: words[axis.name] for axis in others if not axis.of_chip}
        try:
            network = varied(self.network, rest)
            # A name stands for all choices; without one the base has those that are not varied.
            others_of_chip = {} if KEY in built else self.configuration.model_dump()
            way = configured(None, others_of_chip, built)
            design_of(network, way)
        except BadInput as error:
            return Point(words, None, str(error))
        return Point(words, DrawnChip(network, way, seed))

    def training(self, places: Mapping[str, int]) -> TrainSettings:
        """How a choice is trained."""
        changed = {
            axis.name.removeprefix(TRAIN): axis.values[places[axis.name]]
            for axis in self.axes
            if axis.name.startswith(TRAIN)
        }
        return self.train.model_copy(update=changed)


def _of_training(train: TrainSettings, name: str, values: Sequence[Any], where: str) -> SpaceAxis:
    field, found = name.removeprefix(TRAIN), []
    if field in _FIXED:
        raise BadInput(f"{where}: {name}: the network says that, allowed are other settings")
    for value in values:
        changed = validated(TrainSettings, train.model_dump() | {field: value}, f"{where}: {TRAIN}")
        found.append(getattr(changed, field))
    words = tuple(_word(value) for value in values)
    _refuse_twice(name, words, where)
    return SpaceAxis(name, words, tuple(found))


def _of_scan(network: Network, name: str, values: Sequence[Any], where: str) -> SpaceAxis:
    words = [_word(value) for value in values]
    try:
        (axis,) = checked_axes([f"{name}={','.join(words)}"], network)
    except BadInput as error:
        # What a scan says of an option, this says of a file.
        raise BadInput(f"{where}: {str(error).removeprefix('--vary').lstrip(': ')}") from None
    return SpaceAxis(axis.name, axis.values, axis.values, axis.of_chip)


def _refuse_twice(name: str, words: Sequence[str], where: str) -> None:
    if len(set(words)) != len(words):
        raise BadInput(f"{where}: {name}: a value is there twice in {short(list(words))}")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else json.dumps(value)
