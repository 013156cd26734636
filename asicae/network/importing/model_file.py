"""Model files as data: the architecture and the arrays of every layer, nothing run.

Read are ``.keras`` (Keras 3), whole models in ``.h5``/``.hdf5``, and ``.json`` with the weights in
an HDF5 file beside it.
"""

import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from asicae.errors import BadInput
from asicae.files import read_bytes
from asicae.network.importing.architecture import Model, model_of
from asicae.network.importing.hdf5 import Array, Hdf5Content, read_hdf5

MAX_FILE_BYTES = 256 << 20
MAX_JSON_BYTES = 16 << 20
HDF5_SUFFIXES = (".h5", ".hdf5")
SUFFIXES = (".keras", *HDF5_SUFFIXES, ".json")
ARCHITECTURE, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LEGACY_ROOT = "model_weights"


@dataclass(frozen=True)
class StoredModel:
    """A model file.

    Attributes:
        model: its graph.
        arrays: by layer, the names of the models it is nested in and its own, the arrays in the
            order of the layer's variables (kernel, bias).
        version: version of Keras that wrote it, as far as the file says.
    """

    model: Model
    arrays: dict[tuple[str, ...], list[Array]]
    version: str


def read_model(path: Path, weights: Path | None = None) -> StoredModel:
    """Read a model file; ``weights`` belongs to a ``.json`` and is looked for beside it.

    Raises:
        BadInput: missing, broken, hostile or unknown contents; names file and reason.
    """
    if path.suffix not in SUFFIXES:
        raise BadInput(f"{path}: ending {path.suffix!r}, allowed are {', '.join(SUFFIXES)}")
    if weights is not None and path.suffix != ".json":
        raise BadInput(f"{path}: brings its own weights; --weights belongs to a .json file")
    if path.suffix == ".keras":
        return _keras_3(path)
    if path.suffix == ".json":
        return _apart(path, weights or _weights_beside(path))
    content = read_hdf5(read_bytes(path, MAX_FILE_BYTES), str(path))
    text = content.attributes[""].get("model_config")
    if text is None:
        raise BadInput(
            f"{path}: holds weights only; import the architecture: "
            f"asicae import MODEL.json --weights {path.name}"
        )
    return _stored(_json(text, str(path)), content, str(path))


def _apart(path: Path, weights: Path) -> StoredModel:
    data = read_bytes(path, MAX_JSON_BYTES)
    content = read_hdf5(read_bytes(weights, MAX_FILE_BYTES), str(weights))
    return _stored(_json(data, str(path)), content, str(path))


def _weights_beside(path: Path) -> Path:
    names = [f"{path.stem}{ending}" for ending in (".weights.h5", ".h5", ".hdf5")]
    for name in names:
        if path.with_name(name).is_file():
            return path.with_name(name)
    raise BadInput(f"{path}: no weights beside it ({', '.join(names)}); give them with --weights")


def _keras_3(path: Path) -> StoredModel:
    data = read_bytes(path, MAX_FILE_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_entries(archive, path)
            architecture = _entry(archive, ARCHITECTURE, MAX_JSON_BYTES, path)
            weights = _entry(archive, WEIGHTS, MAX_FILE_BYTES, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(f"{path}: not a readable .keras file ({reason})") from None
    return _stored(_json(architecture, str(path)), read_hdf5(weights, str(path)), str(path))


def _check_entries(archive: zipfile.ZipFile, path: Path) -> None:
    names = archive.namelist()
    for name in names:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            raise BadInput(f"{path}: entry {name[:60]!r} leads out of the archive")
        if names.count(name) > 1:
            raise BadInput(f"{path}: entry {name!r} is there {names.count(name)} times")
    for name in (ARCHITECTURE, WEIGHTS):
        if name not in names:
            raise BadInput(f"{path}: entry {name!r} is missing, found {sorted(names)[:8]}")


def _entry(archive: zipfile.ZipFile, name: str, limit: int, path: Path) -> bytes:
    entry = archive.getinfo(name)
    if entry.compress_type not in _METHODS:
        raise BadInput(f"{path}: entry {name!r}: compression {entry.compress_type} is not allowed")
    if entry.flag_bits & 1:
        raise BadInput(f"{path}: entry {name!r} is encrypted")
    # The declared size may lie, so no more than the limit is ever unpacked.
    with archive.open(entry) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise BadInput(f"{path}: entry {name!r} is larger than {limit} bytes")
    return data


def _json(text: str | bytes, source: str) -> Any:
    if len(text) > MAX_JSON_BYTES:
        raise BadInput(f"{source}: architecture of {len(text)} bytes, allowed {MAX_JSON_BYTES}")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise BadInput(f"{source}: the architecture is not valid JSON ({reason})") from None


def _stored(architecture: Any, content: Hdf5Content, source: str) -> StoredModel:
    model = model_of(architecture, source)
    versions = [values.get("keras_version") for values in content.attributes.values()]
    version = next((str(found) for found in versions if found), "")
    by_layer = _keras_3_arrays(content, model) or _legacy_arrays(content, source)
    return StoredModel(model, by_layer, version)


def _legacy_arrays(content: Hdf5Content, source: str) -> dict[tuple[str, ...], list[Array]]:
    """Arrays of the layout "group of a top layer, attribute weight_names".

    A weight's name ends in "layer/kernel:0" (Keras 2) or "layer/kernel" (Keras 3), which tells the
    layers of a nested model apart.
    """
    root = _LEGACY_ROOT if _LEGACY_ROOT in content.attributes else ""
    found: dict[tuple[str, ...], list[Array]] = {}
    for name in content.attributes[root].get("layer_names", []):
        group = f"{root}/{name}" if root else name
        for weight in content.attributes.get(group, {}).get("weight_names", []):
            array = content.datasets.get(f"{group}/{weight}")
            if array is None:
                raise BadInput(f"{source}: array {group}/{weight} is named but not there")
            parts = weight.split("/")
            inner = parts[-2] if len(parts) > 1 else name
            found.setdefault((name, inner), []).append(array)
    return found


def _keras_3_arrays(content: Hdf5Content, model: Model) -> dict[tuple[str, ...], list[Array]]:
    """Arrays of the layout ".../layers/<container key>/vars/<number>"; empty for another layout."""
    names = _container_names(model, "")
    found: dict[tuple[str, ...], list[Array]] = {}
    paths = [path.split("/") for path in content.datasets]
    numbered = [parts for parts in paths if len(parts) > 2 and parts[-2] == "vars"]
    for parts in sorted(numbered, key=lambda parts: (parts[:-1], parts[-1].zfill(8))):
        keys, address = parts[:-2], []
        for length in range(2, len(keys) + 1, 2):
            container = "/".join(keys[:length])
            told = content.attributes.get(f"{container}/vars", {}).get("name")
            address.append(told or names.get(container, keys[length - 1]))
        found.setdefault(tuple(address), []).append(content.datasets["/".join(parts)])
    return found


def _container_names(model: Model, prefix: str) -> dict[str, str]:
    """Names of the layers by container path, as Keras 3 numbers them: by class, in file order.

    Keras before 3.6 does not write the names beside the arrays.
    """
    names: dict[str, str] = {}
    used: dict[str, int] = {}
    for node in model.nodes.values():
        key = _snake_case(node.kind)
        number = used.get(key)
        used[key] = 0 if number is None else number + 1
        container = f"{prefix}layers/{key if number is None else f'{key}_{number + 1}'}"
        names[container] = node.name
        if node.model is not None:
            names |= _container_names(node.model, f"{container}/")
    return names


def _snake_case(name: str) -> str:
    """As Keras makes the keys: QConv2D is q_conv2d, InputLayer is input_layer."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
