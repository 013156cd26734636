"""A run, made or gone on with: a folder, its settings, and the stages of its kind."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256, write_json
from asicae.foundation.folders import draft
from asicae.foundation.import_closure import installed
from asicae.foundation.progress import step
from asicae.foundation.validation import one_line
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.runs.encoders import NETWORK, load_network, load_weights
from asicae.runs.flat_settings import differences
from asicae.runs.folder import RunFolder
from asicae.runs.kinds import RunKind, every_stage, kind_of
from asicae.runs.record import PROVENANCE, StageRecord
from asicae.runs.seal import ADOPT, BEGIN, Seal, require_begun
from asicae.runs.settings import RunSettings
from asicae.runs.stage import RunView, Stage
from asicae.runs.stale_layouts import drop_stale_layouts

SETTINGS = "settings.json"
MAX_TOLD = 500
"""Characters in which settings are told that differ."""


@dataclass(frozen=True)
class Job:
    """A run folder with its settings.

    Attributes:
        folder: itself.
        settings: its own.
        named: functions of the user that whoever opened it names, in settings of his.
    """

    folder: RunFolder
    settings: RunSettings
    named: frozenset[str] = frozenset()

    @classmethod
    def create(cls, path: Path, settings: RunSettings, force: bool = False) -> "Job":
        """Start a run, or go on with one of the same settings, and run its first stage.

        Settings that cannot be used leave no new folder behind, and an old one as it was. With
        ``force``, what an earlier run left and these settings would not give is dropped.

        Raises:
            BadInput: ``path`` exists and is no run folder, or has other settings (without force);
                what the first stage and ``RunKind.begin`` raise.
        """
        installed().read()
        job = cls(RunFolder(path), settings, frozenset(settings.train.own_code))
        write = job.kind.begin(settings)
        with job._drafted(force) as drafted:
            write(drafted.path)
            drafted._begin()
            drafted.folder.run(drafted._stage(job.kind.first), drafted.view)
            drafted.mend()
        job.write_provenance()
        return job

    @classmethod
    def open(cls, path: Path) -> "Job":
        """An existing run.

        Raises:
            BadInput: no run folder at ``path``, or settings that are not those it was begun with.
        """
        installed().read()
        folder = RunFolder.open(path)
        require_begun(path)
        return cls(folder, RunSettings.load(path / SETTINGS))

    @classmethod
    def resume(cls, path: Path, given: Mapping[str, Any], file: Path | None = None) -> "Job":
        """An existing run, its damages mended, to be gone on with under its own settings.

        Args:
            path: of the run.
            given: settings that it has to have; its own ``data`` without one.
            file: of more of them; what it does not say has its default.

        Raises:
            BadInput: no run at ``path``, one of other settings; what ``open`` and ``mend`` raise.
        """
        job = cls.open(path)
        data = {"data": job.settings.data} if job.settings.data else {}
        asked = {**data, **given}
        wanted = RunSettings.load(file, asked) if file else job.settings.changed(given)
        _require_same(path, job.settings, wanted)
        named = wanted.train.own_code if file else given.get("train", {}).values()
        job = replace(job, named=frozenset(named))
        job.mend()
        return job

    @property
    def kind(self) -> RunKind:
        """What it does."""
        return kind_of(self.settings)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages in their order."""
        return self.kind.stages

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def view(self) -> RunView:
        """What its stages see of it; adopted weight sets come first."""
        adopted = self.folder.records().get(ADOPT)
        names = [origin.name for origin in adopted.origins] if adopted else []
        sets = (*names, *self.kind.weight_sets(self.settings))
        return RunView(self.path, self.settings, sets, self.named)

    @property
    def seal(self) -> Seal:
        """Its files against what was recorded of them."""
        return Seal(self.view, self.stages)

    @cached_property
    def network(self) -> Network:
        """The description this run is about."""
        return load_network(self.path)

    def weight_sets(self) -> list[tuple[str, Weights]]:
        """The sets that the chip is verified with, by name."""
        return load_weights(self.path, self.network, self.view.weight_sets)

    def run(
        self,
        names: Sequence[str] | None = None,
        force: bool = False,
        before: Callable[[str], object] = lambda name: None,
    ) -> None:
        """Run the named stages (all without names) in their order, skipping what is unchanged.

        ``before`` is called with the name of each stage when its turn comes.

        Raises:
            BadInput: this run has no stage of such a name, or a file that is read is not what
                another stage left; ``mend`` puts right what can be.
        """
        known = [stage.name for stage in self.stages]
        for name in names or ():
            if name not in known:
                raise BadInput(f"{self.path}: has no stage {name!r}, only {', '.join(known)}")
        self.require_records()
        for stage in self.stages:
            if names is None or stage.name in names:
                self.seal.require(stage.inputs)
                if not force:
                    self.seal.require_left(stage.name)
                before(stage.name)
                try:
                    if self.folder.run(stage, self.view, force):
                        drop_stale_layouts(self.folder)
                finally:
                    self.write_provenance()

    def require_records(self) -> None:
        """Make sure that the records of all stages are what they left.

        Raises:
            BadInput: one that is not.
        """
        for damage in self.seal.machinery():
            raise BadInput(damage.line(self.path))

    def mend(self) -> None:
        """Have stages made again whose files are not what they left, with a line for each.

        Raises:
            BadInput: something that no stage can make again.
        """
        damages = self.seal.check()
        for damage in damages:
            if not damage.mends:
                raise BadInput(damage.line(self.path))
        for damage in damages:
            step(f"{self.path / damage.file}: {damage.found}; made again")
            if damage.stage:
                self.folder.forget(damage.stage)
        if damages:
            self.folder.write_metrics()
            self.write_provenance()

    def prepare(self) -> None:
        """Bring up to date what verification and estimation look at."""
        self.run(self.kind.preparation)

    def write_provenance(self) -> None:
        """Bring ``provenance.json`` up to date."""
        files = {str(path): path for path in self.kind.files(self.settings, self.path)}
        files |= self.settings.train.own_code
        self.folder.write_provenance(self.settings.model_dump(mode="json"), files)

    def _stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def _begin(self) -> None:
        """Record what the run was begun with: settings, code, a network or model that was given."""
        made = any(NETWORK in stage.outputs for stage in self.stages)
        names = [SETTINGS] if made else [SETTINGS, NETWORK]
        given = self.kind.files(self.settings, self.path)
        names += [str(p.relative_to(self.path)) for p in given if p.is_relative_to(self.path)]
        StageRecord(
            stage=BEGIN,
            key="",
            metrics={},
            outputs={name: sha256(self.path / name) for name in names},
            inputs={name: sha256(path) for name, path in self.settings.train.own_code.items()},
            seconds=0.0,
        ).save(self.path)
        self.write_provenance()

    @contextmanager
    def _drafted(self, force: bool) -> Iterator["Job"]:
        """This job in a new run folder, or in a draft of the one that is there.

        The block makes what the settings say. If it fails, a new folder is gone and an old one is
        as it was.
        """
        path, stored = self.path, self.path / SETTINGS
        if os.path.lexists(path) and not (path / PROVENANCE).is_file():
            raise BadInput(f"{path}: exists already and is no run folder; choose another folder")
        if stored.is_file() and not force:
            _require_same(path, RunSettings.load(stored), self.settings)
        with draft(path) as folder:
            drafted = replace(self, folder=RunFolder(folder))
            if force:
                drafted.folder.drop_unfinished(every_stage(), self.stages)
                drafted.folder.drop_others(self.stages)
                drafted.folder.write_metrics()
            write_json(folder / SETTINGS, self.settings.model_dump(mode="json"))
            yield drafted
            if force:
                drafted.folder.drop_stale(self.stages, drafted.view)
                drafted.folder.write_metrics()


def _require_same(path: Path, stored: RunSettings, found: RunSettings) -> None:
    """Refuse other settings than those that a run was begun with, naming each."""
    if found != stored:
        told = one_line(differences(stored, found), MAX_TOLD)
        raise BadInput(
            f"{path}: holds a run with other settings ({told}); add --force to replace them"
        )
