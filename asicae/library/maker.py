"""Sets of a library and their controls, each made once: what is there is not made again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256
from asicae.foundation.import_closure import installed
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.progress import step
from asicae.library import tuning
from asicae.library.base import Base
from asicae.library.description import SetDescription
from asicae.library.events import ConditionEvents, digests, events_of
from asicae.library.record import Gain, LibrarySet, events_file
from asicae.library.stored import entry_of
from asicae.library.tuning import SetPlace, Tuning, control_events
from asicae.network.encoder import Encoder
from asicae.readout.conversion import save
from asicae.runs.encoders import weights_file
from asicae.runs.record import Hash
from asicae.training.checkpoint import CHECKPOINTS, Checkpoint, Checkpoints, computing_packages
from asicae.training.history import history_of
from asicae.training.record import set_name

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


@dataclass(frozen=True)
class Control:
    """A set that others are compared with: as many steps on events of the base.

    Attributes:
        links: for so many.
        events: of the base that it is trained on.
    """

    links: int
    events: int

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{set_name(self.links)}-{self.events}"


class Maker:
    """Makes sets of a library, each with the control that it is compared with."""

    def __init__(self, base: Base, out: Path, tuner: Tuning) -> None:
        self.base, self.out, self.tuner = base, out, tuner
        self.controls: set[str] = set()
        self._sources = installed().digest(Path(tuning.__file__))

    def key(self, asked: SetDescription | Control) -> str:
        """SHA-256 of all that a set follows from."""
        if isinstance(asked, Control):
            digest = self.base.digests(asked.links)
            return self._key({"control": asked.events, "digests": digest})
        content = asked.model_dump(mode="json")
        return self._key(content | {"digests": digests(asked, self.base)})

    def control_of(self, asked: SetDescription) -> Control:
        """What a set is compared with."""
        return Control(asked.links, control_events(self.base, events_of(asked, self.base)))

    def stored(self, asked: SetDescription) -> LibrarySet | None:
        """A set that is there and whole, with all modules that it is for."""
        done = _done(self._place(asked), self.key(asked))
        if done is None or done.entry is None or done.entry.gain is None:
            return None
        self.controls |= {name for name in done.files if name.startswith(f"{CONTROLS}/")}
        return done.entry

    def has(self, control: Control) -> bool:
        """Whether a control is there and whole."""
        return _done(self._place(control), self.key(control)) is not None

    def made(self, asked: SetDescription) -> LibrarySet:
        """A set, made unless it is there; with all modules that it is for.

        Raises:
            BadInput: see ``Tuning``.
            CheckFailed: a training that failed.
        """
        if (found := self.stored(asked)) is not None:
            return found
        events, place = events_of(asked, self.base), self._place(asked)
        control = self.control(Control(asked.links, control_events(self.base, events)))
        key = self.key(asked)
        step(f"set {asked.name}: {asked.told()}")
        self.tuner.adapt(asked.links, events, place, self._checkpoint(asked.name, key, self.out))
        save(events.sent, self.out / events_file(asked.name), force=True)
        gain = self.tuner.gain(asked.links, events, place, control)
        entry = self._entry(asked, events, gain)
        own = [*files_of(place), events_file(asked.name)]
        beside = [f"{CONTROLS}/{name}" for name in files_of(control)]
        self.controls |= set(beside)
        _record(place, MadeSet(key=key, files=_hashes(self.out, own + beside), entry=entry))
        return entry

    def control(self, asked: Control) -> SetPlace:
        """A control, made unless it is there.

        Raises:
            BadInput: see ``Tuning``.
            CheckFailed: a training that failed.
        """
        place = self._place(asked)
        if not self.has(asked):
            step(f"control for {asked.links} links: {asked.events} events of the base")
            key = self.key(asked)
            checkpoint = self._checkpoint(f"control-{place.name}", key)
            self.tuner.control(asked.links, asked.events, place, checkpoint)
            _record(place, MadeSet(key=key, files=_hashes(place.folder, files_of(place))))
        return place

    def _place(self, asked: SetDescription | Control) -> SetPlace:
        folder = self.out / CONTROLS if isinstance(asked, Control) else self.out
        return SetPlace(folder, asked.name)

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


def files_of(place: SetPlace) -> list[str]:
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
