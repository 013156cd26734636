"""Readouts from files of any format and size, a chunk at a time."""

import dataclasses
import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.readout import format_table
from asicae.readout.options import Options
from asicae.readout.parsing.foreign import unreadable
from asicae.readout.part import Part
from asicae.readout.readouts import Readouts, concatenate
from asicae.readout.rejected import PARTIAL, Rejected
from asicae.readout.selection import Selection

CHUNK: Final = 65536
MAX_MODULES: Final = 16_000_000
"""Modules that are loaded at once: 3.4 GB, and as much again while they are joined.

Files may hold more and are streamed then.
"""


def stream(
    paths: Path | str | Sequence[Path | str],
    options: Options | None = None,
    selection: Selection | None = None,
    chunk: int = CHUNK,
    rejected: Rejected | None = None,
    hashes: bool = False,
) -> Iterator[Readouts]:
    """Yield the modules of files in order, with memory that does not grow with their size.

    Args:
        paths: one or more files or globs.
        options: what the files do not say about themselves.
        selection: which modules are wanted, by default all.
        chunk: modules at a time; the last chunk of a file may be smaller.
        rejected: what to do with bad modules and files, and where to count them.
        hashes: add name and SHA-256 of every file to ``source`` (read once more for it).

    Raises:
        BadInput: missing or unreadable file, unknown format, bad contents, all files without
            modules (some of many are counted as ``rejected``).
        MissingTool: a format needs an extra that is not installed.
    """
    if chunk < 1:
        raise BadInput(f"chunk is {chunk}, allowed is 1 or more modules")
    selection = selection or Selection()
    options = options or Options()
    wants_signal = selection.min_signal_fraction is not None
    options = dataclasses.replace(options, signal_fraction=wants_signal)
    rejected = rejected or Rejected()
    delivered = 0
    for path in expand(paths):
        note = _note(path, rejected) if hashes else ""
        if note is None:
            continue
        parts = _parts_of(path, options, rejected)
        for readouts in _chunks((selection.of(part) for part in parts), chunk):
            delivered += len(readouts)
            yield dataclasses.replace(readouts, source=readouts.source + note) if note else readouts
    if delivered == 0:
        raise BadInput(_nothing_left(paths, selection, rejected))


def load(
    path: Path | str | Sequence[Path | str],
    order: str | None = None,
    skip_partial: bool = False,
    options: Options | None = None,
    selection: Selection | None = None,
    rejected: Rejected | None = None,
) -> Readouts:
    """Read all modules of files of any format.

    Args:
        path: the file, several, or globs.
        order: cell order of ``CALQ_0..47``, by default that of the format. A file that records its
            order must agree.
        skip_partial: leave out the partial modules instead of refusing them.
        options: what else the file does not say about itself.
        selection: which modules are wanted, by default all.
        rejected: what to do with bad modules and files, and where to count them; by default what
            ``skip_partial`` says.

    Raises:
        BadInput: missing or unreadable file, unknown format, bad contents, no modules, more
            modules than memory should hold (use ``stream``).
    """
    options = options or Options()
    if order is not None:
        options = dataclasses.replace(options, order=order)
    parts, modules = [], 0
    rejected = rejected or Rejected(skip_partial=skip_partial)
    for part in stream(path, options, selection, rejected=rejected):
        parts.append(part)
        modules += len(part)
        if modules > MAX_MODULES:
            raise BadInput(f"{path}: more than {MAX_MODULES} modules at once, allowed is a stream")
    return concatenate(parts)


def expand(paths: Path | str | Sequence[Path | str]) -> list[Path]:
    """The files that ``paths`` name; what has ``*``, ``?`` or ``[`` and is no file is a glob.

    Raises:
        BadInput: no paths, a glob without files, a file that is named twice.
    """
    found: dict[str, Path] = {}
    for name in [paths] if isinstance(paths, Path | str) else paths:
        path = Path(name)
        if glob.has_magic(str(name)) and not path.exists():
            matches = sorted(map(Path, glob.glob(str(name), recursive=True)))  # noqa: PTH207 - absolute too
            if not matches:
                raise BadInput(f"{name}: no file matches")
        else:
            matches = [path]
        for match in matches:
            before = found.setdefault(os.path.realpath(match), match)
            if before is not match:
                raise BadInput(f"{match}: is named twice (before as {before}), allowed is once")
    if not found:
        raise BadInput("no files, allowed is one or more")
    return list(found.values())


def _parts_of(path: Path, options: Options, rejected: Rejected) -> Iterator[Part]:
    """The modules of one file; a file that breaks off is counted where that is wanted."""
    modules, before = 0, rejected.counts.total()
    try:
        _require_file_or_pipe(path)
        for part in _read(path, options, rejected):
            modules += len(part.readouts)
            yield _full(part, rejected)
        if modules == 0 and rejected.counts.total() == before:
            rejected.empty(path)
    except BadInput as error:
        rejected.file(error)
    except OSError as error:
        rejected.file(unreadable(path, error))


def _require_file_or_pipe(path: Path) -> None:
    """What is not there is told by its format, which knows the endings that there are."""
    mode = path.stat().st_mode if path.exists() else stat.S_IFREG
    if stat.S_ISDIR(mode):
        raise BadInput(f"{path}: is a folder, allowed are files and globs")
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise BadInput(f"{path}: is a device, allowed are files, and pipes with text")


def _full(part: Part, rejected: Rejected) -> Part:
    """``part`` without its partial modules, if they are to be left out."""
    partial = part.readouts.partial
    if not rejected.skip_partial or not partial.any():
        return part
    rejected.counts[PARTIAL] += int(partial.sum())
    return part.select(~partial)


def _read(path: Path, options: Options, rejected: Rejected) -> Iterator[Part]:
    with format_table.opened(path, options.format) as (kind, file):
        if options.signal_fraction and "signal_fraction" not in kind.understands:
            raise BadInput(f"{path}: records no event energy, allowed is no selection by signal")
        yield from kind.read(file, options, rejected)


def _chunks(parts: Iterator[Part], chunk: int) -> Iterator[Readouts]:
    """The same modules, ``chunk`` at a time."""
    waiting: list[Readouts] = []
    count = 0
    for part in parts:
        if len(part.readouts):
            waiting.append(part.readouts)
            count += len(part.readouts)
        if count < chunk:
            continue
        whole = concatenate(waiting)
        full = count - count % chunk
        for first in range(0, full, chunk):
            yield whole.select(slice(first, first + chunk))
        waiting, count = [whole.select(slice(full, count))], count - full
    if count:
        yield concatenate(waiting)


def _note(path: Path, rejected: Rejected) -> str | None:
    """Name and hash of a file in words; None if it cannot be read and that is only counted."""
    try:
        if not path.is_file():
            return f" [{path.name} not a regular file, no hash]"
        return f" [{path.name} sha256:{files.sha256(path)}]"
    except OSError as error:
        rejected.file(unreadable(path, error))
        return None


def _nothing_left(
    paths: Path | str | Sequence[Path | str], selection: Selection, rejected: Rejected
) -> str:
    shown = str(paths) if isinstance(paths, Path | str) else ", ".join(map(str, paths))
    words = [f"{count} x {reason}" for reason, count in sorted(rejected.counts.items())]
    if str(selection):
        words.append(f"selected: {selection}")
    words += rejected.files[:1]
    return f"{shown}: no modules are left ({'; '.join(words) or 'none found'})"
