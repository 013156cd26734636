"""A run, made or gone on with: a folder, its settings, and the stages of its kind."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.foundation.files import write_json
from asicae.foundation.folders import draft
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.runs.encoders import load_network, load_weights
from asicae.runs.folder import PROVENANCE, RunFolder
from asicae.runs.kinds import RunKind, kind_of
from asicae.runs.settings import RunSettings
from asicae.runs.stage import RunView, Stage

SETTINGS = "settings.json"


@dataclass(frozen=True)
class Job:
    """A run folder with its settings."""

    folder: RunFolder
    settings: RunSettings

    @classmethod
    def create(cls, path: Path, settings: RunSettings, force: bool = False) -> "Job":
        """Start a run, or go on with one of the same settings, and run its first stage.

        Settings that cannot be used leave no new folder behind, and an old one as it was. With
        ``force``, what an earlier run left and these settings would not give is dropped.

        Raises:
            BadInput: ``path`` exists and is no run folder, or has other settings (without force);
                what the first stage and ``RunKind.begin`` raise.
        """
        job = cls(RunFolder(path), settings)
        write = job.kind.begin(settings)
        with job._drafted(force) as drafted:
            write(drafted.path)
            drafted.write_provenance()
            drafted.run([job.kind.first])
        job.write_provenance()
        return job

    @classmethod
    def open(cls, path: Path) -> "Job":
        """An existing run.

        Raises:
            BadInput: no run folder at ``path``.
        """
        folder = RunFolder.open(path)
        return cls(folder, RunSettings.load(path / SETTINGS))

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
        """What its stages see of it."""
        return RunView(self.path, self.settings, self.kind.weight_sets(self.settings))

    @cached_property
    def network(self) -> Network:
        """The description this run is about."""
        return load_network(self.path)

    def weight_sets(self) -> list[tuple[str, Weights]]:
        """The sets that the chip is verified with, by name."""
        return load_weights(self.path, self.network, self.view.weight_sets)

    def run(self, names: Sequence[str] | None = None, force: bool = False) -> None:
        """Run the named stages (all without names) in their order, skipping what is unchanged.

        Raises:
            BadInput: this run has no stage of such a name.
        """
        known = [stage.name for stage in self.stages]
        for name in names or ():
            if name not in known:
                raise BadInput(f"{self.path}: has no stage {name!r}, only {', '.join(known)}")
        for stage in self.stages:
            if names is None or stage.name in names:
                self.folder.run(stage, self.view, force)
                self.write_provenance()

    def prepare(self) -> None:
        """Bring up to date what verification and estimation look at."""
        self.run(self.kind.preparation)

    def write_provenance(self) -> None:
        """Bring ``provenance.json`` up to date."""
        files = self.kind.files(self.settings, self.path)
        self.folder.write_provenance(self.settings.model_dump(mode="json"), files)

    @contextmanager
    def _drafted(self, force: bool) -> Iterator["Job"]:
        """This job in a new run folder, or in a draft of the one that is there.

        The block makes what the settings say. If it fails, a new folder is gone and an old one is
        as it was.
        """
        path, stored = self.path, self.path / SETTINGS
        if os.path.lexists(path) and not (path / PROVENANCE).is_file():
            raise BadInput(f"{path}: exists already and is no run folder; choose another folder")
        if stored.is_file() and not force and RunSettings.load(stored) != self.settings:
            raise BadInput(f"{path}: holds a run with other settings; add --force to replace them")
        with draft(path) as folder:
            drafted = Job(RunFolder(folder), self.settings)
            if force:
                drafted.folder.drop_others(self.stages)
            write_json(folder / SETTINGS, self.settings.model_dump(mode="json"))
            yield drafted
            if force:
                drafted.folder.drop_stale(self.stages, drafted.view)
                drafted.folder.write_metrics()
