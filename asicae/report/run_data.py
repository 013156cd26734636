"""What a page is made from: the files of a run folder, and the parts of a section."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asicae.foundation.archives import read_npz
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json

EVALUATION = {
    "calq": ("iu", 2),
    "reference": ("iu", 2),
    "latents": ("iu", 2),
    "reconstructed": ("f", 2),
    "kept": ("b", 1),
}


@dataclass(frozen=True)
class Panel:
    """A figure with what it shows."""

    title: str
    svg: str
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows of text under ``columns``; columns in ``numbers`` are aligned to the right."""

    columns: Sequence[str]
    numbers: frozenset[str]
    rows: Sequence[Sequence[str]]
    remark: str


@dataclass(frozen=True)
class Section:
    """A part of the page; without panels and tables it is left out."""

    title: str
    panels: Sequence[Panel]
    tables: Sequence[Table] = ()


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
        """Link counts with a measured distance."""
        prefix, suffix = "emd.autoencoder.", "links"
        keys = [key for key in self.metrics if key.startswith(prefix)]
        return sorted(int(key.removeprefix(prefix).removesuffix(suffix)) for key in keys)

    def under(self, prefix: str) -> dict[str, Any]:
        """Metrics below ``prefix``, without it."""
        return {k.removeprefix(prefix): v for k, v in self.metrics.items() if k.startswith(prefix)}

    def evaluation(self, name: str) -> dict[str, Any] | None:
        """Arrays of one evaluation, or None where it was not made."""
        path = self.folder / "evaluation" / f"{name}.npz"
        if not path.is_file():
            return None
        # Distances are NaN where an event has none, so they are read without the finite check.
        arrays = read_npz(path, EVALUATION)
        with np.load(path, allow_pickle=False) as stored:
            arrays["emd"] = np.asarray(stored["emd"], dtype=np.float64)
        return arrays
