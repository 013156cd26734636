"""A model file again, with another architecture and everything else as it was."""

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.model_file import (
    ARCHITECTURE,
    ARCHIVE_ERRORS,
    MAX_FILE_BYTES,
    entry_of,
)


def rewritten(data: bytes, ending: str, architecture: Any, source: str) -> bytes:
    """The bytes of a model file whose architecture is replaced.

    Args:
        data: the file, which ``read_model`` took.
        ending: of its name.
        architecture: the JSON of the new graph.
        source: names the file in messages.

    Raises:
        BadInput: an archive with entries that are damaged, unusual or larger than all of it may
            be; HDF5 in which the architecture has no room.
    """
    text = json.dumps(architecture)
    if ending == ".json":
        return text.encode()
    if ending == ".keras":
        try:
            return _archive(data, text, source)
        except ARCHIVE_ERRORS as error:
            reason = short(str(error) or type(error).__name__)
            raise BadInput(f"{source}: not a readable .keras file ({reason})") from None
    return _hdf5(data, text, source)


def _archive(data: bytes, text: str, source: str) -> bytes:
    made, room = io.BytesIO(), MAX_FILE_BYTES
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            content = text.encode()
            if entry.filename != ARCHITECTURE:
                content = entry_of(old, entry.filename, room, source)
            room -= len(content)
            new.writestr(entry, content)
    return made.getvalue()


def _hdf5(data: bytes, text: str, source: str) -> bytes:
    import h5py

    with tempfile.TemporaryDirectory(prefix="asicae-rewritten-") as folder:
        path = Path(folder) / "model.h5"
        path.write_bytes(data)
        try:
            with h5py.File(path, "r+") as file:
                file.attrs["model_config"] = text
        except (OSError, RuntimeError, ValueError) as error:
            raise BadInput(
                f"{source}: no room for the architecture ({error}), allowed are .keras and .json"
            ) from None
        return path.read_bytes()
