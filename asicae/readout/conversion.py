"""Readouts from any format into another, streaming, whole or not at all."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from asicae import __version__, files
from asicae.errors import BadInput
from asicae.progress import track
from asicae.readout.dataset import Readouts
from asicae.readout.formats.named_csv import NamedCsvWriter
from asicae.readout.formats.npz import NpzWriter
from asicae.readout.formats.ntuple_writer import NtupleWriter
from asicae.readout.formats.options import Options
from asicae.readout.formats.parquet import ParquetWriter
from asicae.readout.formats.rejected import Rejected
from asicae.readout.reading import CHUNK, stream
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
    ending = next((known for known in sorted(WRITERS, key=len) if out.name.endswith(known)), None)
    if ending is None:
        raise BadInput(f"{out}: ending {out.suffix!r}, allowed are {', '.join(WRITERS)}")
    rejected, selection = rejected or Rejected(), selection or Selection()
    record = out.with_name(f"{out.name}.json") if ending.startswith(".csv") else None
    for path in (out, record):
        if path is not None:
            files.refuse_existing(path, force)
    chunks = stream(paths, options, selection, chunk, rejected, hashes=True)
    modules = 0
    sources: dict[str, None] = {}
    with files.output_file(out) as temporary:
        writer = WRITERS[ending](temporary)
        try:
            for readouts in track(chunks, f"converting, up to {chunk} modules each"):
                writer.add(readouts)
                modules += len(readouts)
                sources[readouts.source] = None
            source = _source(sources, selection, rejected)
            writer.finish(source)
        finally:
            writer.close()
    if record is not None:
        _write_record(record, source, modules)
    return Converted(out, modules, source)


def _source(sources: dict[str, None], selection: Selection, rejected: Rejected) -> str:
    words = [f"selected: {selection}"] if str(selection) else []
    words += [f"left out: {count} x {reason}" for reason, count in sorted(rejected.counts.items())]
    return "; ".join([" + ".join(sources), *words])


def _write_record(path: Path, source: str, modules: int) -> None:
    content = {
        "cell_order": "simulation",
        "modules": modules,
        "source": source,
        "asicae": __version__,
    }
    files.write_text(path, json.dumps(content, indent=2, sort_keys=True) + "\n")
