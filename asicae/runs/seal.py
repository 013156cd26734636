"""The seal of a run folder: each file that a stage left is still what it left."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, reason, sha256
from asicae.layout.record import LAYOUT_FOLDER
from asicae.runs.folder import METRICS, RunFolder
from asicae.runs.record import (
    PROVENANCE,
    STAGES,
    StageRecord,
    load_records,
    matches,
    matching,
    read_sealed,
    record_file,
    recorded_stages,
)
from asicae.runs.stage import RunView, Stage

BEGIN = "begin"
"""Records what a run was begun with, as stages record what they left."""
ADOPT = "adopt"
"""Records weight sets that were taken in."""
LAYOUT = LAYOUT_FOLDER
"""Records blocks that were placed and routed; each lies in a folder of its name below this one."""


@dataclass(frozen=True)
class Damage:
    """One file of a run folder that is not what was left there.

    Attributes:
        file: its name in the run folder.
        found: what is wrong with it.
        cure: what helps.
        stage: what `asicae run` has to make again for it; None where that does not help.
        mends: whether `asicae run` puts it right.
    """

    file: str
    found: str
    cure: str
    stage: str | None = None
    mends: bool = False

    def line(self, run: Path) -> str:
        """It in words."""
        return f"{run / self.file}: {self.found}; {self.cure}"


@dataclass(frozen=True)
class Seal:
    """The files of a run against what its stages recorded.

    Attributes:
        view: the run.
        stages: all that it has.
    """

    view: RunView
    stages: Sequence[Stage]

    @cached_property
    def records(self) -> dict[str, StageRecord]:
        """Those that are as they were written."""
        return load_records(self.view.path)

    @cached_property
    def _owners(self) -> dict[str, tuple[str, str]]:
        """Stage and hash of each recorded file."""
        return {
            name: (stage, content)
            for stage, record in self.records.items()
            for name, content in record.outputs.items()
        }

    def check(self) -> list[Damage]:
        """All that is wrong; every recorded file is hashed once."""
        found = [*self.machinery(), *self._metrics()]
        own = {damage.file for damage in found}
        found += [d for name in sorted(self._owners) if name not in own for d in self._file(name)]
        inputs = [glob for stage in self.stages for glob in stage.inputs]
        return found + [damage for name in self._unowned(inputs) for damage in self._stray(name)]

    def machinery(self) -> list[Damage]:
        """What is wrong with records, provenance, settings and a network that was given."""
        run = self.view.path
        names = set(recorded_stages(run))
        found = [damage for name in sorted(names) for damage in self._record(name)]
        expected = {BEGIN}
        try:
            if (run / PROVENANCE).is_symlink():
                raise BadInput("is a link")
            expected |= set(read_sealed(run / PROVENANCE).get(STAGES, {}))
        except BadInput as error:
            found.append(self._rewritten(PROVENANCE, _without(error, run / PROVENANCE)))
        found += [self._lost_record(name) for name in sorted(expected - names)]
        begun = self.records.get(BEGIN)
        return found + [
            d for name in sorted(begun.outputs if begun else ()) for d in self._file(name)
        ]

    def require(self, globs: Iterable[str]) -> None:
        """Make sure that files are what stages left, and all of it, before they are read.

        Raises:
            BadInput: the first that is not.
        """
        chosen = list(globs)
        recorded = [n for n in self._owners if any(matches(n, glob) for glob in chosen)]
        for name in sorted({*recorded, *self._unowned(chosen)}):
            damages = self._file(name) if name in self._owners else self._not_left(name)
            for damage in damages:
                raise BadInput(damage.line(self.view.path))

    def require_one(self, name: str) -> None:
        """The same of one file, if a stage left it or might have."""
        self.require_begun()
        if name in self._owners:
            damages = self._file(name)
        elif any(_made_by(stage, name) for stage in self.stages):
            damages = iter(self._not_left(name))
        else:
            return
        for damage in damages:
            raise BadInput(damage.line(self.view.path))

    def require_begun(self) -> None:
        """Make sure of the record of what the run was begun with.

        Raises:
            BadInput: it is missing, or not as it was written.
        """
        file = record_file(BEGIN)
        if BEGIN not in self.records:
            found = "is not what" if (self.view.path / file).exists() else "is missing,"
            damage = self.changed(file, BEGIN, f"{found} stage {BEGIN} left")
            raise BadInput(damage.line(self.view.path))

    def require_left(self, stage: str) -> None:
        """The same of all that a stage left."""
        record = self.records.get(stage)
        for name in sorted(record.outputs if record else ()):
            for damage in self._file(name):
                raise BadInput(damage.line(self.view.path))

    def _file(self, name: str) -> Iterator[Damage]:
        """What is wrong with a recorded file."""
        stage, content = self._owners[name]
        path, left = self.view.path / name, f"stage {stage} left"
        again = self.changed(name, stage, "").cure
        link = _link(self.view.path, name)
        if link or (path.exists() and not path.is_file()):
            what = f"{link} is a link" if link else "is no file"
            yield Damage(name, f"{what}, {left} a file", f"move it away, then {again}")
            return
        if not path.exists():
            yield self.changed(name, stage, f"is missing, {left} it")
            return
        try:
            found = sha256(path)
        except OSError as error:
            yield self.changed(name, stage, f"cannot be read ({reason(error)}), {left} it")
            return
        if found != content:
            yield self.changed(name, stage, f"is not what {left}")

    def changed(self, name: str, stage: str, found: str) -> Damage:
        """A file of a stage that is not what it was, with what puts that right."""
        run = self.view.path
        if stage == ADOPT:
            return Damage(name, found, "`asicae weights adopt --force` takes it in again")
        if stage == LAYOUT:
            return Damage(name, found, self._laid_out_again(name))
        if stage == BEGIN:
            begins = f"`asicae run {run} --settings FILE` or `asicae import` begins it again"
            return Damage(name, found, f"{begins}, with --force from another one")
        own = "; weights of your own: `asicae weights adopt`" if name.startswith("weights/") else ""
        return Damage(name, found, f"`asicae run {run}` makes it again{own}", stage, mends=True)

    def _laid_out_again(self, name: str) -> str:
        """What makes a file of a block again, or the record of all blocks."""
        parts = Path(name).parts
        block = f" --block {parts[1]}" if parts[0] == LAYOUT and len(parts) > 1 else ""
        return f"`asicae layout {self.view.path}{block} --force` makes it again"

    def _record(self, name: str) -> Iterator[Damage]:
        """What is wrong with the record of a stage."""
        file, run = record_file(name), self.view.path
        stages = {stage.name: stage for stage in self.stages}
        if name not in {*stages, BEGIN, ADOPT, LAYOUT}:
            known = ", ".join(stages)
            yield Damage(file, f"is of no stage of this run ({known})", "move it away")
            return
        if link := _link(run, file):
            again = self.changed(file, name, "").cure
            yield Damage(
                file, f"{link} is a link, stage {name} left a file", f"move it away, then {again}"
            )
            return
        record = self.records.get(name)
        if record is None:
            try:
                StageRecord.load(run, name)
            except BadInput as error:
                wrong = _without(error, run / file)
                yield self._changed_record(name, f"is not what stage {name} left ({wrong})")
            return
        if name not in stages:
            return
        stage = stages[name]
        lacking = sorted(set(stage.makes(self.view)) - record.outputs.keys())
        alien = [n for n in record.outputs if not _made_by(stage, n)]
        if lacking:
            yield self._changed_record(name, f"lacks {lacking[0]}, which stage {name} makes")
        elif alien:
            yield self._changed_record(name, f"has {alien[0]}, which stage {name} does not make")

    def _lost_record(self, name: str) -> Damage:
        return self._changed_record(name, f"is missing, stage {name} left it")

    def _changed_record(self, name: str, found: str) -> Damage:
        return self.changed(record_file(name), name, found)

    def _metrics(self) -> Iterator[Damage]:
        path = self.view.path / METRICS
        if path.is_symlink():
            yield self._rewritten(METRICS, "is a link")
            return
        try:
            if read_json(path) != RunFolder(self.view.path).metrics():
                yield self._rewritten(METRICS, "is not what the stages measured")
        except BadInput as error:
            yield self._rewritten(METRICS, _without(error, path))

    def _rewritten(self, file: str, found: str) -> Damage:
        return Damage(file, found, f"`asicae run {self.view.path}` writes it again", mends=True)

    def _unowned(self, globs: Iterable[str]) -> list[str]:
        """Files that are read and that no record has; records themselves are looked at anyway."""
        found = matching(self.view.path, globs)
        return [n for n in found if n not in self._owners and not n.startswith(f"{STAGES}/")]

    def _stray(self, name: str) -> Iterator[Damage]:
        """A file beside those of a stage that is done."""
        makers = [s for s in self.stages if _made_by(s, name)]
        if all(maker.name in self.records for maker in makers):
            cure = "`asicae weights adopt` takes weights of your own in; else move it away"
            if name.startswith(f"{LAYOUT}/"):
                cure = f"{self._laid_out_again(name)}; else move it away"
            yield Damage(name, "no stage left it", cure)

    def _not_left(self, name: str) -> Iterator[Damage]:
        stray = list(self._stray(name))
        makers = [s.name for s in self.stages if _made_by(s, name)]
        yield from stray or [
            Damage(
                name,
                f"stage {' or '.join(makers)} has not finished",
                f"`asicae run {self.view.path}` goes on with it",
            )
        ]


def require_begun(run: Path) -> None:
    """Make sure of what a run was begun with, before its settings are believed.

    Raises:
        BadInput: it is not what was recorded.
    """
    from asicae.runs.settings import RunSettings

    seal = Seal(RunView(run, RunSettings(), ()), ())
    seal.require_begun()
    seal.require_left(BEGIN)


def _link(run: Path, name: str) -> str | None:
    """What on the way from a run folder to one of its files is a link to elsewhere."""
    places = (name, *map(str, Path(name).parents[:-1]))
    return next((place for place in reversed(places) if (run / place).is_symlink()), None)


def _made_by(stage: Stage, name: str) -> bool:
    return any(matches(name, glob) for glob in stage.outputs)


def _without(error: BadInput, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")
