"""One chip estimated, kept by the content of all that it depends on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asicae.estimation.estimate import estimate
from asicae.estimation.libraries import locate, read_bytes
from asicae.estimation.record import EstimateRecord
from asicae.foundation.cache import cached
from asicae.foundation.import_closure import installed
from asicae.simulation.drawn import DrawnChip

RECORD = "estimate.json"


@dataclass(frozen=True)
class Stimulus:
    """What chips are estimated with.

    Attributes:
        seed: of weights and events.
        events: of the source, compared with golden on the netlist.
        timed_events: of them simulated with gate delays.
        liberty: files of the library; NanGate45 without any.
    """

    seed: int = 1
    events: int = 200
    timed_events: int = 60
    liberty: tuple[Path, ...] = ()


def measured(chip: DrawnChip, stimulus: Stimulus, cache: Path | None = None) -> EstimateRecord:
    """The estimate of a chip: found where one of the same content was made before, or made.

    Content: description, configuration, seed, numbers of events, library, sources of the kit.
    ``cache`` is by default that of all that is cached.

    Raises:
        BadInput, CheckFailed, MissingTool: as ``estimate``.
    """

    def make(work: Path) -> list[str]:
        with chip.exported() as rtl:
            estimate(
                chip.encoder,
                chip.calq(stimulus.events),
                rtl,
                work / RECORD,
                stimulus.liberty,
                timed_events=stimulus.timed_events,
            )
        return [RECORD]

    parts = [
        chip.network.model_dump(mode="json"),
        chip.configuration.model_dump(mode="json"),
        [chip.seed, stimulus.events, stimulus.timed_events],
        library_digests(stimulus.liberty),
        installed().digest(Path(__file__)),
    ]
    entry = cached("scan-point", parts, make, cache)
    return EstimateRecord.load(entry.folder / RECORD)


def library_digests(liberty: Sequence[Path]) -> list[str]:
    """SHA-256 of what each file holds, without understanding it.

    Raises:
        BadInput: one cannot be read.
        MissingTool: no library at all.
    """
    files = [locate(path) for path in liberty or (None,)]
    return [hashlib.sha256(read_bytes(path)).hexdigest() for path in files]
