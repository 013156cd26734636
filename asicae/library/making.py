"""A library made, or gone on with: a set that is done is not done again."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256, write_text
from asicae.foundation.folders import refuse_links
from asicae.foundation.import_closure import installed
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.progress import step
from asicae.library import tuning
from asicae.library.base import Base
from asicae.library.description import LibraryDescription, SetDescription
from asicae.library.events import ConditionEvents, digests, events_of, source_of
from asicae.library.record import LIBRARY_FILE, Gain, LibraryRecord, LibrarySet, events_file
from asicae.library.stored import Library, entry_of, hash_word
from asicae.library.table import TABLE_FILE, line_of, table
from asicae.library.tuning import SetPlace, Tuning, control_events
from asicae.network.encoder import Encoder
from asicae.readout.conversion import save
from asicae.runs.encoders import NETWORK, weights_file
from asicae.runs.record import Hash
from asicae.training.checkpoint import CHECKPOINTS, Checkpoint, Checkpoints, computing_packages
from asicae.training.history import history_of
from asicae.training.record import set_name

DESCRIPTION: Final = "description.json"
"""What a library is made of, in its folder."""
CONTROLS: Final = "controls"
"""Folder of the sets that others are compared with."""


class MadeSet(JsonRecord):
    """A set that is done: ``made/NAME.json``.

    Attributes:
        key: of all that it follows from.
        files: SHA-256 by name in the folder.
        entry: what the library says of it, with all modules that it is for; of a control none.
    """

    key: Hash
    files: dict[str, Hash]
    entry: LibrarySet | None = None


def make(
    description: LibraryDescription,
    source: str,
    out: Path,
    force: bool = False,
    tuner: Callable[[Base], Tuning] = Tuning,
) -> Library:
    """Make a library in a folder, or go on where an interrupted call stopped.

    Args:
        description: of it.
        source: names the description in messages.
        out: new, or a library that was made of the same.
        force: a library of another description may be there; sets that stay the same are kept.
        tuner: what trains and measures.

    Raises:
        BadInput: a description or a base that cannot be used, another folder at ``out``.
        CheckFailed: a training that failed; the sets before it are done.
    """
    base = Base.open(description, source)
    for asked in description.sets:
        source_of(asked, base)
        digests(asked, base)
        if asked.source is None and not asked.data:
            events_of(asked, base)
    _begin(out, description, force)
    maker = _Maker(base, out, tuner(base))
    entries = [maker.made(asked) for asked in description.sets]
    base.network.save(out / NETWORK)
    record = LibraryRecord(
        network=base.network.name,
        network_sha256=sha256(out / NETWORK),
        design_hash=hash_word(base.network),
        sets=tuple(_assigned(entries)),
    )
    record.save(out / LIBRARY_FILE)
    write_text(out / TABLE_FILE, table(record))
    _drop_others(out, record, maker.controls)
    return Library.load(out)


def _begin(out: Path, description: LibraryDescription, force: bool) -> None:
    """Write down what is made; a library of other sets is not begun over."""
    stored = out / DESCRIPTION
    if os.path.lexists(out) and not stored.is_file() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out}: exists already and is no library; choose another folder")
    if stored.is_file():
        refuse_links(out)
        if LibraryDescription.load(stored) != description and not force:
            raise BadInput(
                f"{out}: holds a library of another description; add --force to replace it"
            )
    (out / LIBRARY_FILE).unlink(missing_ok=True)
    description.save(stored)


class _Maker:
    """Makes the sets of a library one after another."""

    def __init__(self, base: Base, out: Path, tuner: Tuning) -> None:
        self.base, self.out, self.tuner = base, out, tuner
        self.controls: set[str] = set()
        self._sources = installed().digest(Path(tuning.__file__))

    def made(self, asked: SetDescription) -> LibrarySet:
        """A set, made unless it is there; with all modules that it is for."""
        content = asked.model_dump(mode="json") | {"digests": digests(asked, self.base)}
        key, place = self._key(content), SetPlace(self.out, asked.name)
        done = _done(place, key)
        if done is not None and done.entry is not None and done.entry.gain is not None:
            self.controls |= {name for name in done.files if name.startswith(f"{CONTROLS}/")}
            step(f"set {asked.name}: unchanged, skipped")
            return done.entry
        events = events_of(asked, self.base)
        control = self._control(asked.links, events)
        step(f"set {asked.name}: {asked.told()}")
        self.tuner.adapt(asked.links, events, place, self._checkpoint(asked.name, key, self.out))
        save(events.sent, self.out / events_file(asked.name), force=True)
        gain = self.tuner.gain(asked.links, events, place, control)
        entry = self._entry(asked, events, gain)
        step(line_of(entry))
        own = [*_files(place), events_file(asked.name)]
        beside = [f"{CONTROLS}/{name}" for name in _files(control)]
        self.controls |= set(beside)
        _record(place, MadeSet(key=key, files=_hashes(self.out, own + beside), entry=entry))
        return entry

    def _control(self, links: int, events: ConditionEvents) -> SetPlace:
        """The set with as many steps on events of the base, made unless it is there."""
        count = control_events(self.base, events)
        place = SetPlace(self.out / CONTROLS, f"{set_name(links)}-{count}")
        content = {"control": count, "digests": self.base.digests(links)}
        key = self._key(content)
        if _done(place, key) is None:
            step(f"control for {links} links: {count} events of the base")
            checkpoint = self._checkpoint(f"control-{place.name}", key)
            self.tuner.control(links, count, place, checkpoint)
            _record(place, MadeSet(key=key, files=_hashes(place.folder, _files(place))))
        return place

    def _entry(self, asked: SetDescription, events: ConditionEvents, gain: Gain) -> LibrarySet:
        encoder = Encoder.load(self.base.network, self.out / weights_file(asked.name))
        words = asked.told(), asked.links, asked.when
        entry = entry_of(asked.name, *words, events.modules, encoder)
        return entry.model_copy(update={"gain": gain})

    def _key(self, content: Mapping[str, object]) -> str:
        """SHA-256 of all that a set follows from."""
        every = {
            **content,
            "train": self.base.train.model_dump(mode="json"),
            "split": [self.base.settings.validation_events, self.base.settings.test_events],
            "base": self.base.settings.model_dump(mode="json", include={"source", "split_seed"}),
            "sources": self._sources,
            "packages": computing_packages(),
        }
        return hashlib.sha256(json.dumps(every, sort_keys=True).encode()).hexdigest()

    def _checkpoint(self, name: str, key: str, live: Path | None = None) -> Checkpoint:
        return Checkpoints(self.out / CHECKPOINTS, key, live).of(name)


def _assigned(entries: list[LibrarySet]) -> list[LibrarySet]:
    """Of sets that are for the same module the last one has it."""
    last = {key: entry.name for entry in entries for key in entry.deciding()}
    return [
        entry.model_copy(
            update={"modules": tuple(k[2] for k in entry.deciding() if last[k] == entry.name)}
        )
        for entry in entries
    ]


def _files(place: SetPlace) -> list[str]:
    """What a training leaves, in its folder."""
    name = place.name
    models = [f"model/{name}_{part}.keras" for part in ("encoder", "decoder")]
    return [weights_file(name), *models, history_of(name)]


def _hashes(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: sha256(folder / name) for name in names}


def _record_of(place: SetPlace) -> Path:
    return place.folder / "made" / f"{place.name}.json"


def _record(place: SetPlace, made: MadeSet) -> None:
    made.save(_record_of(place))


def _done(place: SetPlace, key: str) -> MadeSet | None:
    """The record of a set that is done and whole."""
    path = _record_of(place)
    if not path.is_file():
        return None
    try:
        made = MadeSet.load(path)
    except BadInput:
        return None
    if made.key != key:
        return None
    there = {name: place.folder / name for name in made.files}
    whole = all(f.is_file() and sha256(f) == made.files[name] for name, f in there.items())
    return made if whole else None


def _drop_others(out: Path, record: LibraryRecord, controls: set[str]) -> None:
    """Remove checkpoints, and what sets left that are not asked for any more; nothing else."""
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    kept = {each.name for each in record.sets}
    compared = {Path(name).stem for name in controls if Path(name).suffix == ".npz"}
    for folder, names in ((out, kept), (out / CONTROLS, compared)):
        for path in folder.glob("made/*.json"):
            if path.stem not in names:
                for left in (*_files(SetPlace(folder, path.stem)), events_file(path.stem)):
                    (folder / left).unlink(missing_ok=True)
                path.unlink()
