"""Readouts from any format into another, streaming, whole or not at all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from asicae.foundation import files
from asicae.foundation.progress import track
from asicae.readout import format_table
from asicae.readout.options import Options
from asicae.readout.reading import CHUNK, stream
from asicae.readout.readouts import Readouts
from asicae.readout.rejected import Rejected
from asicae.readout.selection import Selection


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

    The output, or what its format keeps beside it, records cell order and source. An input that
    cannot be used leaves no output.

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
        BadInput: unknown ending, or ``out`` or what stands beside it exists (without force).
    """
    kind, _ = format_table.written(out)
    files.refuse_existing(out, force)
    if kind.beside:
        place = kind.beside.place(out)
        files.refuse_existing(place, force or (not out.exists() and kind.beside.ours(place)))


def _written(
    chunks: Iterable[Readouts], out: Path, joined: Callable[[Sequence[str]], str]
) -> Converted:
    """``chunks`` as a file; ``joined`` makes one source of those of the chunks."""
    kind, ending = format_table.written(out)
    modules = 0
    sources: dict[str, None] = {}
    with files.output_file(out) as temporary:
        writer = kind.writers[ending](temporary)
        try:
            for readouts in chunks:
                writer.add(readouts)
                modules += len(readouts)
                sources[readouts.source] = None
            source = joined(tuple(sources))
            writer.finish(source)
        finally:
            writer.close()
        # First: where the file is there, all of it is.
        if kind.beside:
            kind.beside.write(out, temporary, source, modules)
    return Converted(out, modules, source)


def _source(sources: Sequence[str], selection: Selection, rejected: Rejected) -> str:
    words = [f"selected: {selection}"] if str(selection) else []
    words += [f"left out: {count} x {reason}" for reason, count in sorted(rejected.counts.items())]
    return "; ".join([" + ".join(sources), *words])
