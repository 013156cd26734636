"""Modules from a table with the column names of public simulation tables, whatever holds it.

Columns (others are ignored, order is free): ``CALQ_0..CALQ_47`` (integers 0..2**22-1), ``layer``,
``waferu``, ``waferv``, ``HD_LD`` (``HD``/``LD`` or 1/0), ``ModType`` (``FI``, ``FM``, ``FO`` = full
module with a sensor of 120, 200, 300 µm; ours ``PI``, ``PM``, ``PO`` = partial module of the same;
anything else is a partial module whose cells we do not know). Optional: ``SimEnergyTotal`` (GeV,
else 0: data have no truth), ``eta`` (else that of the module in our round detector model),
``pileup`` (else -1, unknown). For a selection by signal: ``SimEnergyFraction``, or
``SimEnergyTotal`` and ``EventSimEnergy`` (GeV).

Source of the names: the training tables of github.com/cmantill/ECONT_Emulator
(MakeTrainingDataSets).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.codes import CALQ_MAX
from asicae.module.detector import HIGH_DENSITY, module_eta
from asicae.module.geometry import N_CELLS, reorder
from asicae.readout.options import Options, Place
from asicae.readout.parsing.density import agreed_density
from asicae.readout.part import Part
from asicae.readout.readouts import EVENT_MAX, Readouts
from asicae.readout.rejected import PARTIAL, RowChecks

CALQ_COLUMNS: Final = tuple(f"CALQ_{number}" for number in range(N_CELLS))
PLACE_COLUMNS: Final = ("layer", "waferu", "waferv", "HD_LD", "ModType")
REQUIRED: Final = (*CALQ_COLUMNS, *PLACE_COLUMNS)
COPIED: Final = ("SimEnergyTotal", "eta", "pileup", "event")
"""Columns that go into readouts where a file has them."""
OPTIONAL: Final = (*COPIED, "SimEnergyFraction", "EventSimEnergy")
MODULE_WORDS: Final = ("FI", "FM", "FO", "PI", "PM", "PO")
"""``ModType`` of wafer types 0, 1, 2, of full and of partial modules."""
DENSITIES: Final = {b"HD": 1, b"LD": 0, b"1": 1, b"0": 0}

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]


class Table(Protocol):
    """A block of rows with named columns; the errors of the methods name file, row and column."""

    @property
    def rows(self) -> int:
        """Rows of the block."""

    @property
    def checks(self) -> RowChecks:
        """What failed so far."""

    def has(self, name: str) -> bool:
        """Whether there is such a column."""

    def refuse(self, row: int, column: str, allowed: str) -> BadInput:
        """The error for one field."""

    def integers(self, names: Sequence[str], what: str, low: int, high: int) -> Integers:
        """Columns as integers int64[rows, len(names)]; bad ones are refused or become ``low``."""

    def numbers(self, name: str, low: float, high: float) -> npt.NDArray[np.float64]:
        """A column as finite numbers float64[rows]; bad ones are refused or become ``low``."""

    def words(self, name: str, meaning: Mapping[bytes, int]) -> Array:
        """A column translated by ``meaning``, int8[rows]; unknown words give -1."""


def missing_column(path: Path, names: Sequence[str], options: Options) -> str | None:
    """The first required column that is not among ``names``.

    Raises:
        BadInput: a selection by signal is asked for, and what it needs is not there.
    """
    required = [name for name in REQUIRED if options.place is None or name not in PLACE_COLUMNS]
    missing = next((name for name in required if name not in names), None)
    if missing is None and options.signal_fraction and "SimEnergyFraction" not in names:
        absent = [name for name in ("SimEnergyTotal", "EventSimEnergy") if name not in names]
        if absent:
            raise BadInput(
                f"{path}: column {absent[0]!r} is missing, which a selection by signal needs:"
                " allowed are SimEnergyFraction, or SimEnergyTotal and EventSimEnergy"
            )
    return missing


def modules(table: Table, order: str, options: Options, source: str) -> Part:
    """The modules of ``table``.

    Args:
        table: rows of a file with the required columns.
        order: order of the cells ``CALQ_0..CALQ_47``.
        options: place of the module if the columns do not say it, and what else is wanted.
        source: goes into the readouts.

    Raises:
        BadInput: naming file, row, column, what was found and what is allowed.
    """
    columns = _place(table) if options.place is None else placed(options.place, table.rows)
    columns |= unknown(columns)
    if table.has("eta"):
        columns["eta"] = table.numbers("eta", -10.0, 10.0)
    if table.has("pileup"):
        columns["pileup"] = table.integers(("pileup",), "pileup", -1, 10000)[:, 0]
    if table.has("event"):
        columns["event"] = table.integers(("event",), "event", -1, EVENT_MAX)[:, 0]
    calq = table.integers(CALQ_COLUMNS, "CALQ", 0, CALQ_MAX)
    if table.has("SimEnergyTotal"):
        columns["sim_energy"] = table.numbers("SimEnergyTotal", 0.0, 1e9)
    fraction = _fraction(table, columns["sim_energy"]) if options.signal_fraction else None
    part = Part(Readouts.of_columns(reorder(calq, order, "ae"), columns, source), fraction)
    return part if table.checks.keep.all() else part.select(table.checks.keep)


def placed(place: Place, rows: int) -> dict[str, Array]:
    """Columns of ``rows`` modules that all sit at ``place``."""
    return {
        "layer": np.full(rows, place.layer),
        "wafer_u": np.full(rows, place.wafer_u),
        "wafer_v": np.full(rows, place.wafer_v),
        "wafer_type": np.full(rows, place.wafer_type),
        "high_density": np.full(rows, HIGH_DENSITY[place.wafer_type]),
    }


def required_place(path: Path, options: Options) -> Place:
    """The place that was given for a file that does not say it.

    Raises:
        BadInput: none was given.
    """
    if options.place is None:
        raise BadInput(
            f"{path}: does not say which module it is of;"
            " give it with asicae data convert --module LAYER,U,V,TYPE"
        )
    return options.place


def module_words(readouts: Readouts) -> Array:
    """``ModType`` of modules, text[n]."""
    return np.array(MODULE_WORDS)[readouts.wafer_type + 3 * readouts.partial]


def unknown(columns: Mapping[str, Array]) -> dict[str, Array]:
    """What stands for columns that a file lacks: eta by the place, no signal, unknown pileup.

    Args:
        columns: at least the place: ``layer``, ``wafer_u``, ``wafer_v``, each [n].
    """
    rows = len(columns["layer"])
    return {
        "eta": module_eta(columns["layer"], columns["wafer_u"], columns["wafer_v"]),
        "sim_energy": np.zeros(rows),
        "pileup": np.full(rows, -1),
    }


def _place(table: Table) -> dict[str, Array]:
    words = {word.encode(): place for place, word in enumerate(MODULE_WORDS)}
    module = table.words("ModType", words)
    table.checks.check(
        module < 0,
        PARTIAL,
        lambda row: table.refuse(
            row,
            "ModType",
            "is FI, FM, FO (full module), PI, PM or PO (partial); others can be left out with"
            " --skip-partial",
        ),
        skip=table.checks.rejected.skip or table.checks.rejected.skip_partial,
    )
    module = np.maximum(module, 0)
    density = table.words("HD_LD", DENSITIES)
    table.checks.check(
        density < 0,
        "HD_LD: neither HD nor LD",
        lambda row: table.refuse(row, "HD_LD", "is HD, LD, 1 or 0"),
    )
    dense = agreed_density(
        module % 3,
        density,
        table.checks,
        lambda row: table.refuse(row, "HD_LD", "is HD for FI and PI, LD for FO and PO"),
    )
    wafer = table.integers(("waferu", "waferv"), "waferu, waferv", -99, 99)
    return {
        "layer": table.integers(("layer",), "layer", 1, 200)[:, 0],
        "wafer_u": wafer[:, 0],
        "wafer_v": wafer[:, 1],
        "wafer_type": module % 3,
        "high_density": dense,
        "partial": module >= 3,
    }


def _fraction(table: Table, energy: Array) -> npt.NDArray[np.float32]:
    if table.has("SimEnergyFraction"):
        return table.numbers("SimEnergyFraction", 0.0, 1.0001).astype(np.float32)
    return share(energy, table.numbers("EventSimEnergy", 0.0, 1e9))


def share(energy: Array, total: Array) -> npt.NDArray[np.float32]:
    """``energy / total`` float32[n], 0 where the event holds no signal."""
    return np.divide(energy, total, out=np.zeros(len(energy)), where=total > 0).astype(np.float32)
