"""The points of a scan as work that processes share: a folder with a file a point."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asicae.chip.configuration import Configuration
from asicae.estimation.record import EstimateRecord
from asicae.foundation.errors import AsicaeError, MissingTool
from asicae.foundation.json_record import JsonRecord
from asicae.network.description import Network
from asicae.scan.measured import Stimulus, measured
from asicae.simulation.drawn import DrawnChip

WORK: Final = "work.json"
KILLED: Final = "its process was ended by the system, which may be out of memory"


class Work(JsonRecord):
    """Chips to estimate, by their numbers, and with what."""

    networks: tuple[Network, ...]
    configurations: tuple[Configuration, ...]
    seed: int
    events: int
    timed_events: int
    liberty: tuple[str, ...]

    @classmethod
    def of(cls, chips: Sequence[DrawnChip], stimulus: Stimulus) -> "Work":
        """The estimates of ``chips``, all of the seed of ``stimulus``."""
        return cls(
            networks=tuple(chip.network for chip in chips),
            configurations=tuple(chip.configuration for chip in chips),
            seed=stimulus.seed,
            events=stimulus.events,
            timed_events=stimulus.timed_events,
            liberty=tuple(str(path.absolute()) for path in stimulus.liberty),
        )

    @property
    def stimulus(self) -> Stimulus:
        """What they are estimated with."""
        liberty = tuple(map(Path, self.liberty))
        return Stimulus(self.seed, self.events, self.timed_events, liberty)

    def chip(self, number: int) -> DrawnChip:
        """The chip of that number."""
        return DrawnChip(self.networks[number], self.configurations[number], self.seed)


class Outcome(JsonRecord):
    """What became of a point: an estimate, or the reason why there is none."""

    record: EstimateRecord | None = None
    reason: str = ""


def outcome_file(folder: Path, number: int) -> Path:
    """Where the outcome of a point lies in the folder of the work."""
    return folder / f"outcome-{number}.json"


def claim(folder: Path, number: int) -> bool:
    """Whether a point is the caller's now; nobody begins it twice, whatever becomes of it."""
    try:
        (folder / f"claim-{number}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def do_all(folder: Path) -> None:
    """Estimate point after point that nobody else has begun."""
    work = Work.load(folder / WORK)
    for number in range(len(work.networks)):
        if claim(folder, number):
            _outcome(work, number).save(outcome_file(folder, number))


def _outcome(work: Work, number: int) -> Outcome:
    try:
        return Outcome(record=measured(work.chip(number), work.stimulus))
    except MissingTool:
        raise
    except AsicaeError as error:
        return Outcome(reason=str(error))
