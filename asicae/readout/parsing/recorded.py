"""What our Parquet, ROOT and CSV files record about themselves, as JSON."""

import json
from pathlib import Path
from typing import Final, Self, TypeVar

from asicae.foundation.errors import BadInput
from asicae.foundation.json_text import parse_json
from asicae.foundation.validation import Exact, short, validated
from asicae.module.geometry import ORDERS

LAYOUT: Final = "asicae-readouts-1"
"""Name and version of what our files hold; a file of another version is refused."""
USUAL_ORDER: Final = "simulation"
"""Order of the cells in tables of others that do not say it, and in ours."""
PIXELS: Final = "8x8"
"""Order of 64 cells: pixels of the 8x8 picture by rows, of which 16 are dead."""
_MAX_CHARACTERS: Final = 16 << 20

Read = TypeVar("Read", bound="Recorded")


class Recorded(Exact):
    """Order of the cells (``None``: not recorded) and where the readouts came from."""

    cell_order: str | None = None
    source: str = ""
    format: str = LAYOUT

    @classmethod
    def parse(cls, text: bytes | None, path: Path) -> Self:
        """What a file records; nothing if it is not ours.

        Raises:
            BadInput: unreadable, or of another version.
        """
        if text is None:
            return cls()
        where = f"{path}: metadata 'asicae'"
        values = parse_json(text[:_MAX_CHARACTERS], where)
        return checked(validated(cls, values, where), where)

    def text(self) -> str:
        """The line of JSON."""
        return json.dumps(self.model_dump(), sort_keys=True)


def checked(recorded: Read, where: str) -> Read:
    """``recorded``, if it is of a version and with an order of the cells that we know.

    Raises:
        BadInput: it is not; ``where`` names its place.
    """
    if recorded.format != LAYOUT:
        raise BadInput(f"{where}: format is {short(recorded.format)}, allowed is {LAYOUT!r}")
    if recorded.cell_order not in (None, PIXELS, *ORDERS):
        raise BadInput(
            f"{where}: cell order {short(recorded.cell_order)} is unknown,"
            f" allowed are {', '.join((*ORDERS, PIXELS))}"
        )
    return recorded


def agreed_order(path: Path, recorded: Recorded, asked: str | None) -> str:
    """The order of the cells of a file: recorded, asked for, or simulation order.

    Raises:
        BadInput: it was asked for another order than is recorded.
    """
    if recorded.cell_order is not None and asked is not None and asked != recorded.cell_order:
        raise BadInput(
            f"{path}: records cell order {recorded.cell_order!r}, but {asked!r} was asked for"
        )
    return recorded.cell_order or asked or USUAL_ORDER
