"""What a file format of readouts is; each file under ``formats/`` holds one as its ``FORMAT``."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from asicae.readout.options import Options
from asicae.readout.part import Part
from asicae.readout.readouts import Readouts
from asicae.readout.rejected import Rejected


class Writer(Protocol):
    """Writes one file a chunk at a time."""

    def add(self, readouts: Readouts) -> None:
        """Append modules."""

    def finish(self, source: str) -> None:
        """Complete the file."""

    def close(self) -> None:
        """Let go of everything, complete or not."""


@dataclass(frozen=True)
class Beside:
    """A file that stands beside those of a format and says what they have no place for.

    Attributes:
        place: from the name of a file to that of the one beside it.
        write: writes it for a file that will have this name, whose content lies complete under
            another, of a source and a number of modules.
        ours: whether what stands at a place was written by the kit: without its file it is what a
            killed conversion left, and may be replaced.
    """

    place: Callable[[Path], Path]
    write: Callable[[Path, Path, str, int], None]
    ours: Callable[[Path], bool]


@dataclass(frozen=True)
class Format:
    """How files of one format are told, read and written; its name is that of its module.

    Attributes:
        endings: of file names. Formats that share one open their files alike, and all but one of
            them claim theirs.
        read: yields the modules of an opened file, streaming. Raises ``BadInput`` that names file,
            place, what was found and what is allowed, or ``MissingTool``.
        understands: fields of :class:`Options` that it looks at.
        opened: opens a file for ``read`` and ``claims``; by default they get its path.
        claims: whether an opened file is of this format and not of another with the same ending;
            None takes what no other claims.
        family: one name for all formats that are told apart by their contents, "" without any.
        writers: ending -> opens a new file for writing; without any the format is only read.
        beside: what stands beside a written file.
    """

    endings: tuple[str, ...]
    read: Callable[[Any, Options, Rejected], Iterator[Part]]
    understands: frozenset[str]
    opened: Callable[[Path], AbstractContextManager[Any]] = contextlib.nullcontext
    claims: Callable[[Any], bool] | None = None
    family: str = ""
    writers: Mapping[str, Callable[[Path], Writer]] = field(default_factory=dict)
    beside: Beside | None = None
