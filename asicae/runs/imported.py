"""Runs about an encoder that was trained elsewhere: import, RTL, verification, estimation."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any, ClassVar

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes, read_json, write_bytes, write_json
from asicae.foundation.validation import validated
from asicae.network.importing.importer import Choice, import_model
from asicae.network.importing.model_file import MAX_FILE_BYTES, weights_beside
from asicae.network.weights import Weights
from asicae.runs.folder import Metrics, RunFolder, Stage
from asicae.runs.job import SETTINGS, Job
from asicae.runs.settings import ImportSettings, RunSettings
from asicae.source.simulate import SourceSettings

WEIGHT_SET = "imported"
FINDINGS = "import.json"
TRAINED_ONLY = ("train", "evaluate", "compare")
SOURCE = SourceSettings(events=9_000, seed=11)
"""Stimulus of verification and estimation; nothing is trained on it."""


class ImportedJob(Job):
    """A run whose description and weights come from a model file.

    The run folder keeps a copy of the file and works from it.
    """

    PREPARATION: ClassVar[tuple[str, ...]] = ("import", "readouts", "export")

    @classmethod
    def create(cls, path: Path, settings: RunSettings, force: bool = False) -> "ImportedJob":
        """Start a run and import the model.

        Raises:
            BadInput: see ``started`` and ``import_model``; a new folder is not left behind, and an
                old one is as it was.
        """
        created = cls(RunFolder(path), settings)
        contents = {name: read_bytes(Path(name), MAX_FILE_BYTES) for name in created.model_files()}
        with cls.started(path, settings, force) as job:
            shutil.rmtree(job.path / "model", ignore_errors=True)
            for name, data in contents.items():
                write_bytes(job.kept(name), data)
            job.write_provenance()
            job.run(["import"])
        return created

    @property
    def origin(self) -> ImportSettings:
        """Where the encoder came from."""
        if self.settings.imported is None:
            raise BadInput(f"{self.path}: no model was imported into this run")
        return self.settings.imported

    def model_files(self) -> list[str]:
        """The files of the model as the user named them."""
        return [name for name in (self.origin.model, self.origin.weights) if name is not None]

    def kept(self, name: str) -> Path:
        """The copy of a model file in the run folder."""
        return self.path / "model" / Path(name).name

    def inputs(self) -> list[Path]:
        """The copies of the model's files, and the library."""
        return [*super().inputs(), *map(self.kept, self.model_files())]

    def weight_sets(self) -> list[tuple[str, Weights]]:
        """The one set that was imported."""
        path = self.path / "weights" / f"{WEIGHT_SET}.npz"
        return [(WEIGHT_SET, Weights.load(path, self.network))]

    def stages(self) -> list[Stage]:
        """Import first, nothing to train; the rest as in every run."""
        others = [stage for stage in super().stages() if stage.name not in TRAINED_ONLY]
        choice = self.origin.model_dump(mode="json")
        outputs = ["network.json", f"weights/{WEIGHT_SET}.npz", FINDINGS, "model/*"]
        reading = "reading the model"
        first = Stage("import", reading, self._import, choice, ["model/*"], outputs, ["network"])
        return [first, *others]

    def notes(self) -> list[str]:
        """What the import found worth saying."""
        return [str(note) for note in read_json(self.path / FINDINGS)["notes"]]

    def _import(self) -> Metrics:
        origin = self.origin
        fields = [field.name for field in dataclasses.fields(Choice)]
        choice = Choice(**{name: getattr(origin, name) for name in fields})
        weights = self.kept(origin.weights) if origin.weights else None
        told = {self.kept(name): name for name in self.model_files()}
        found = import_model(self.kept(origin.model), choice, weights, told)
        found.network.save(self.path / "network.json")
        found.weights.save(self.path / "weights" / f"{WEIGHT_SET}.npz")
        content = {"origins": found.origins, "notes": list(found.notes)}
        write_json(self.path / FINDINGS, content)
        return {
            "weights.parameters": sum(p.count for p in found.network.parameters),
            "weights.bits": found.network.weight_bits,
        }


def import_settings(model: Path, weights: Path | None, choice: dict[str, Any]) -> RunSettings:
    """Settings of a run about ``model``; ``choice`` has the fields of ``Choice``.

    The weights of a ``.json`` are looked for beside it unless they are given.

    Raises:
        BadInput: a value that is not allowed; no weights beside a ``.json``.
    """
    if weights is None and model.suffix == ".json" and model.is_file():
        weights = weights_beside(model)
    files = {"model": str(model.resolve()), "weights": str(weights.resolve()) if weights else None}
    imported = validated(ImportSettings, files | choice, "import")
    return RunSettings(imported=imported, source=SOURCE)


def open_job(path: Path) -> Job:
    """An existing run, trained or imported.

    Raises:
        BadInput: no run folder at ``path``.
    """
    folder = RunFolder.open(path)
    settings = RunSettings.load(path / SETTINGS)
    return (ImportedJob if settings.imported else Job)(folder, settings)
