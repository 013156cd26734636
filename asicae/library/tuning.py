"""How a set goes on from the base, and how far it comes; what is called here loads TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.library.base import Base
from asicae.library.events import ConditionEvents, charged
from asicae.library.record import Gain
from asicae.metrics.distances import Distances
from asicae.training.checkpoint import Checkpoint
from asicae.training.dead_cells import DeadCells

if TYPE_CHECKING:
    from asicae.readout.readouts import Readouts
    from asicae.training.trained import Trained


@dataclass(frozen=True)
class SetPlace:
    """Where a set lies.

    Attributes:
        folder: with ``weights``, ``model`` and ``train``.
        name: of its files.
    """

    folder: Path
    name: str


class Tuning:
    """Trains and measures sets of one base."""

    def __init__(self, base: Base) -> None:
        self.base = base

    def adapt(
        self, links: int, events: ConditionEvents, place: SetPlace, checkpoint: Checkpoint
    ) -> None:
        """Go on from the set of the base for so many links with the events of a condition.

        Raises:
            BadInput: see ``training.conditions.fine_tune``.
            CheckFailed: the training failed.
        """
        both = events.training, events.validation
        self._tune(links, *both, events.cells, place, checkpoint)

    def control(self, links: int, events: int, place: SetPlace, checkpoint: Checkpoint) -> None:
        """The same with so many of the base's own events: what more steps alone would gain."""
        training, validation, _ = self.base.parts
        first = training.select(charged(training)[:events])
        self._tune(links, first, validation, (), place, checkpoint)

    def gain(
        self, links: int, events: ConditionEvents, adapted: SetPlace, control: SetPlace
    ) -> Gain:
        """Distances of base, control and adapted set on the test events of a condition.

        Raises:
            BadInput: not even two events have a distance.
        """
        from asicae.training.evaluate import evaluate

        sets = (self.base.trained(links), self._load(links, control), self._load(links, adapted))
        sent, network = events.sent, self.base.network
        found = [evaluate(each, network, sent, events.test).distances for each in sets]
        # Which events have one depends on charges alone, not on the set.
        base, longer, tuned = found
        apart = Distances(longer.values - tuned.values, tuned.kept)
        if len(apart.values) < 2:
            raise BadInput(
                f"set {adapted.name}: {len(apart.values)} test events have charge that is sent, "
                "at least 2 are needed"
            )
        return Gain(
            events=len(apart.values),
            base=base.mean,
            control=longer.mean,
            adapted=tuned.mean,
            error=apart.error,
        )

    def _tune(
        self,
        links: int,
        training: "Readouts",
        validation: "Readouts",
        cells: DeadCells,
        place: SetPlace,
        checkpoint: Checkpoint,
    ) -> None:
        from asicae.training.conditions import fine_tune

        try:
            tuned = fine_tune(
                self.base.trained(links),
                self.base.network,
                training,
                validation,
                self.base.train,
                cells=cells,
                checkpoint=checkpoint,
            )
        except (BadInput, CheckFailed) as error:
            error.args = (f"set {place.name}: {error}",)
            raise
        tuned.save(place.folder, place.name)

    def _load(self, links: int, place: SetPlace) -> "Trained":
        from asicae.training.trained import Trained

        network, model = self.base.network, self.base.train.model
        return Trained.load(place.folder, place.name, network, links, model)


def control_events(base: Base, events: ConditionEvents) -> int:
    """Training events of a control that has as many steps, as far as the base has so many."""
    batch = base.train.batch
    steps = [len(charged(every)) // batch for every in (events.training, base.parts[0])]
    return min(steps) * batch
