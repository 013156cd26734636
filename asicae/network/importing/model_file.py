"""Model files as data: the architecture and the arrays of every layer, nothing run.

Read are ``.keras`` (Keras 3), whole models in ``.h5``/``.hdf5``, and ``.json`` with the weights
beside it, in an HDF5 file or a checkpoint of TensorFlow.
"""

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes
from asicae.foundation.json_text import parse_json
from asicae.foundation.validation import short
from asicae.network.importing.architecture import Model, model_of
from asicae.network.importing.checkpoint.files import INDEX, index_instead, index_of
from asicae.network.importing.checkpoint.layers import arrays_of
from asicae.network.importing.hdf5 import Array, Hdf5Content, read_hdf5

MAX_FILE_BYTES = 256 << 20
MAX_JSON_BYTES = 16 << 20
MAX_VALUES = 1 << 20
"""Of an architecture."""
MAX_ENTRIES = 1024
HDF5_SUFFIXES = (".h5", ".hdf5")
SUFFIXES = (".keras", *HDF5_SUFFIXES, ".json")
ARCHITECTURE, WEIGHTS = "config.json", "model.weights.h5"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What a damaged or hostile archive raises; the last two are sizes and places beyond all numbers.
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    RuntimeError,
    OverflowError,
    MemoryError,
)
_LEGACY_ROOT = "model_weights"


@dataclass(frozen=True)
class StoredModel:
    """A model file.

    Attributes:
        model: its graph.
        arrays: by layer, the names of the models it is nested in and its own, the arrays in the
            order of the layer's variables (kernel, bias), by what the file calls them: a name or a
            number, those of a layer inside it with that one's name before and "/".
        architecture: the JSON of the graph, whose dictionaries are those of its nodes.
    """

    model: Model
    arrays: dict[tuple[str, ...], dict[str, Array]]
    architecture: Any = None

    def arrays_of(self, path: tuple[str, ...], name: str) -> dict[str, Array]:
        """Arrays of a layer inside the models ``path``, whichever layout they were stored in."""
        if (*path, name) in self.arrays:
            return self.arrays[(*path, name)]
        if path:
            return self.arrays.get((path[0], name), {})
        return next((found for address, found in self.arrays.items() if address[0] == name), {})


def named(
    arrays: Mapping[str, Array], own: Sequence[str], inside: Sequence[str] = ()
) -> dict[str, Array]:
    """Arrays of a layer by name, whether the file has names or numbers.

    Args:
        arrays: as in ``StoredModel``.
        own: names of the layer's variables in their order.
        inside: names of those of the layer inside it.
    """
    found = {}
    for key, array in arrays.items():
        before, _, leaf = key.rpartition("/")
        names = inside if before else own
        if leaf.isascii() and leaf.isdecimal():
            leaf = names[int(leaf)] if len(leaf) < 3 and int(leaf) < len(names) else key
        found[leaf] = array
    return found


def read_model(
    path: Path, weights: Path | None = None, told: Mapping[Path, str] | None = None
) -> StoredModel:
    """Read a model file; ``weights`` belongs to a ``.json`` and is looked for beside it.

    ``told``: what to call a file in messages, where it is not called by its path.

    Raises:
        BadInput: missing, broken, hostile or unknown contents; names file and reason.
    """
    source = (told or {}).get(path, str(path))
    if index := index_instead(path):
        raise BadInput(
            f"{source}: a checkpoint of TensorFlow, which holds weights and no layers; give the "
            "model's JSON (to_json() of Keras) and the index of the checkpoint: "
            f"asicae import MODEL.json --weights {index}"
        )
    if path.suffix not in SUFFIXES:
        raise BadInput(f"{source}: ending {path.suffix!r}, allowed are {', '.join(SUFFIXES)}")
    if weights is not None and path.suffix != ".json":
        raise BadInput(f"{source}: brings its own weights; --weights belongs to a .json file")
    data = read_bytes(path, MAX_FILE_BYTES)
    if path.suffix == ".keras":
        return _keras_3(data, source)
    if path.suffix == ".json":
        weights = weights or weights_beside(path)
        return _apart(data, source, weights, (told or {}).get(weights, str(weights)))
    content = read_hdf5(data, source)
    text = content.attributes[""].get("model_config")
    if text is None:
        raise BadInput(
            f"{source}: holds weights only; import the architecture: "
            f"asicae import MODEL.json --weights {path.name}"
        )
    return _stored(_json(text, source), content, source)


def _apart(data: bytes, source: str, weights: Path, weights_source: str) -> StoredModel:
    index = None if weights.suffix in HDF5_SUFFIXES else index_of(weights)
    if weights.suffix not in HDF5_SUFFIXES and index is None:
        raise _no_weights(weights, weights_source)
    architecture = _json(data, source)
    if index is not None:
        called = f"{weights_source.removesuffix(INDEX)}{INDEX}"
        model = model_of(architecture, source)
        return StoredModel(model, arrays_of(index, model, called), architecture)
    content = read_hdf5(read_bytes(weights, MAX_FILE_BYTES), weights_source)
    return _stored(architecture, content, source)


def _no_weights(path: Path, source: str) -> BadInput:
    """What is no file of weights, with the one to give."""
    allowed = ", ".join((*HDF5_SUFFIXES, INDEX))
    if instead := index_instead(path):
        return BadInput(
            f"{source}: a part of a checkpoint of TensorFlow, allowed is its index: "
            f"--weights {instead}"
        )
    return BadInput(f"{source}: ending {path.suffix!r}, allowed are {allowed}")


def weights_beside(path: Path) -> Path:
    """The weights that lie beside a ``.json``.

    Raises:
        BadInput: there are none.
    """
    names = [f"{path.stem}{ending}" for ending in (".weights.h5", ".h5", ".hdf5", INDEX)]
    for name in names:
        if path.with_name(name).is_file():
            return path.with_name(name)
    raise BadInput(f"{path}: no weights beside it ({', '.join(names)}); give them with --weights")


def _keras_3(data: bytes, source: str) -> StoredModel:
    # Every entry of the directory begins with these bytes; the library reads all it is told of.
    if data.count(b"PK\x01\x02") > MAX_ENTRIES:
        raise BadInput(f"{source}: more than {MAX_ENTRIES} entries, allowed are {MAX_ENTRIES}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_entries(archive, source)
            architecture = entry_of(archive, ARCHITECTURE, MAX_JSON_BYTES, source)
            weights = entry_of(archive, WEIGHTS, MAX_FILE_BYTES, source)
    except ARCHIVE_ERRORS as error:
        reason = short(str(error) or type(error).__name__)
        raise BadInput(f"{source}: not a readable .keras file ({reason})") from None
    return _stored(_json(architecture, source), read_hdf5(weights, source), source)


def _check_entries(archive: zipfile.ZipFile, source: str) -> None:
    counts = Counter(archive.namelist())
    for name, count in counts.items():
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            raise BadInput(f"{source}: entry {short(name)} leads out of the archive")
        if count > 1:
            raise BadInput(f"{source}: entry {short(name)} is there {count} times")
    for name in (ARCHITECTURE, WEIGHTS):
        if name not in counts:
            found = ", ".join(short(other) for other in sorted(counts)[:8])
            raise BadInput(f"{source}: entry {name!r} is missing, found {found or 'none'}")


def entry_of(archive: zipfile.ZipFile, name: str, limit: int, source: str) -> bytes:
    """An entry of an archive, whatever size it says that it has.

    Raises:
        BadInput: more than ``limit`` bytes, encrypted, or packed in an unusual way.
    """
    entry = archive.getinfo(name)
    if entry.compress_type not in _METHODS:
        raise BadInput(
            f"{source}: entry {name!r}: compression {entry.compress_type} is not allowed"
        )
    if entry.flag_bits & 1:
        raise BadInput(f"{source}: entry {name!r} is encrypted")
    # The declared size may lie, so no more than the limit is ever unpacked.
    with archive.open(entry) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise BadInput(f"{source}: entry {name!r} is larger than {limit} bytes")
    return data


def _json(text: str | bytes, source: str) -> Any:
    if len(text) > MAX_JSON_BYTES:
        raise BadInput(f"{source}: architecture of {len(text)} bytes, allowed {MAX_JSON_BYTES}")
    # HGQ2 writes that integer bits of weights may fall at any speed, which is infinite.
    return parse_json(text, f"{source}: the architecture", MAX_VALUES, infinity=True)


def _stored(architecture: Any, content: Hdf5Content, source: str) -> StoredModel:
    model = model_of(architecture, source)
    by_layer = _keras_3_arrays(content, model) or _legacy_arrays(content, model, source)
    return StoredModel(model, by_layer, architecture)


def _legacy_arrays(
    content: Hdf5Content, model: Model, source: str
) -> dict[tuple[str, ...], dict[str, Array]]:
    """Arrays of the layout "group of a top layer, attribute weight_names".

    A weight's name ends in "layer/kernel:0" (Keras 2) or "layer/kernel" (Keras 3), which tells the
    layers of a nested model apart; a layer inside a layer stands between the two.
    """
    root = _LEGACY_ROOT if _LEGACY_ROOT in content.attributes else ""
    found: dict[tuple[str, ...], dict[str, Array]] = {}
    names = content.attributes[root].get("layer_names", [])
    for name, count in Counter(names).items():
        if count > 1:
            raise BadInput(f"{source}: the weights of layer {short(name)} are there {count} times")
        group = f"{root}/{name}" if root else name
        layers = _names_below(model, name)
        for weight in content.attributes.get(group, {}).get("weight_names", []):
            array = content.datasets.get(f"{group}/{weight}")
            if array is None:
                path = short(f"{group}/{weight}")
                raise BadInput(f"{source}: array {path} is named but not there")
            parts = weight.split("/")
            own = max((at for at, part in enumerate(parts[:-1]) if part in layers), default=None)
            own = max(len(parts) - 2, 0) if own is None else own
            inner = parts[own] if len(parts) > 1 else name
            key = "/".join(parts[own + 1 :] or parts).removesuffix(":0")
            found.setdefault((name, inner), {})[key] = array
    return found


def _names_below(model: Model, name: str) -> set[str]:
    """The layer of that name, or those of the model of that name."""
    node = model.nodes.get(name)
    if node is None or node.model is None:
        return {name}
    nested = (path[-1][1].model for path in node.model.nested())
    return {*node.model.nodes, *(each for inner in nested if inner for each in inner.nodes)}


def _keras_3_arrays(content: Hdf5Content, model: Model) -> dict[tuple[str, ...], dict[str, Array]]:
    """Arrays of the layout ".../layers/<container key>/vars/<number>"; empty for another layout.

    Layers inside a layer stand as the names of their attributes before "vars".
    """
    names = _container_names(model, "")
    found: dict[tuple[str, ...], dict[str, Array]] = {}
    paths = [path.split("/") for path in content.datasets]
    numbered = [parts for parts in paths if len(parts) > 2 and parts[-2] == "vars"]
    for parts in sorted(numbered, key=lambda parts: (parts[:-1], parts[-1].zfill(8))):
        keys, address = parts[:-2], []
        for length in range(2, len(keys) + 1, 2):
            if keys[length - 2] != keys[0]:
                break  # no model in a model, but layers in a layer
            container = "/".join(keys[:length])
            told = content.attributes.get(f"{container}/vars", {}).get("name")
            address.append(told or names.get(container, keys[length - 1]))
        key = "/".join([*keys[2 * len(address) :], parts[-1]])
        found.setdefault(tuple(address), {})[key] = content.datasets["/".join(parts)]
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
