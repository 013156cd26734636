"""What a page is made from: the files of a run folder, and the parts of a section."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json
from asicae.training.record import EVALUATION_FOLDER, EvaluationRecord


@dataclass(frozen=True)
class Panel:
    """A figure with what it shows: an element of HTML; ``wide`` ones have a row of their own."""

    title: str
    svg: str
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class TextTable:
    """Rows of text under ``columns``; columns in ``numbers`` are aligned to the right.

    One with words in ``folded`` shows these, until it is opened.
    """

    columns: Sequence[str]
    numbers: frozenset[str]
    rows: Sequence[Sequence[str]]
    remark: str
    folded: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page; without panels and tables it is left out. It begins with ``lead``."""

    title: str
    panels: Sequence[Panel]
    tables: Sequence[TextTable] = ()
    lead: Sequence[str] = ()


@dataclass(frozen=True)
class Run:
    """What the page is made from."""

    folder: Path
    metrics: dict[str, Any]
    network: dict[str, Any]
    provenance: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "Run":
        """Read a run folder.

        Raises:
            BadInput: a file is missing or unreadable.
        """
        names = ("metrics.json", "network.json", "provenance.json")
        metrics, network, provenance = (read_json(folder / name) for name in names)
        if not all(isinstance(part, dict) for part in (metrics, network, provenance)):
            raise BadInput(f"{folder}: metrics, network and provenance must be JSON objects")
        return cls(folder, metrics, network, provenance)

    @property
    def links(self) -> list[int]:
        """Link counts of the run with a measured distance."""
        counts = self.provenance["settings"]["links"]
        return sorted(n for n in counts if f"emd.autoencoder.{n}links" in self.metrics)

    def under(self, prefix: str) -> dict[str, Any]:
        """Metrics below ``prefix``, without it."""
        return {k.removeprefix(prefix): v for k, v in self.metrics.items() if k.startswith(prefix)}

    def evaluation(self, file: str) -> EvaluationRecord | None:
        """One evaluation, or None where it was not made.

        Raises:
            BadInput: see ``EvaluationRecord.load``.
        """
        path = self.folder / EVALUATION_FOLDER / file
        return EvaluationRecord.load(path) if path.is_file() else None
