"""The one table of file formats: a file under ``formats/`` is a row of it by being there.

What reads, writes, describes or explains files of readouts asks this table; nothing else knows the
name or an ending of a format.
"""

import contextlib
import importlib
import pkgutil
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.readout import formats as folder
from asicae.readout.format import Format


@cache
def formats() -> Mapping[str, Format]:
    """All formats by name, in alphabetical order: ``named-csv`` is ``formats/named_csv.py``."""
    modules = sorted(found.name for found in pkgutil.iter_modules(folder.__path__))
    return {
        name.replace("_", "-"): importlib.import_module(f"{folder.__name__}.{name}").FORMAT
        for name in modules
    }


def names() -> tuple[str, ...]:
    """What may be asked for: families of formats, whose files tell which it is, and formats."""
    families = (row.family for row in formats().values() if row.family)
    return tuple(dict.fromkeys((*families, *formats())))


def endings() -> tuple[str, ...]:
    """Endings of the files that can be read."""
    return tuple(dict.fromkeys(ending for row in formats().values() for ending in row.endings))


def written_endings() -> tuple[str, ...]:
    """Endings of the files that can be written."""
    return tuple(ending for row in formats().values() for ending in row.writers)


@contextlib.contextmanager
def opened(path: Path, name: str | None) -> Iterator[tuple[Format, Any]]:
    """The format of a file, and the file as that format opens it.

    Args:
        path: of the file, which is opened once, so that it may be a pipe.
        name: one of :func:`names`; by default the ending says the format.

    Raises:
        BadInput: an unknown name or ending, a file that cannot be opened.
    """
    rows = _named(name) if name else _of_ending(path)
    with rows[0].opened(path) as file:
        claimed = (row for row in rows if row.claims is None or row.claims(file))
        yield rows[0] if len(rows) == 1 else next(claimed), file


def _named(name: str) -> list[Format]:
    rows = [row for key, row in formats().items() if name in (key, row.family)]
    if not rows:
        raise BadInput(f"format {name!r}: allowed are {', '.join(names())}")
    return _claiming_first(rows)


def _of_ending(path: Path) -> list[Format]:
    ending = _ending(path, endings())
    if ending is None:
        raise BadInput(
            f"{path}: suffix {path.suffix!r} is not known, allowed are {', '.join(endings())}"
        )
    return _claiming_first([row for row in formats().values() if ending in row.endings])


def _claiming_first(rows: list[Format]) -> list[Format]:
    return sorted(rows, key=lambda row: row.claims is None)


def written(out: Path) -> tuple[Format, str]:
    """The format that the name of an output asks for, and its ending.

    Raises:
        BadInput: no format is written with this ending.
    """
    ending = _ending(out, written_endings())
    if ending is None:
        allowed = ", ".join(written_endings())
        raise BadInput(f"{out}: ending {out.suffix!r}, allowed are {allowed}")
    return next(row for row in formats().values() if ending in row.writers), ending


def _ending(path: Path, known: Collection[str]) -> str | None:
    """The longest of the ``known`` endings that a name has, in any case."""
    return max((end for end in known if path.name.lower().endswith(end)), key=len, default=None)
