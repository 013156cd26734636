"""Which code of the user a run may run: a run that was received brings none, and chooses none."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.runs.record import PROVENANCE, StageRecord


def refuse_in_runs(code: Mapping[str, Path]) -> None:
    """Make sure that no module, by the function of it that is named, lies in a run folder.

    Raises:
        BadInput: one that does, whoever names it: the folder may be of others' making.
    """
    for name, path in code.items():
        for folder in (*path.absolute().parents, *path.resolve().parents):
            if os.path.lexists(folder / PROVENANCE):
                raise BadInput(
                    f"{name}: {path} lies in the run folder {folder}, of which no file is run; "
                    "move it out"
                )


def require_allowed(
    contents: Mapping[str, str],
    named: Collection[str],
    records: Iterable[StageRecord],
    run: Path,
) -> None:
    """Make sure that the user wants each function to be run.

    Args:
        contents: SHA-256 of its file by name, ``module:function``.
        named: those that the command at hand names.
        records: what the run has recorded; the very file that it began with needs no name.
        run: its folder.

    Raises:
        BadInput: one that only the run names, and that is another file here.
    """
    known = {item for record in records for item in record.inputs.items()}
    for name in sorted(contents.keys() - set(named)):
        if (name, contents[name]) not in known:
            raise BadInput(
                f"{name}: its file is not the one that {run} was begun with, allowed is that only "
                f"where you name it: `asicae run {run} --settings FILE`"
            )
