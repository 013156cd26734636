"""Readouts of the synthetic source or of the user, in three parts."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.foundation.progress import step
from asicae.readout.conversion import save
from asicae.readout.reading import load
from asicae.readout.reading_settings import ReadingSettings
from asicae.readout.readouts import Readouts
from asicae.runs.readouts import ALL_PARTS, PARTS, part_file, readout_files
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.source.simulate import simulate

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings


def make_readouts(run: RunView) -> Metrics:
    """Simulate or read them; validation and test are split off the end.

    Modules of the source are drawn at random. Those of a file may be sorted, and are shuffled.

    Raises:
        BadInput: a file that cannot be used; none would be left to train with.
    """
    s = run.settings
    readouts = _read(s) if s.data else simulate(s.source)
    held_out = s.validation_events + s.test_events
    if len(readouts) <= held_out:
        raise BadInput(
            f"readouts: {len(readouts)} events, more than {held_out} are needed "
            "(validation_events + test_events)"
        )
    cuts = [0, len(readouts) - held_out, len(readouts) - s.test_events, len(readouts)]
    for part, begin, end in zip(PARTS, cuts[:-1], cuts[1:], strict=True):
        save(readouts.select(slice(begin, end)), run.path / part_file(part), force=True)
    return {"readout.events": len(readouts)}


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
    seed = settings.split_seed
    shuffled = read.select(np.random.default_rng(seed).permutation(len(read)))
    return dataclasses.replace(shuffled, source=f"{read.source}; shuffled with seed {seed}")


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
