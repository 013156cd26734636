"""Optuna's journal of a search: a line for each trial that has ended, in the order of numbers.

Only ended trials are written, each as a whole: what was proposed follows from those before
(``sampling``), and what was begun lies in the folder of the trial. A journal is JSON; nothing in it
is run. Who has locked the folder of the search is alone, so that the journal needs no lock, and
none is left behind by a process that was killed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes, write_bytes
from asicae.foundation.json_text import parse_json
from asicae.foundation.progress import step
from asicae.foundation.validation import one_line
from asicae.search.quiet import quiet

JOURNAL: Final = "journal.log"
NAME: Final = "search"
KEY: Final = "key"
MAX_BYTES: Final = 64 << 20


class _Alone:
    """A lock in a folder that is locked."""

    def acquire(self) -> bool:
        """Nobody else writes."""
        return True

    def release(self) -> None:
        """Nothing was held."""


class Journal:
    """The study of a search, in its file."""

    def __init__(self, path: Path, directions: Sequence[str]) -> None:
        """Open a journal, or begin one.

        Raises:
            BadInput: no journal of such a search; names what is wrong.
        """
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        self.path = path
        _drop_half_a_line(path)
        try:
            with quiet():
                storage = JournalStorage(JournalFileBackend(str(path), lock_obj=_Alone()))
                # Asked for anew, it would be written down once more.
                if not storage.get_all_studies():
                    optuna.create_study(storage=storage, study_name=NAME, directions=directions)
                self._study = optuna.load_study(storage=storage, study_name=NAME)
                found = [str(each.name).lower() for each in self._study.directions]
                numbers = [trial.number for trial in self.trials]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            told = one_line(f"{type(error).__name__}: {error}", 200)
            raise BadInput(f"{path}: is no journal of a search ({told})") from None
        ended = all(trial.state.is_finished() for trial in self.trials)
        if found != list(directions) or numbers != list(range(len(numbers))) or not ended:
            raise BadInput(
                f"{path}: has {len(numbers)} trials with {len(found)} objectives, allowed are "
                f"ended ones with {len(directions)}"
            )

    @property
    def trials(self) -> list[Any]:
        """Optuna's trials, all of them ended."""
        found: list[Any] = self._study.get_trials(deepcopy=False)
        return found

    @property
    def best(self) -> set[int]:
        """Numbers of the trials that no other one beats."""
        return {trial.number for trial in self._study.best_trials}

    def tell(
        self,
        places: Mapping[str, int],
        distributions: Mapping[str, Any],
        values: Sequence[float] | None,
        told: Mapping[str, Any],
    ) -> None:
        """Add the next trial, in one line; without ``values`` it is one that failed."""
        from optuna.trial import TrialState, create_trial

        self._study.add_trial(
            create_trial(
                state=TrialState.COMPLETE if values else TrialState.FAIL,
                params=dict(places),
                distributions=dict(distributions),
                values=values,
                user_attrs=dict(told),
            )
        )


def _drop_half_a_line(path: Path) -> None:
    """Take off what a machine that stopped has written of a line, and look at all others.

    Raises:
        BadInput: too large, or a line that is no JSON.
    """
    if not path.exists():
        return
    data = read_bytes(path, MAX_BYTES)
    whole = data[: data.rfind(b"\n") + 1]
    for number, line in enumerate(whole.splitlines(), 1):
        parse_json(line.decode(errors="replace"), f"{path}: line {number}")
    if whole != data:
        step(f"{path}: its last line is not whole, and is dropped: that trial is told again")
        write_bytes(path, whole)
