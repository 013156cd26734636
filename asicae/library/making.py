"""A library made, or gone on with: a set that is done is not done again."""

import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from asicae.crew.workers import Crew
from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256, write_text
from asicae.foundation.folders import refuse_links
from asicae.foundation.progress import step
from asicae.library.base import Base
from asicae.library.description import LibraryDescription, SetDescription
from asicae.library.events import digests, events_of, source_of
from asicae.library.maker import CONTROLS, Maker, files_of
from asicae.library.pieces import LOCKS, shared_out
from asicae.library.record import LIBRARY_FILE, LibraryRecord, LibrarySet, events_file
from asicae.library.stored import Library, hash_word
from asicae.library.table import TABLE_FILE, line_of, table
from asicae.library.tuning import SetPlace, Tuning
from asicae.runs.encoders import NETWORK
from asicae.training.checkpoint import CHECKPOINTS

DESCRIPTION: Final = "description.json"
"""What a library is made of, in its folder."""


def make(
    description: LibraryDescription,
    source: str,
    out: Path,
    force: bool = False,
    tuner: Callable[[Base], Tuning] = Tuning,
    crew: AbstractContextManager[Crew] | None = None,
) -> Library:
    """Make a library in a folder, or go on where an interrupted call stopped.

    Args:
        description: of it.
        source: names the description in messages.
        out: new, or a library that was made of the same.
        force: a library of another description may be there; sets that stay the same are kept.
        tuner: what trains and measures here.
        crew: who makes sets; this process without one. Entered when there is something to make.

    Raises:
        BadInput: a description or a base that cannot be used, another folder at ``out``.
        CheckFailed: a training that failed; the sets before it are done.
    """
    base = Base.open(description, source)
    for asked in description.sets:
        source_of(asked, base)
        digests(asked, base)
        if asked.source is None and not asked.data:
            events_of(asked, base)
    _begin(out, description, force)
    maker = Maker(base, out, tuner(base))
    missing = [asked for asked in description.sets if not _is_there(maker, asked)]
    if crew is not None and missing:
        shared_out(maker, description, source, missing, crew)
    entries = [_made(maker, asked) for asked in description.sets]
    base.network.save(out / NETWORK)
    record = LibraryRecord(
        network=base.network.name,
        network_sha256=sha256(out / NETWORK),
        design_hash=hash_word(base.network),
        sets=tuple(_assigned(entries)),
    )
    record.save(out / LIBRARY_FILE)
    write_text(out / TABLE_FILE, table(record))
    _drop_others(out, record, maker.controls)
    return Library.load(out)


def _begin(out: Path, description: LibraryDescription, force: bool) -> None:
    """Write down what is made; a library of other sets is not begun over."""
    stored = out / DESCRIPTION
    if os.path.lexists(out) and not stored.is_file() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out}: exists already and is no library; choose another folder")
    if stored.is_file():
        refuse_links(out)
        if LibraryDescription.load(stored) != description and not force:
            raise BadInput(
                f"{out}: holds a library of another description; add --force to replace it"
            )
    (out / LIBRARY_FILE).unlink(missing_ok=True)
    description.save(stored)


def _is_there(maker: Maker, asked: SetDescription) -> bool:
    if maker.stored(asked) is None:
        return False
    step(f"set {asked.name}: unchanged, skipped")
    return True


def _made(maker: Maker, asked: SetDescription) -> LibrarySet:
    """A set; one that is made here is told of."""
    found = maker.stored(asked)
    if found is None:
        found = maker.made(asked)
        step(line_of(found))
    return found


def _assigned(entries: list[LibrarySet]) -> list[LibrarySet]:
    """Of sets that are for the same module the last one has it."""
    last = {key: entry.name for entry in entries for key in entry.deciding()}
    return [
        entry.model_copy(
            update={"modules": tuple(k[2] for k in entry.deciding() if last[k] == entry.name)}
        )
        for entry in entries
    ]


def _drop_others(out: Path, record: LibraryRecord, controls: set[str]) -> None:
    """Remove checkpoints, and what sets left that are not asked for any more; nothing else."""
    for folder in (CHECKPOINTS, LOCKS):
        shutil.rmtree(out / folder, ignore_errors=True)
    kept = {each.name for each in record.sets}
    compared = {Path(name).stem for name in controls if Path(name).suffix == ".npz"}
    for place, names in ((out, kept), (out / CONTROLS, compared)):
        for path in place.glob("made/*.json"):
            if path.stem not in names:
                for left in (*files_of(SetPlace(place, path.stem)), events_file(path.stem)):
                    (place / left).unlink(missing_ok=True)
                path.unlink()
