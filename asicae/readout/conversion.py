"""Readouts from any format into another, streaming, whole or not at all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.readout.formats.csv_record import record_of, write_record
from asicae.readout.formats.named_csv import NamedCsvWriter
from asicae.readout.formats.npz import NpzWriter
from asicae.readout.formats.ntuple_writer import NtupleWriter
from asicae.readout.formats.parquet import ParquetWriter
from asicae.readout.options import Options
from asicae.readout.reading import CHUNK, stream
from asicae.readout.readouts import Readouts
from asicae.readout.rejected import Rejected
from asicae.readout.selection import Selection


class Writer(Protocol):
    """Writes one file a chunk at a time."""

    def add(self, readouts: Readouts) -> None:
        """Append modules."""

    def finish(self, source: str) -> None:
        """Complete the file."""

    def close(self) -> None:
        """Let go of everything, complete or not."""


WRITERS: Final[dict[str, Callable[[Path], Writer]]] = {
    ".npz": NpzWriter,
    ".parquet": ParquetWriter,
    ".root": NtupleWriter,
    ".csv": partial(NamedCsvWriter, compressed=False),
    ".csv.gz": partial(NamedCsvWriter, compressed=True),
}
"""Ending of the output -> how it is written."""


@dataclass(frozen=True)
class Converted:
    """What a conversion did.

    Attributes:
        out: the file.
        modules: written.
        source: where they came from, with name and hash of every input.
    """

    out: Path
    modules: int
    source: str


def convert(
    paths: Path | str | Sequence[Path | str],
    out: Path,
    options: Options | None = None,
    selection: Selection | None = None,
    rejected: Rejected | None = None,
    force: bool = False,
    chunk: int = CHUNK,
) -> Converted:
    """Write the modules of files in any format to ``out``, whose ending says the format.

    The output records cell order and source; CSV has no place for them, so that a file with the
    same name and ``.json`` added does. An input that cannot be used leaves no output.

    Raises:
        BadInput: as :func:`asicae.readout.reading.stream`; unknown ending, ``out`` exists
            (without force).
        MissingTool: a format needs an extra that is not installed.
    """
    check_output(out, force)
    rejected, selection = rejected or Rejected(), selection or Selection()
    chunks = stream(paths, options, selection, chunk, rejected, hashes=True)
    shown = track(chunks, f"converting, up to {chunk} modules each")
    return _written(shown, out, lambda sources: _source(sources, selection, rejected))


def save(readouts: Readouts, out: Path, force: bool = False) -> Path:
    """Write ``readouts`` to ``out``, whose ending says the format, with order and source.

    Raises:
        BadInput: unknown ending, ``out`` exists (without force).
        MissingTool: a format needs an extra that is not installed.
    """
    check_output(out, force)
    chunks = (readouts.select(slice(i, i + CHUNK)) for i in range(0, len(readouts), CHUNK))
    return _written(chunks, out, " + ".join).out


def check_output(out: Path, force: bool) -> None:
    """Make sure that readouts can be written there.

    Raises:
        BadInput: unknown ending, or ``out`` or the record of a CSV file exists (without force).
    """
    ending = _ending(out)
    files.refuse_existing(out, force)
    if ending.startswith(".csv"):
        files.refuse_existing(record_of(out), force)


def _ending(out: Path) -> str:
    for ending in sorted(WRITERS, key=len):
        if out.name.endswith(ending):
            return ending
    raise BadInput(f"{out}: ending {out.suffix!r}, allowed are {', '.join(WRITERS)}")


def _written(
    chunks: Iterable[Readouts], out: Path, joined: Callable[[Sequence[str]], str]
) -> Converted:
    """``chunks`` as a file; ``joined`` makes one source of those of the chunks."""
    ending = _ending(out)
    modules = 0
    sources: dict[str, None] = {}
    with files.output_file(out) as temporary:
        writer = WRITERS[ending](temporary)
        try:
            for readouts in chunks:
                writer.add(readouts)
                modules += len(readouts)
                sources[readouts.source] = None
            source = joined(tuple(sources))
            writer.finish(source)
        finally:
            writer.close()
    if ending.startswith(".csv"):
        write_record(out, source, modules)
    return Converted(out, modules, source)


def _source(sources: Sequence[str], selection: Selection, rejected: Rejected) -> str:
    words = [f"selected: {selection}"] if str(selection) else []
    words += [f"left out: {count} x {reason}" for reason, count in sorted(rejected.counts.items())]
    return "; ".join([" + ".join(sources), *words])
