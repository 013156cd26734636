"""The model of an imported run: a copy of its files in the run folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from asicae.foundation.errors import BadInput

if TYPE_CHECKING:
    from asicae.runs.settings import ImportSettings, RunSettings

WEIGHT_SET = "imported"
MODEL = "model"
"""Folder of the copies, within the run."""


def origin(settings: "RunSettings") -> "ImportSettings":
    """Where the encoder came from.

    Raises:
        BadInput: settings of a run that trains.
    """
    if settings.imported is None:
        raise BadInput("settings: no model is imported")
    return settings.imported


def model_files(settings: "RunSettings") -> list[str]:
    """The files of the model as the user named them."""
    given = origin(settings)
    return [name for name in (given.model, given.weights) if name is not None]


def kept(run: Path, name: str) -> Path:
    """The copy of a model file in a run folder."""
    return run / MODEL / Path(name).name
