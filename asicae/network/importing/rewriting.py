"""A model file again, with another architecture and everything else as it was."""

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.network.importing.model_file import ARCHITECTURE


def rewritten(data: bytes, ending: str, architecture: Any, source: str) -> bytes:
    """The bytes of a model file whose architecture is replaced.

    Args:
        data: the file, which ``read_model`` took.
        ending: of its name.
        architecture: the JSON of the new graph.
        source: names the file in messages.

    Raises:
        BadInput: HDF5 in which the architecture has no room.
    """
    text = json.dumps(architecture)
    if ending == ".json":
        return text.encode()
    return _archive(data, text) if ending == ".keras" else _hdf5(data, text, source)


def _archive(data: bytes, text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, text if entry.filename == ARCHITECTURE else old.read(entry))
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
