"""What a scan found, as ``scan.json`` holds it."""

from typing import Final

from pydantic import Field

from asicae.estimation.library_record import AREA_65NM, DELAY_65NM, ENERGY_65NM
from asicae.foundation.json_record import JsonRecord
from asicae.scan.fast.model import Errors

SCAN_FILE: Final = "scan.json"
Figures = dict[str, float | int | str]
LEVELS: Final = ("low", "nominal", "high")
_NOMINAL: Final = {f"{DELAY_65NM}.nominal": DELAY_65NM}
"""Keys of metrics that differ from the others."""


class ScanDistance(JsonRecord):
    """EMD of the encoder that a run has trained on the description of a point.

    Attributes:
        emd: mean distance on the test events of the run, half trigger-cell pitches.
        weights: name of the weight set, the one that the run's chip is estimated with.
        run: the folder, as it was given.
    """

    emd: float
    weights: str
    run: str


class ScanRow(JsonRecord):
    """A point.

    Attributes:
        choices: its values by axis, as written.
        built: label of its configuration.
        figures: keys of ``metrics.json``; none where there is a reason.
        latency_bx: of its pipeline.
        distance: where a run has it.
        fast: how far off the fast model may be, where the figures are its.
        pareto: whether no other point has less area and less energy.
        reason: why it has no figures.
    """

    choices: dict[str, str]
    built: str = ""
    figures: Figures = Field(default_factory=dict)
    latency_bx: int | None = None
    distance: ScanDistance | None = None
    fast: Errors | None = None
    pareto: bool = False
    reason: str = ""

    def band(self, name: str) -> tuple[float, float, float] | None:
        """A figure at 65 nm, low, nominal and high; None where there is none."""
        keys = [f"{name}.{level}" for level in LEVELS]
        values = [self.figures.get(_NOMINAL.get(key, key)) for key in keys]
        if None in values:
            return None
        low, nominal, high = (float(value) for value in values if value is not None)
        return low, nominal, high

    def number(self, key: str) -> float | None:
        """One of ``figures``; None where there is none."""
        return None if key not in self.figures else float(self.figures[key])


class ScanRecord(JsonRecord):
    """A scan.

    Attributes:
        network: name of the description from which the axes differ.
        axes: their values by name.
        seed: of weights and events.
        events: compared with golden.
        timed_events: of them simulated with gate delays.
        library: title of the library.
        library_key: in the keys of figures.
        notes: what the figures leave out.
        rows: the points.
    """

    network: str
    axes: dict[str, tuple[str, ...]]
    seed: int
    events: int
    timed_events: int
    library: str
    library_key: str
    notes: tuple[str, ...] = ()
    rows: tuple[ScanRow, ...]

    @property
    def area_key(self) -> str:
        """Area (um2) at the library's node."""
        return f"area.um2.{self.library_key}"

    @property
    def fast(self) -> bool:
        """Whether the figures are those of the fast model."""
        return any(row.fast for row in self.rows)

    @property
    def at_65nm(self) -> bool:
        """Whether the figures are scaled to 65 nm."""
        return any(row.band(AREA_65NM) and row.band(ENERGY_65NM) for row in self.rows)

    def place(self, row: ScanRow) -> tuple[float, float] | None:
        """Area and dynamic energy by which points are compared: at 65 nm where there are factors.

        Else square micrometres and picojoule at the library's node.
        """
        if self.at_65nm:
            area, energy = row.band(AREA_65NM), row.band(ENERGY_65NM)
            return (area[1], energy[1]) if area and energy else None
        own = row.number(self.area_key), dynamic_pj(row)
        return (own[0], own[1]) if own[0] is not None and own[1] is not None else None


def dynamic_pj(row: ScanRow) -> float | None:
    """Energy an inference without leakage at the library's node, pJ."""
    data, clock = row.number("energy.data_pj"), row.number("energy.clock_pj")
    return None if data is None or clock is None else data + clock


def with_front(record: ScanRecord) -> ScanRecord:
    """The record with the points marked that no other one beats in area and in energy."""
    places = {n: place for n, row in enumerate(record.rows) if (place := record.place(row))}
    best = {
        n
        for n, (area, energy) in places.items()
        if not any(
            a <= area and e <= energy and (a, e) != (area, energy) for a, e in places.values()
        )
    }
    rows = [row.model_copy(update={"pareto": n in best}) for n, row in enumerate(record.rows)]
    return record.model_copy(update={"rows": tuple(rows)})
