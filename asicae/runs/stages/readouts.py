"""Readouts of the synthetic source or of the user, in three parts."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from asicae.foundation.progress import step
from asicae.readout.conversion import save
from asicae.readout.reading import load
from asicae.readout.reading_settings import ReadingSettings
from asicae.readout.readouts import Readouts
from asicae.runs.readouts import ALL_PARTS, PARTS, part_file, readout_files
from asicae.runs.split import has_events, parts, shuffled
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.source.simulate import simulate

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings


def make_readouts(run: RunView) -> Metrics:
    """Simulate or read them; validation and test are split off the end.

    Modules of the source are drawn at random, one an event. Those of a file may be sorted, and are
    shuffled: event by event where the events of all are known, else module by module.

    Raises:
        BadInput: a file that cannot be used; none would be left to train with.
    """
    s = run.settings
    readouts = _read(s) if s.data else simulate(s.source)
    made = parts(readouts, s.validation_events, s.test_events)
    for part, chosen in zip(PARTS, made, strict=True):
        save(chosen, run.path / part_file(part), force=True)
    found: dict[str, float | int | str] = {"readout.events": len(readouts)}
    if s.data:
        found["readout.split_by"] = "event" if has_events(readouts) else "module"
    return found


def _read(settings: "RunSettings") -> Readouts:
    how: ReadingSettings = settings.reading
    rejected = how.rejected()
    read = load(
        Path(str(settings.data)),
        options=how.options(),
        selection=how.selection(),
        rejected=rejected,
    )
    for line in rejected.lines():
        step(line)
    return shuffled(read, settings.split_seed)


def _settings(settings: "RunSettings") -> dict[str, Any]:
    deciding = {"source", "data", "validation_events", "test_events", "reading", "split_seed"}
    return settings.model_dump(mode="json", include=deciding)


STAGE = Stage(
    name="readouts",
    title="simulating or reading readouts",
    action=make_readouts,
    settings=_settings,
    files=readout_files,
    outputs=ALL_PARTS,
)
