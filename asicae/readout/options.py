"""How to read a file that does not say everything about itself."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from asicae.foundation.errors import BadInput
from asicae.foundation.files import open_regular, reason
from asicae.module.codes import CALIBRATION_MAX, CALIBRATION_ONE
from asicae.module.geometry import N_CELLS, ORDERS
from asicae.readout.readouts import COLUMNS

FirstCell = Literal["high", "low"]

BRANCHES: Final[dict[str, str]] = {
    "layer": "wafer_layer",
    "waferu": "wafer_waferu",
    "waferv": "wafer_waferv",
    "wafertype": "wafer_wafertype",
    "eta": "wafer_eta",
    "simenergy": "wafer_simenergy",
    "pileup": "wafer_pileup",
    "highdensity": "wafer_highdensity",
    "partial": "wafer_partial",
    "calq": "wafer_CALQ{}",
    "event": "event",
}
"""Branch names of n-tuples; ``{}`` stands for the number of the cell.

``event`` has one number an entry, the others one a module.
"""
_FILE_CHARACTERS: Final = 10_000


@dataclass(frozen=True)
class Place:
    """Where the module of a file sits that does not say it; ranges as in ``Readouts``."""

    layer: int
    wafer_u: int
    wafer_v: int
    wafer_type: int


@dataclass(frozen=True)
class Options:
    """Choices of the reader; each format looks at those that concern it.

    Attributes:
        format: name of the format, by default recognised from the name and the first line.
        order: order of the cells, by default that of the format; what a file records must agree.
        place: module of a file without such columns (and instead of them if given).
        tree: path of the n-tuple in a ROOT file, by default the only ``HGCalTriggerNtuple``.
        branches: branch names that differ from :data:`BRANCHES`; an empty name for ``eta`` or
            ``simenergy`` says that there is none.
        first_cell: bits of an input word with the first of its four cells, ``"high"`` (27..21)
            or ``"low"`` (6..0); public tools have used both.
        mux: input channel of every cell of a capture, 48 of 0..47, by default 0..47.
        calibration: factor of a capture, 0..0xFFF, 0x800 is one: one for all cells or 48, of the
            cells after the multiplexer.
        signal_fraction: also read the share of the event's signal energy in the module.
    """

    format: str | None = None
    order: str | None = None
    place: Place | None = None
    tree: str | None = None
    branches: Mapping[str, str] = field(default_factory=dict)
    first_cell: FirstCell = "high"
    mux: tuple[int, ...] = tuple(range(N_CELLS))
    calibration: int | tuple[int, ...] = CALIBRATION_ONE
    signal_fraction: bool = False

    def __post_init__(self) -> None:
        if self.order is not None and self.order not in ORDERS:
            raise BadInput(f"cell order {self.order!r} is unknown, allowed are {', '.join(ORDERS)}")
        unknown = sorted(set(self.branches) - set(BRANCHES))
        if unknown:
            raise BadInput(f"branch of {unknown[0]!r}: allowed are {', '.join(BRANCHES)}")
        if isinstance(self.calibration, int):
            if not 0 <= self.calibration <= CALIBRATION_MAX:
                raise BadInput(f"calibration {self.calibration}: allowed is 0..{CALIBRATION_MAX}")
        else:
            _check_settings(self.calibration, "calibration", CALIBRATION_MAX)
        _check_settings(self.mux, "mux", N_CELLS - 1)

    def branch(self, key: str) -> str:
        """Name of a branch, ``""`` if there is none."""
        return self.branches.get(key, BRANCHES[key])


def place_from(text: str) -> Place:
    """A module from ``"LAYER,U,V,TYPE"``, type 0, 1, 2 = sensor of 120, 200, 300 µm.

    Raises:
        BadInput: not four integers, or one out of range.
    """
    numbers = integers_from(text, "module", 4)
    for name, number in zip(("layer", "wafer_u", "wafer_v", "wafer_type"), numbers, strict=True):
        _, _, low, high = COLUMNS[name]
        if not low <= number <= high:
            raise BadInput(f"module {text!r}: {name} is {number}, allowed is {low:g}..{high:g}")
    return Place(*numbers)


def branches_from(texts: Sequence[str]) -> dict[str, str]:
    """Branch names from texts ``"KEY=NAME"``.

    Raises:
        BadInput: a text without ``=``.
    """
    for text in texts:
        if "=" not in text:
            raise BadInput(f"branch {text!r}: allowed is KEY=NAME, keys are {', '.join(BRANCHES)}")
    return dict(text.split("=", 1) for text in texts)


def mux_from(path: Path) -> tuple[int, ...]:
    """The 48 multiplexer settings in the last line of a text file, separated by commas.

    Raises:
        BadInput: unreadable, or not 48 integers 0..47.
    """
    return _settings_from(path, N_CELLS - 1)


def calibration_from(text: str) -> int | tuple[int, ...]:
    """A calibration factor, or the 48 in the last line of the text file with this name.

    Raises:
        BadInput: a file that is unreadable, or not 48 integers 0..4095.
    """
    path = calibration_file(text)
    return int(text) if path is None else _settings_from(path, CALIBRATION_MAX)


def calibration_file(text: str) -> Path | None:
    """The file with the calibration factors, None for a text that is the factor itself."""
    return None if re.fullmatch(r"-?\d{1,9}", text) else Path(text)


def _settings_from(path: Path, highest: int) -> tuple[int, ...]:
    try:
        with open_regular(path) as raw, io.TextIOWrapper(raw, encoding="utf-8") as stream:
            lines = stream.read(_FILE_CHARACTERS).split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({reason(error)})") from None
    last = next((line for line in reversed(lines) if line.strip()), "")
    settings = tuple(integers_from(last, str(path), N_CELLS))
    _check_settings(settings, str(path), highest)
    return settings


def _check_settings(settings: Sequence[int], name: str, highest: int) -> None:
    if len(settings) != N_CELLS:
        raise BadInput(f"{name}: found {len(settings)} entries, allowed are {N_CELLS}")
    for cell, value in enumerate(settings):
        if not 0 <= value <= highest:
            raise BadInput(f"{name}: found {value} for cell {cell}, allowed is 0..{highest}")


def integers_from(text: str, name: str, count: int) -> list[int]:
    """Exactly ``count`` integers separated by commas.

    Raises:
        BadInput: anything else, naming ``name``.
    """
    parts = text.split(",")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        shown = text if len(text) <= 40 else f"{text[:37]}..."
        raise BadInput(f"{name}: found {shown!r}, allowed are {count} integers, as in 1,2,3")
    return numbers
