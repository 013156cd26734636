"""What a run depends on: one settings file."""

from pathlib import Path

from pydantic import Field

from asicae.comparison.settings import CompareSettings
from asicae.foundation.files import read_json, read_toml
from asicae.foundation.validation import Exact, validated
from asicae.network.importing.importer import ImportChoice
from asicae.source.settings import SourceSettings
from asicae.training.settings import TrainSettings


class ImportSettings(ImportChoice):
    """Where an imported encoder came from, and what its files leave open."""

    model: str
    weights: str | None = None


class RunSettings(Exact):
    """Everything a run depends on; the defaults are the demo.

    ``validation_events`` and ``test_events`` are split off the end of the readouts; the rest
    trains. ``dead_cells`` trigger cells are switched off for the second weight set.

    A run with ``imported`` is about the encoder of a model file: nothing is trained, and
    ``network``, ``train``, ``compare``, ``links`` and the dead cells are not used.
    """

    network: str = "econ-t"
    source: SourceSettings = SourceSettings(events=58_000, seed=11)
    data: str | None = None
    train: TrainSettings = TrainSettings()
    compare: CompareSettings = CompareSettings()
    links: tuple[int, ...] = (1, 2, 3, 4, 5)
    validation_events: int = Field(default=3_000, ge=100)
    test_events: int = Field(default=5_000, ge=100)
    dead_cells: int = Field(default=6, ge=1, le=40)
    dead_cells_links: int = 2
    dead_cells_seed: int = Field(default=1, ge=0)
    verify_events: int = Field(default=2_000, ge=1)
    engine_events: int = Field(default=100_000, ge=100)
    estimate_events: int = Field(default=1_000, ge=2)
    estimate_seed: int = Field(default=1, ge=0)
    liberty: str | None = None
    imported: ImportSettings | None = None

    @classmethod
    def load(cls, path: Path | None) -> "RunSettings":
        """Settings from a TOML or JSON file; the defaults without one.

        Raises:
            BadInput: unreadable file, unknown key or a value that is not allowed.
        """
        if path is None:
            return cls()
        content = read_json(path) if path.suffix == ".json" else read_toml(path)
        return validated(cls, content, str(path))
