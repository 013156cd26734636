"""Runs about an encoder that was trained elsewhere; they work from a copy of the model's files."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import NAIVE
from asicae.foundation.files import read_bytes, write_bytes
from asicae.foundation.validation import validated
from asicae.network.importing.checkpoint.bundle import shards_of
from asicae.network.importing.checkpoint.files import INDEX, index_of, shards_beside
from asicae.network.importing.model_file import HDF5_SUFFIXES, MAX_FILE_BYTES, weights_beside
from asicae.runs.imported_model import MODEL, WEIGHT_SET, kept, model_files, origin
from asicae.runs.inputs import check_inputs, input_files
from asicae.runs.settings import ImportSettings, RunSettings
from asicae.source.settings import SourceSettings

SOURCE = SourceSettings(events=9_000, seed=11)
"""Stimulus of verification and estimation; nothing is trained on it."""


def import_settings(
    model: Path,
    weights: Path | None,
    choice: dict[str, Any],
    chip: Configuration = NAIVE,
) -> RunSettings:
    """Settings of a run about ``model``, as ``chip``; ``choice`` is as ``ImportChoice``.

    The weights of a ``.json`` are looked for beside it unless they are given; those of a checkpoint
    may be given by its prefix.

    Raises:
        BadInput: a value that is not allowed; no weights beside a ``.json``.
    """
    if weights is None and model.suffix == ".json" and model.is_file():
        weights = weights_beside(model)
    if weights is not None and weights.suffix not in HDF5_SUFFIXES:
        weights = index_of(weights) or weights
    model = index_of(model) or model  # refused as what it is
    paths = {
        "model": os.path.realpath(model),
        "weights": os.path.realpath(weights) if weights else None,
    }
    imported = validated(ImportSettings, paths | choice, "import")
    return RunSettings(imported=imported, source=SOURCE, chip=chip)


def begin(settings: RunSettings) -> Callable[[Path], None]:
    """Read the model's files, to be written into a run folder.

    Raises:
        BadInput: one that is missing, unreadable or too large.
    """
    check_inputs(settings)
    contents = {name: read_bytes(Path(name), MAX_FILE_BYTES) for name in model_files(settings)}
    left = MAX_FILE_BYTES
    index = _index(settings)
    for shard in shards_of(index) if index else ():
        contents[str(shard)] = read_bytes(shard, left)
        left -= len(contents[str(shard)])

    def write(run: Path) -> None:
        shutil.rmtree(run / MODEL, ignore_errors=True)
        for name, data in contents.items():
            write_bytes(kept(run, name), data)

    return write


def files(settings: RunSettings, run: Path) -> list[Path]:
    """The user's readouts and library, and the copies of the model's files."""
    copies = [kept(run, name) for name in model_files(settings)]
    index = _index(settings)
    shards = shards_beside(kept(run, str(index))) if index else []
    return [*input_files(settings), *copies, *shards]


def _index(settings: RunSettings) -> Path | None:
    """That of a checkpoint which the weights are; its shards lie beside it."""
    weights = origin(settings).weights
    return Path(weights) if weights is not None and weights.endswith(INDEX) else None


def weight_sets(settings: RunSettings) -> tuple[str, ...]:
    """The one set that was imported."""
    return (WEIGHT_SET,)
