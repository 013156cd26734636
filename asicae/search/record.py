"""What a trial and a search found, as their files hold it; no Optuna and no Dask here."""

from typing import Annotated, Final

from pydantic import Field

from asicae.comparison.record import RegimeDistance
from asicae.estimation.library_record import AREA_65NM, ENERGY_65NM
from asicae.foundation.json_record import JsonRecord
from asicae.scan.record import ScanRow

SEARCH_FILE: Final = "search.json"
ALL: Final = "all"
"""In place of a regime: all test events that have a distance."""
AREA: Final = "area"
ENERGY: Final = "energy"
MOST_TRIALS: Final = 10_000
Regime = Annotated[str, Field(min_length=1, max_length=40)]


class Outcome(JsonRecord):
    """What became of a trial: distances and a chip, or the reason why there are none.

    Attributes:
        emd: mean distance on the test events of the base, half trigger-cell pitches.
        regimes: the same by regime.
        chip: figures of the fast model.
        best_epoch: of the training, whose weights were measured.
        reason: why there is nothing else.
    """

    emd: float | None = None
    regimes: tuple[RegimeDistance, ...] = ()
    chip: ScanRow | None = None
    best_epoch: int | None = None
    reason: str = ""

    def distance(self, regime: str) -> float | None:
        """Mean distance of a regime by its words; None where there is none."""
        if regime == ALL:
            return self.emd
        found = {f"{each.breakdown} {each.name}": each.emd for each in self.regimes}
        return found.get(regime)

    @property
    def area_mm2(self) -> float | None:
        """Nominal, scaled to 65 nm."""
        return _nominal(self.chip, AREA_65NM)

    @property
    def energy_nj(self) -> float | None:
        """Dynamic, an inference; nominal, scaled to 65 nm."""
        return _nominal(self.chip, ENERGY_65NM)

    def values(self, objectives: tuple[str, ...]) -> tuple[float, ...] | None:
        """What is to be small, in the order of the objectives; None where one is missing."""
        found = {AREA: self.area_mm2, ENERGY: self.energy_nj}
        values = [found[o] if o in found else self.distance(o) for o in objectives]
        return None if None in values else tuple(float(v) for v in values if v is not None)


def _nominal(chip: ScanRow | None, name: str) -> float | None:
    band = chip.band(name) if chip else None
    return band[1] if band else None


class SearchRow(JsonRecord):
    """A trial.

    Attributes:
        number: in the order of the journal.
        key: folder of it in ``trials``; two trials of the same choices have one.
        choices: its values by axis, as written.
        pareto: whether no other trial is better in one objective and as good in all others.
        outcome: what became of it.
    """

    number: int
    key: str
    choices: dict[str, str]
    pareto: bool = False
    outcome: Outcome


class SearchRecord(JsonRecord):
    """A search.

    Attributes:
        network: name of the description from which the axes differ.
        links: the encoders are trained for so many.
        seed: see ``SearchDescription``.
        objectives: what is to be small: regimes, area and energy.
        axes: their values by name, as written.
        test_events: of the base, on which distances are measured.
        library: title of the library of the fast model.
        notes: what the figures leave out.
        rows: the trials.
    """

    network: str
    links: int
    seed: int
    objectives: tuple[str, ...]
    axes: dict[str, tuple[str, ...]]
    test_events: int
    library: str
    notes: tuple[str, ...] = ()
    rows: tuple[SearchRow, ...]

    @property
    def regimes(self) -> tuple[str, ...]:
        """Objectives that are distances."""
        return tuple(each for each in self.objectives if each not in (AREA, ENERGY))
