"""A process of its own that reads one HDF5 file and may be killed; run by ``hdf5``.

HDF5 is a large C library, and the file may be made to break it. So it gets the bytes of the file on
standard input, little memory and processor time (as its arguments say), no plugins, and answers
with an NPZ on standard output: ``index`` (JSON: attributes by group, paths of the datasets) and one
array per dataset. A file it refuses gives exit code 3 and one line on standard error; too much
processor time ends it with SIGXCPU. No clock is looked at: it may wait for a busy machine.

Nothing of the kit is imported here, so that the process starts quickly.
"""

import io
import json
import math
import os
import resource
import sys
from typing import Any

REFUSED = 3
MAX_OBJECTS = 4096
MAX_DEPTH = 16
MAX_RANK = 4
MAX_TOTAL_BYTES = 64 << 20
MAX_TEXTS = 1 << 16
"""In the parts of one list."""
MAX_CHARACTERS = 32 << 20
"""In all texts together; texts in a file may be many times the same bytes."""
TEXT_ATTRIBUTES = ("model_config", "keras_version", "name")
LIST_ATTRIBUTES = ("layer_names", "weight_names")
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HDF5_PLUGIN_PRELOAD": "::"}
"""In the environment."""
Texts = dict[str, str | list[str]]
FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32"}


class Refused(Exception):
    """The file holds what a model file does not need; the message says what."""


def main() -> int:
    """Read standard input, answer on standard output."""
    # Set before numpy and h5py are loaded: one thread, and no plugin may be loaded from anywhere.
    os.environ |= QUIET
    import h5py
    import numpy as np

    data = sys.stdin.buffer.read()
    limit(*map(int, sys.argv[1:3]))
    try:
        with h5py.File(h5py.h5f.open_file_image(data)) as file:
            attributes, datasets = _walk(file, h5py)
    except Exception as error:  # whatever the library says about a broken file is one line
        text = " ".join(str(error).split()) or type(error).__name__
        told = text if isinstance(error, Refused) else f"not a readable HDF5 file ({text})"
        print(told, file=sys.stderr)
        return REFUSED
    index = json.dumps({"attributes": attributes, "datasets": list(datasets)})
    answer = io.BytesIO()
    arrays = {str(number): array for number, array in enumerate(datasets.values())}
    np.savez(answer, index=np.frombuffer(index.encode(), dtype=np.uint8), **arrays)
    sys.stdout.buffer.write(answer.getvalue())
    return 0


def limit(cpu_seconds: int, memory_bytes: int) -> None:
    """Bound what is still to come: processor time, address space, and nothing written."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    total = math.ceil(used.ru_utime + used.ru_stime) + cpu_seconds
    # SIGXCPU at the first of the two numbers, SIGKILL at the second.
    _lower(resource.RLIMIT_CPU, total, total + 1)
    _lower(resource.RLIMIT_AS, memory_bytes, memory_bytes)
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        _lower(kind, 0, 0)


def _lower(kind: int, soft: int, hard: int) -> None:
    """Set a limit, or leave the lower one that the caller of the kit has set."""
    now = [value if value != resource.RLIM_INFINITY else hard for value in resource.getrlimit(kind)]
    resource.setrlimit(kind, (min(now[0], soft), min(now[1], hard)))


def _walk(file: Any, h5py: Any) -> tuple[dict[str, Texts], dict[str, Any]]:
    attributes: dict[str, Texts] = {}
    datasets: dict[str, Any] = {}
    total = characters = 0
    pending = [("", file, 0)]
    while pending:
        path, group, depth = pending.pop()
        attributes[path] = _attributes(group, path)
        characters += sum(map(_length, attributes[path].values()))
        if characters > MAX_CHARACTERS:
            raise Refused(f"{path or '/'}: more than {MAX_CHARACTERS} characters of text")
        for name in group:
            here = f"{path}/{name}" if path else name
            if len(datasets) + len(attributes) + len(pending) > MAX_OBJECTS or depth > MAX_DEPTH:
                raise Refused(f"{here}: more than {MAX_OBJECTS} objects or {MAX_DEPTH} levels")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise Refused(f"{here}: a link to elsewhere, allowed are plain groups and datasets")
            item = group[name]
            if isinstance(item, h5py.Dataset):
                total += _checked_size(item, here)
                if total > MAX_TOTAL_BYTES:
                    raise Refused(f"{here}: more than {MAX_TOTAL_BYTES >> 20} MiB of arrays")
                datasets[here] = item[()]
            elif isinstance(item, h5py.Group):
                pending.append((here, item, depth + 1))
    return attributes, datasets


def _checked_size(dataset: Any, path: str) -> int:
    """Bytes the dataset will take, before any are read."""
    if dataset.external or dataset.is_virtual:
        raise Refused(f"{path}: data in other files, allowed is data in this file")
    if dataset.shape is None or dataset.dtype.kind not in "fiu":
        raise Refused(f"{path}: type {dataset.dtype}, allowed are numbers")
    if dataset.ndim > MAX_RANK:
        raise Refused(f"{path}: {dataset.ndim} dimensions, allowed are {MAX_RANK}")
    settings = dataset.id.get_create_plist()
    for number in range(settings.get_nfilters()):
        code = settings.get_filter(number)[0]
        if code not in FILTERS:
            raise Refused(f"{path}: filter {code}, allowed are {', '.join(FILTERS.values())}")
    size = int(dataset.dtype.itemsize)
    for length in dataset.shape:
        size *= int(length)
    if size > MAX_TOTAL_BYTES:
        raise Refused(
            f"{path}: shape {dataset.shape} takes {size} bytes, allowed are {MAX_TOTAL_BYTES}"
        )
    return size


def _attributes(group: Any, path: str) -> Texts:
    """The attributes that matter; long lists are stored in parts name0, name1, ..."""
    found: Texts = {}
    names = set(group.attrs)
    for name in TEXT_ATTRIBUTES:
        if name in names:
            found[name] = _text(group.attrs[name], f"{path}@{name}")
    for name in LIST_ATTRIBUTES:
        parts = [name] if name in names else []
        while f"{name}{len(parts)}" in names and name not in names:
            parts.append(f"{name}{len(parts)}")
        if parts:
            lists = [group.attrs[part] for part in parts]
            if sum(map(len, lists)) > MAX_TEXTS:
                raise Refused(f"{path}@{name}: more than {MAX_TEXTS} texts")
            found[name] = [_text(entry, f"{path}@{name}") for part in lists for entry in part]
    return found


def _length(value: str | list[str]) -> int:
    """Characters, one more for each text of a list."""
    return len(value) if isinstance(value, str) else sum(len(text) + 1 for text in value)


def _text(value: object, where: str) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if not isinstance(value, str):
        raise Refused(f"{where}: {type(value).__name__}, expected text")
    return value


if __name__ == "__main__":
    sys.exit(main())
