"""Files on a command line that lie in a run folder are what its stages left there."""

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from asicae.runs.record import PROVENANCE, STAGES


def require_given(words: Iterable[Path | str]) -> None:
    """Make sure of the files that a command is given, where words name some that are of a run.

    What a stage might have left and did not is refused; other files of the user may lie in a run
    folder like anywhere else.

    Raises:
        BadInput: one that is not what a stage left.
    """
    for word in words:
        for path in _files(str(word)):
            named = Path(os.path.normpath(Path(path).absolute()))
            # `Path.resolve` raises where a link names itself.
            for place in dict.fromkeys((named, Path(os.path.realpath(named)))):
                _require(place)


def _files(word: str) -> list[str]:
    if glob.has_magic(word) and not os.path.lexists(word):
        return sorted(glob.glob(word, recursive=True))  # noqa: PTH207 - absolute too
    return [word]


def _run_of(path: Path) -> Path | None:
    try:
        run = next((f for f in path.parents if (f / PROVENANCE).is_file()), None)
        return run if run is not None and (run / STAGES).is_dir() else None
    except OSError:  # a text that is no name of a file
        return None


def _require(path: Path) -> None:
    run = _run_of(path)
    if run is None:
        return
    # All that a run is made of is loaded only where there is one.
    from asicae.runs.kinds import every_stage
    from asicae.runs.seal import Seal
    from asicae.runs.settings import RunSettings
    from asicae.runs.stage import RunView

    seal = Seal(RunView(run, RunSettings(), ()), every_stage())
    seal.require_one(str(path.relative_to(run)))
