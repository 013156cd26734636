"""The events that a set is tuned on, and those that it is measured with."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256
from asicae.foundation.progress import step
from asicae.foundation.validation import validated
from asicae.library.base import Base
from asicae.library.description import SetDescription
from asicae.module import detector
from asicae.module.geometry import N_CELLS
from asicae.readout.part import Part
from asicae.readout.place import places_of
from asicae.readout.reading import expand, load
from asicae.readout.readouts import Readouts
from asicae.runs.split import parts, shuffled
from asicae.source import places
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from asicae.training.dead_cells import DeadCells, are_damaged, require_charge, with_dead_cells

_SEEDS = 2**63


@dataclass(frozen=True)
class ConditionEvents:
    """Events of one condition; the modules are intact.

    Attributes:
        training: to tune with.
        validation: to choose the epoch with.
        test: to measure with; no training of the base or of the set saw one of them.
        cells: trigger cells that deliver nothing.
        modules: by LAYER,U,V, that the condition is for.
    """

    training: Readouts
    validation: Readouts
    test: Readouts
    cells: DeadCells
    modules: Sequence[str]

    @property
    def sent(self) -> Readouts:
        """What enters the concentrator of the test events."""
        return with_dead_cells(self.test, self.cells)


def data_files(asked: SetDescription) -> list[Path]:
    """Files of the user that say or hold the events of a set.

    Raises:
        BadInput: one that is missing, a glob without files.
    """
    if not asked.data:
        return []
    found = [*expand(list(asked.data)), *asked.reading.files()]
    for path in found:
        if not path.is_file():
            raise BadInput(f"{path}: no such file")
    return found


def source_of(asked: SetDescription, base: Base) -> SourceSettings | None:
    """What is simulated for a set; the seed is one of its own unless given.

    Raises:
        BadInput: a setting that is not allowed.
    """
    if asked.source is None:
        return None
    usual = base.settings.source.model_dump()
    usual["seed"] = (base.settings.source.seed + 1 + zlib.crc32(asked.name.encode())) % _SEEDS
    return validated(SourceSettings, usual | asked.source, f"set {asked.name}: source")


def digests(asked: SetDescription, base: Base) -> dict[str, str]:
    """SHA-256 of all files that decide about a set."""
    return base.digests(asked.links) | {str(path): sha256(path) for path in data_files(asked)}


def events_of(asked: SetDescription, base: Base) -> ConditionEvents:
    """Events of a set, split as those of the base are.

    Raises:
        BadInput: no module, no batch to train with, nothing to choose or measure with, no charge in
            a dead cell.
    """
    source = source_of(asked, base)
    if source is not None:
        step(f"set {asked.name}: simulating {source.events} events")
    cells = asked.cells
    split = [_selected(asked, part, cells) for part in _split(asked, base, source)]
    training, validation, test = split
    test = _unseen(test, [*base.parts[:2], training, validation])
    for what, found, least in (
        ("to train with", training, base.train.batch),
        ("to choose the epoch with", validation, 1),
        ("that no training saw to measure with", test, 2),
    ):
        there = charged(found)
        if len(there) < least:
            raise BadInput(
                f"set {asked.name}: {len(there)} events with charge are left {what} "
                f"({asked.told()}), at least {least} are needed"
            )
    if cells:
        try:
            require_charge({"training": training, "test": test}, cells)
        except BadInput as error:
            raise BadInput(f"set {asked.name}: {error}") from None
    return ConditionEvents(training, validation, test, cells, _modules(asked, base, source, split))


def charged(readouts: Readouts) -> npt.NDArray[np.intp]:
    """Rows of the events that have charge: others are no training."""
    return np.flatnonzero(readouts.calq.any(axis=1))


def _split(asked: SetDescription, base: Base, source: SourceSettings | None) -> Sequence[Readouts]:
    settings = base.settings
    if source is not None:
        every = simulate(source)
    elif asked.data:
        how = asked.reading
        rejected = how.rejected()
        every = load(
            list(asked.data),
            options=how.options(),
            selection=how.selection(),
            rejected=rejected,
        )
        for line in rejected.lines():
            step(line)
        every = shuffled(every, settings.split_seed)
    else:
        return base.parts
    try:
        return parts(every, settings.validation_events, settings.test_events)
    except BadInput as error:
        raise BadInput(f"set {asked.name}: {error}") from None


def _selected(asked: SetDescription, readouts: Readouts, cells: DeadCells) -> Readouts:
    """Events of the modules that a set is for; of a map of dead cells those that it names."""
    found = asked.select.selection().of(Part(readouts)).readouts
    return found.select(are_damaged(found, cells)) if isinstance(cells, Mapping) else found


def _unseen(test: Readouts, seen: Sequence[Readouts]) -> Readouts:
    """Test events without those that are, charge by charge in the same module, among others."""
    before = np.concatenate([_rows(readouts) for readouts in seen])
    return test.select(~np.isin(_rows(test), before))


def _rows(readouts: Readouts) -> npt.NDArray[np.void]:
    """Place and charges of each event as one value, [n]."""
    place = np.stack([readouts.layer, readouts.wafer_u, readouts.wafer_v], axis=1)
    rows = np.ascontiguousarray(np.concatenate([place, readouts.calq], axis=1, dtype=np.int32))
    return rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()


def _modules(
    asked: SetDescription,
    base: Base,
    source: SourceSettings | None,
    split: Sequence[Readouts],
) -> Sequence[str]:
    """Modules that get a set: those that are named, may be simulated, or are among the events."""
    if asked.modules is not None:
        return asked.modules
    cells = asked.cells
    if isinstance(cells, Mapping):
        return list(cells)
    if asked.data or (source is None and base.settings.data):
        return sorted({place for readouts in split for place in places_of(readouts)})
    every = _drawable(source or base.settings.source)
    return places_of(asked.select.selection().of(Part(every)).readouts)


def _drawable(source: SourceSettings) -> Readouts:
    """All modules that the source may draw, each once and empty."""
    here = places.chosen(source.partial, source.layers, source.links, source.radius_cm)
    found = detector.modules(source.partial).at(here)
    columns: dict[str, npt.NDArray[Any]] = {
        "layer": found.layer,
        "wafer_u": found.u,
        "wafer_v": found.v,
        "wafer_type": found.wafer_type,
        "high_density": detector.HIGH_DENSITY[found.wafer_type],
        "eta": found.eta,
        "sim_energy": np.zeros(len(found)),
        "pileup": np.full(len(found), -1),
        "partial": np.asarray(~found.present.all(axis=1)),
    }
    return Readouts.of_columns(np.zeros((len(found), N_CELLS), np.int32), columns, "detector")
