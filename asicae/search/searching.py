"""A search done, or gone on with: what was told stays, what is there is not done again."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from asicae.crew.workers import Crew
from asicae.foundation.errors import BadInput
from asicae.foundation.extras import installed_version
from asicae.foundation.files import write_bytes, write_text
from asicae.foundation.folders import refuse_links
from asicae.foundation.import_closure import installed
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.progress import step
from asicae.foundation.validation import validated
from asicae.runs.allowed_code import refuse_in_runs
from asicae.scan.fast.model import FastModel, rtl_digest
from asicae.scan.predicted import notes_of
from asicae.search.base import SearchBase
from asicae.search.description import SearchDescription
from asicae.search.inputs import SOURCES, digests_of, inputs_of
from asicae.search.journal import JOURNAL, KEY, Journal
from asicae.search.picture import PICTURE_FILE, picture
from asicae.search.record import AREA, ENERGY, SEARCH_FILE, Outcome, SearchRecord, SearchRow
from asicae.search.sampling import directions, distributions, proposed
from asicae.search.space import Space
from asicae.search.table import TABLE_FILE, line_of, table
from asicae.search.trial import outcome_of
from asicae.search.work import TrialWork
from asicae.simulation.drawn import DrawnChip

BEGUN: Final = "begun.json"
"""What a search is of, in its folder."""
OUTCOME: Final = "outcome"


class Begun(JsonRecord):
    """What decides about all trials; the number of them does not.

    Attributes:
        description: of the search, with one trial.
        inputs: of all trials: SHA-256 of what they read, sources, packages.
        proposing: sources and package that propose them.
    """

    description: SearchDescription
    inputs: dict[str, str]
    proposing: dict[str, str]

    @classmethod
    def here(cls, description: SearchDescription, inputs: Mapping[str, str]) -> "Begun":
        """Of a search with what is installed here."""
        sources = installed().digest(Path(__file__).with_name("sampling.py"))
        return cls(
            description=description.model_copy(update={"trials": 1}),
            inputs=dict(inputs),
            proposing={SOURCES: sources, "optuna": str(installed_version("optuna"))},
        )


def search(
    description: SearchDescription,
    source: str,
    out: Path,
    crew: AbstractContextManager[Crew],
    force: bool = False,
) -> SearchRecord:
    """Do the trials of a search in a folder, or those that are left of an interrupted one.

    Args:
        description: of it.
        source: names the description in messages.
        out: new, or a search that was begun with the same.
        crew: who does trials; entered when all else is known to be sound.
        force: another search may be there; trials that stay the same are kept.

    Raises:
        BadInput: a description or a base that cannot be used, another folder at ``out``.
        CheckFailed: a trial that nobody can do; all before it are told.
    """
    base = SearchBase.open(description, source)
    space = base.space(description, source)
    inputs = _inputs(base, space)
    journal = _begin(out, description, inputs, force)
    teller = _Teller(description, base, space, inputs, out, journal)
    if len(teller.rows()) < description.trials:
        with crew as hands:
            teller.tell_all(hands)
    record = teller.record()
    record.save(out / SEARCH_FILE)
    write_text(out / TABLE_FILE, table(record))
    write_bytes(out / PICTURE_FILE, picture(record))
    return record


def _inputs(base: SearchBase, space: Space) -> dict[str, str]:
    """What all trials follow from beside the description.

    Raises:
        BadInput: code of the user's own that lies in a run.
    """
    refuse_in_runs(space.own_code)
    return inputs_of(base.run) | digests_of(space.own_code)


def _begin(
    out: Path, description: SearchDescription, inputs: Mapping[str, str], force: bool
) -> Journal:
    """Write down what is searched for; a search for something else is not begun over."""
    stored, now = out / BEGUN, Begun.here(description, inputs)
    if os.path.lexists(out) and not stored.is_file() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out}: exists already and is no search; choose another folder")
    if stored.is_file():
        refuse_links(out)
        if Begun.load(stored) != now:
            if not force:
                raise BadInput(
                    f"{out}: holds a search with another description, other inputs, sources or "
                    "packages; add --force to replace it"
                )
            (out / JOURNAL).unlink(missing_ok=True)
    (out / SEARCH_FILE).unlink(missing_ok=True)
    now.save(stored)
    return Journal(out / JOURNAL, directions(description))


class _Teller:
    """Proposes trials, has them done, and tells the journal of them in their order."""

    def __init__(
        self,
        description: SearchDescription,
        base: SearchBase,
        space: Space,
        inputs: Mapping[str, str],
        out: Path,
        journal: Journal,
    ) -> None:
        self.description, self.base, self.space = description, base, space
        self.inputs, self.out, self.journal = dict(inputs), out, journal
        self.objectives = (*description.regimes, AREA, ENERGY)
        self._places: dict[int, dict[str, int]] = {}
        self._keys: dict[int, str] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._begun: set[str] = set()

    def tell_all(self, crew: Crew) -> None:
        """Do all trials that are not in the journal."""
        first, last = len(self.journal.trials), self.description.trials
        asked = first
        for number in range(first, last):
            while asked < min(number + self.description.ahead, last):
                self._begin(asked, crew)
                asked += 1
            while (key := self._keys[number]) not in self._outcomes:
                ended, text = crew.ended()
                self._outcomes[ended] = outcome_of(text)
            self._tell(number, key, self._outcomes[key])

    def _begin(self, number: int, crew: Crew) -> None:
        """Propose a trial, and have it done unless that has been."""
        told = self.journal.trials[: max(0, number - self.description.ahead + 1)]
        places = proposed(self.space, self.description, told, number)
        work = self._work(places)
        key = work if isinstance(work, str) else work.key
        self._places[number], self._keys[number] = places, key
        if key in self._begun:
            return
        self._begun.add(key)
        if isinstance(work, str):
            self._outcomes[key] = Outcome(reason=work)
        elif (found := work.stored()) is not None:
            self._outcomes[key] = found
        else:
            crew.begin(key, work.text())

    def _work(self, places: Mapping[str, int]) -> TrialWork | str:
        """What is to be done for a choice, or why there is no such chip."""
        point = self.space.point(places, self.description.seed)
        if point.chip is None:
            return point.reason
        return TrialWork(
            folder=str(self.out.resolve()),
            run=str(self.base.run.resolve()),
            network=point.chip.network,
            configuration=point.chip.configuration,
            train=self.space.training(places),
            links=self.description.links,
            seed=self.description.seed,
            inputs=self.inputs,
        )

    def _tell(self, number: int, key: str, outcome: Outcome) -> None:
        places, values = self._places.pop(number), outcome.values(self.objectives)
        if values is None and not outcome.reason:
            outcome = Outcome(reason="has not all distances, or no figures at 65 nm")
        choices = self.space.words(places)
        told = {KEY: key, OUTCOME: outcome.model_dump(mode="json")}
        self.journal.tell(places, distributions(self.space), values, told)
        row = SearchRow(number=number, key=key[:16], choices=choices, outcome=outcome)
        step(line_of(row, self.objectives))

    def rows(self) -> list[SearchRow]:
        """The trials that the journal has.

        Raises:
            BadInput: it has something else; names trial and key.
        """
        best = self.journal.best if any(t.values for t in self.journal.trials) else set()
        return [self._row(trial, best) for trial in self.journal.trials]

    def _row(self, trial: Any, best: set[int]) -> SearchRow:
        source, told = f"{self.journal.path}: trial {trial.number}", trial.user_attrs
        self.space.require(trial.params, source)
        content = {
            "number": trial.number,
            "key": str(told.get(KEY))[:16],
            "choices": self.space.words(trial.params),
            "pareto": trial.number in best,
            "outcome": told.get(OUTCOME),
        }
        return validated(SearchRow, content, source)

    def record(self) -> SearchRecord:
        """All of the journal, with what the figures leave out."""
        model = FastModel.stored()
        return SearchRecord(
            network=self.base.network.name,
            links=self.description.links,
            seed=self.description.seed,
            objectives=self.objectives,
            axes={axis.name: axis.words for axis in self.space.axes},
            test_events=self.base.test_events,
            library=model.library.title,
            notes=tuple(notes_of(model, self._chips(), rtl_digest())),
            rows=tuple(self.rows()),
        )

    def _chips(self) -> list[DrawnChip]:
        """Those of trials that have figures."""
        points = [
            self.space.point(trial.params, self.description.seed)
            for trial, row in zip(self.journal.trials, self.rows(), strict=True)
            if row.outcome.chip is not None
        ]
        return [point.chip for point in points if point.chip is not None]
