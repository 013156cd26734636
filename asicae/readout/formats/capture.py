"""Captures of the concentrator's input: CSV, one crossing a row, 12 words of 4 charge codes.

Columns ``ePortRxDataGroup_0..11`` (others are ignored): one word per input port, 4 header bits and
four 7-bit codes (4E3M) of trigger cells, of which the first sits in the high bits by default.
Source: github.com/cmantill/ECONT_Emulator (ASICBlocks/LoadData_ePortRX.py; its versions disagree
on which end comes first, hence the option). The codes go through the multiplexer, the decoding to
the middle of the bin and the calibration, as in the chip.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.calibration import calq_of_codes
from asicae.module.detector import HIGH_DENSITY
from asicae.module.geometry import N_CELLS, reorder
from asicae.readout.options import Options, Place
from asicae.readout.parsing.array_table import ArrayTable
from asicae.readout.parsing.module_table import placed, required_place, unknown
from asicae.readout.parsing.text_file import TextFile, text_format
from asicae.readout.parsing.text_table import Layout, columns_of, header_names, parsed
from asicae.readout.part import Part
from asicae.readout.readouts import Readouts
from asicae.readout.rejected import Rejected

WORDS: Final = tuple(f"ePortRxDataGroup_{port}" for port in range(12))
_PAYLOAD_BITS: Final = 28
_CODE_BITS: Final = 7
_IDLE: Final = 0xCCCCCCC
"""Payload that a port sends while links are reset; it is no data."""

Array = npt.NDArray[Any]


def _read(text: TextFile, options: Options, rejected: Rejected) -> Iterator[Part]:
    """Modules of a capture, one a crossing; ``options`` must have a place and an order."""
    columns = columns_of(text, WORDS)
    missing = [name for name in WORDS if name not in columns]
    if missing:
        raise BadInput(
            f"{text.path}: row 1: column {missing[0]!r} is missing,"
            f" allowed is a header that names {WORDS[0]}..{WORDS[-1]}"
        )
    place = required_place(text.path, options)
    if options.order is None:
        raise BadInput(
            f"{text.path}: does not say the order of its cells after the multiplexer;"
            " give it with asicae data convert --order simulation (or ae)"
        )
    layout = Layout(len(columns), {name: columns[name] for name in WORDS})
    row = 2
    for block in text.blocks(with_first=False):
        table = parsed(text.path, block, layout, row, rejected)
        row += block.count(b"\n")
        part = Part(_modules(table, place, options, text.path.name))
        yield part.select(table.checks.keep)


def _modules(table: ArrayTable, place: Place, options: Options, source: str) -> Readouts:
    words = table.integers(WORDS, "input word", 0, (1 << 32) - 1) & ((1 << _PAYLOAD_BITS) - 1)
    table.checks.check(
        (words == _IDLE).all(axis=1),
        "idle words",
        lambda row: table.refuse(row, WORDS[0], f"are words other than idle (0x{_IDLE:x})"),
    )
    cal = np.full(N_CELLS, options.calibration)
    dense = bool(HIGH_DENSITY[place.wafer_type])
    calq = calq_of_codes(_channels(words, options), options.mux, cal, dense)
    columns = placed(place, table.rows)
    columns |= unknown(columns)
    return Readouts.of_columns(reorder(calq, options.order or "ae", "ae"), columns, source)


def _channels(words: Array, options: Options) -> Array:
    """Codes [rows, 48] 0..127 of the input channels in words [rows, 12] of 28 bits."""
    shifts = np.arange(4) * _CODE_BITS
    if options.first_cell == "high":
        shifts = shifts[::-1]
    return ((words[:, :, None] >> shifts) & 127).reshape(-1, N_CELLS)


def _claims(text: TextFile) -> bool:
    return WORDS[0] in header_names(text)


FORMAT: Final = text_format(
    _read, {"order", "place", "first_cell", "mux", "calibration"}, claims=_claims
)
