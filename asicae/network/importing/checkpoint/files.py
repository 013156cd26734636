"""The files that a checkpoint is: ``PREFIX.index`` and shards ``PREFIX.data-00000-of-00001``."""

import re
from pathlib import Path
from typing import Final

INDEX: Final = ".index"
MAX_SHARDS: Final = 64
_PART: Final = re.compile(r"(?P<prefix>.*)\.(data-\d+-of-\d+|meta)")
_LIST: Final = "checkpoint"
"""The file in which TensorFlow notes which checkpoint of a folder is the last."""


def index_of(path: Path) -> Path | None:
    """The index of the checkpoint that ``path`` names: itself, or beside the prefix that it is.

    None if it names none.
    """
    if path.suffix == INDEX:
        return path
    beside = Path(f"{path}{INDEX}")
    return beside if not path.is_file() and beside.is_file() else None


def index_instead(path: Path) -> str:
    """Name of the index to give for any file of a checkpoint; empty if it is of none."""
    index, part = index_of(path), _PART.fullmatch(path.name)
    if index is not None:
        return index.name
    if part is not None:
        return f"{part['prefix']}{INDEX}"
    if path.name == _LIST:
        return f"PREFIX{INDEX}"
    return f"{path.name}{INDEX}" if path.suffix == ".ckpt" else ""


def shard_paths(index: Path, count: int) -> list[Path]:
    """The files with the numbers of a checkpoint of ``count``, which lie beside its index."""
    prefix = index.name.removesuffix(INDEX)
    return [index.with_name(f"{prefix}.data-{k:05}-of-{count:05}") for k in range(count)]


def shards_beside(index: Path) -> list[Path]:
    """Those that are there, however many there should be."""
    prefix = index.name.removesuffix(INDEX)
    found = (path for path in index.parent.iterdir() if path.name.startswith(f"{prefix}.data-"))
    return sorted(path for path in found if _PART.fullmatch(path.name))
