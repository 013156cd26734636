"""CSV files with named columns, one module a row, as public simulation n-tuples are flattened.

Columns (others are ignored, order is free): ``CALQ_0..CALQ_47`` (integers 0..2**22-1),
``SimEnergyTotal`` (GeV), ``layer``, ``waferu``, ``waferv``, ``HD_LD`` (``HD``/``LD`` or 1/0),
``ModType`` (``FI``, ``FM``, ``FO`` = full module with a sensor of 120, 200, 300 µm; anything
else is a partial module). Optional: ``eta`` (else that of the module in our round detector model)
and ``pileup`` (else -1, unknown).

The text is parsed as bytes in numpy, a block at a time, so that a file is read at more
than 100,000 rows a second and an error still names its row and column.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae import files
from asicae.errors import BadInput
from asicae.readout.codes import CALQ_MAX
from asicae.readout.dataset import Readouts, concatenate
from asicae.readout.detector import module_eta
from asicae.readout.geometry import N_CELLS, reorder

CALQ_COLUMNS: Final = tuple(f"CALQ_{number}" for number in range(N_CELLS))
REQUIRED: Final = (
    *CALQ_COLUMNS, "SimEnergyTotal", "layer", "waferu", "waferv", "HD_LD", "ModType",
)  # fmt: skip
FULL_MODULES: Final = {b"FI": 0, b"FM": 1, b"FO": 2}
_DENSITIES: Final = {b"HD": True, b"LD": False, b"1": True, b"0": False}
_BLOCK_BYTES: Final = 16 << 20
_MAX_DIGITS: Final = 15  # keeps every parsed integer exact in int64 and in float64
_MAX_WIDTH: Final = 40

Array = npt.NDArray[Any]


def read_csv(path: Path, order: str = "simulation", skip_partial: bool = False) -> Readouts:
    """Read modules from a CSV file with named columns.

    Args:
        path: the file.
        order: the cell order of CALQ_0..CALQ_47, ``"simulation"`` or ``"ae"``.
        skip_partial: leave out rows whose ``ModType`` is not a full module instead of refusing.

    Raises:
        BadInput: naming file, row (the header is row 1), column, what was found and is allowed.
    """
    text = _read_bytes(path)
    end = text.find(b"\n")
    end = len(text) if end < 0 else end
    columns = _header(path, text[:end])
    parts = []
    row = 2
    for block in _blocks(text, end + 1):
        table = _Table(path, block, columns, row)
        readouts = _modules(table, order, skip_partial)
        row += table.rows
        if len(readouts):
            parts.append(readouts)
    if not parts:
        raise BadInput(f"{path}: holds no modules, allowed is one or more rows after the header")
    return concatenate(parts)


def write_csv(readouts: Readouts, path: Path) -> Path:
    """Write ``readouts`` with named columns, CALQ in simulation order, atomically."""
    calq = reorder(readouts.calq, "ae", "simulation")
    modules = np.array(["FI", "FM", "FO"])[readouts.wafer_type]
    lines = [",".join(("entry", *REQUIRED, "eta", "pileup"))]
    for index in range(len(readouts)):
        fields = [
            str(index),
            *map(str, calq[index].tolist()),
            f"{readouts.sim_energy[index]:.9g}",
            str(readouts.layer[index]),
            str(readouts.wafer_u[index]),
            str(readouts.wafer_v[index]),
            "HD" if readouts.high_density[index] else "LD",
            str(modules[index]),
            f"{readouts.eta[index]:.9g}",
            str(readouts.pileup[index]),
        ]
        lines.append(",".join(fields))
    return files.write_text(path, "\n".join(lines) + "\n")


def _read_bytes(path: Path) -> bytes:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from None
    return text.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")


def _header(path: Path, line: bytes) -> dict[str, int]:
    names = [name.strip().strip('"') for name in line.decode(errors="replace").split(",")]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        raise BadInput(
            f"{path}: row 1: column {missing[0]!r} is missing ({len(missing)} in all),"
            f" found {shown!r}; allowed is a header that names {', '.join(REQUIRED[48:])}"
            " and CALQ_0..CALQ_47"
        )
    twice = [name for name in (*REQUIRED, "eta", "pileup") if names.count(name) > 1]
    if twice:
        raise BadInput(f"{path}: row 1: column {twice[0]!r} appears twice, allowed is once")
    return {name: place for place, name in enumerate(names)}


def _blocks(text: bytes, start: int) -> Iterator[bytes]:
    """The rows after the header in pieces of about 16 MB that end with a newline."""
    while start < len(text):
        stop = min(start + _BLOCK_BYTES, len(text))
        newline = text.find(b"\n", stop - 1)
        stop = len(text) if newline < 0 else newline + 1
        block = text[start:stop]
        yield block if block.endswith(b"\n") else block + b"\n"
        start = stop


class _Table:
    """Byte positions of every field of a block of rows; errors are told in rows of the file."""

    def __init__(self, path: Path, block: bytes, columns: dict[str, int], first_row: int) -> None:
        self.path = path
        self.columns = columns
        self.first_row = first_row
        self.data = np.frombuffer(block, dtype=np.uint8)
        newlines = np.flatnonzero(self.data == ord("\n"))
        self.rows = len(newlines)
        separators = np.flatnonzero((self.data == ord(",")) | (self.data == ord("\n")))
        per_row = np.diff(np.searchsorted(separators, newlines), prepend=-1)
        wrong = np.flatnonzero(per_row != len(columns))
        if wrong.size:
            self._refuse_row(int(wrong[0]), int(per_row[wrong[0]]), newlines)
        self.stops = separators.reshape(self.rows, len(columns))
        self.starts = np.concatenate([[0], separators[:-1] + 1]).reshape(self.stops.shape)

    def _refuse_row(self, row: int, fields: int, newlines: Array) -> None:
        start = 0 if row == 0 else int(newlines[row - 1]) + 1
        blank = not self.data[start : newlines[row]].tobytes().strip()
        found = "an empty row" if blank else f"{fields} fields"
        raise BadInput(
            f"{self.path}: row {self.first_row + row}: found {found},"
            f" allowed are {len(self.columns)} fields as in the header"
        )

    def refuse(self, row: int, column: str, allowed: str) -> BadInput:
        """The error for one field."""
        place = self.columns[column]
        found = self.data[self.starts[row, place] : self.stops[row, place]].tobytes()
        shown = found.decode(errors="replace")
        return BadInput(
            f"{self.path}: row {self.first_row + row}, column {column!r}:"
            f" found {shown!r}, allowed {allowed}"
        )

    def texts(self, names: tuple[str, ...]) -> Array:
        """Fields of the columns as fixed-width bytes S[rows, len(names)], blanks stripped."""
        places = [self.columns[name] for name in names]
        starts, lengths = self.starts[:, places], (self.stops - self.starts)[:, places]
        width = max(1, min(int(lengths.max(initial=1)), _MAX_WIDTH))
        padded = np.concatenate([self.data, np.zeros(width, dtype=np.uint8)])
        fields = padded[starts[..., None] + np.arange(width)]
        fields[np.arange(width) >= lengths[..., None]] = 0
        texts = np.ascontiguousarray(fields).view(f"S{width}")[..., 0]
        return np.char.strip(texts) if (fields == ord(" ")).any() else texts

    def integers(self, names: tuple[str, ...], low: int, high: int) -> npt.NDArray[np.int64]:
        """Fields of the columns as integers [rows, len(names)] within low..high."""
        places = [self.columns[name] for name in names]
        starts, lengths = self.starts[:, places], (self.stops - self.starts)[:, places]
        values = np.zeros(starts.shape, dtype=np.int64)
        minus = self.data[starts] == ord("-")
        starts, lengths = starts + minus, lengths - minus
        plain = (lengths > 0) & (lengths <= _MAX_DIGITS)
        for place in range(min(int(lengths.max(initial=0)), _MAX_DIGITS)):
            inside = lengths > place
            # Past the end of a field anything is read (never past the block) and then ignored.
            digit = self.data[np.minimum(starts + place, len(self.data) - 1)].astype(np.int64) - 48
            plain &= ~inside | ((digit >= 0) & (digit <= 9))
            values = np.where(inside, values * 10 + digit, values)
        values = np.where(minus, -values, values)
        if not plain.all():
            self._other_integers(names, ~plain, values, f"is an integer {low}..{high}")
        bad = (values < low) | (values > high)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise self.refuse(int(row), names[column], f"is an integer {low}..{high}")
        return values

    def _other_integers(
        self, names: tuple[str, ...], where: Array, values: Array, allowed: str
    ) -> None:
        """Parse the fields that are not a sign and digits, such as ``12.0`` or ``1e3``."""
        places = [self.columns[name] for name in names]
        for row, column in np.argwhere(where):
            start, stop = self.starts[row, places[column]], self.stops[row, places[column]]
            try:
                number = float(self.data[start:stop].tobytes())
                whole = number.is_integer() and abs(number) < 10**_MAX_DIGITS
            except ValueError:
                whole = False
            if not whole:
                raise self.refuse(int(row), names[column], allowed)
            values[row, column] = int(number)

    def numbers(self, name: str, low: float, high: float) -> npt.NDArray[np.float64]:
        """Fields of one column as finite numbers within low..high."""
        texts = self.texts((name,))[:, 0]
        allowed = f"is a number {low:g}..{high:g}"
        try:
            values = texts.astype(np.float64)
        except ValueError:
            row = next(row for row, text in enumerate(texts) if not _is_number(text))
            raise self.refuse(row, name, allowed) from None
        bad = ~((values >= low) & (values <= high))
        if bad.any():
            raise self.refuse(int(np.argmax(bad)), name, allowed)
        return np.asarray(values)

    def words(self, name: str, meaning: dict[bytes, Any]) -> Array:
        """Fields of one column translated by ``meaning``; unknown words give -1."""
        texts = self.texts((name,))[:, 0]
        values = np.full(self.rows, -1, dtype=np.int8)
        for word, value in meaning.items():
            values[texts == word] = value
        return values


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _modules(table: _Table, order: str, skip_partial: bool) -> Readouts:
    module = table.words("ModType", FULL_MODULES)
    if (module < 0).any() and not skip_partial:
        raise table.refuse(
            int(np.argmax(module < 0)), "ModType",
            "is FI, FM or FO (a full module); partial modules can be left out with skip_partial",
        )  # fmt: skip
    density = table.words("HD_LD", _DENSITIES)
    if (density < 0).any():
        raise table.refuse(int(np.argmax(density < 0)), "HD_LD", "is HD, LD, 1 or 0")
    place = table.integers(("waferu", "waferv"), -99, 99)
    layer = table.integers(("layer",), 1, 200)[:, 0]
    eta = module_eta(layer, place[:, 0], place[:, 1])
    if "eta" in table.columns:
        eta = table.numbers("eta", -10.0, 10.0)
    pileup = np.full(table.rows, -1)
    if "pileup" in table.columns:
        pileup = table.integers(("pileup",), -1, 10000)[:, 0]
    calq = table.integers(CALQ_COLUMNS, 0, CALQ_MAX)
    readouts = Readouts(
        calq=reorder(calq, order, "ae").astype(np.int32),
        layer=layer.astype(np.int16),
        wafer_u=place[:, 0].astype(np.int16),
        wafer_v=place[:, 1].astype(np.int16),
        wafer_type=np.maximum(module, 0).astype(np.int8),
        high_density=density.astype(bool),
        eta=eta.astype(np.float32),
        sim_energy=table.numbers("SimEnergyTotal", 0.0, 1e9).astype(np.float32),
        pileup=pileup.astype(np.int16),
        source=str(table.path.name),
    )
    return readouts if not skip_partial else readouts.select(module >= 0)
