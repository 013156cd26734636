"""How the chip of an exported folder is built, recorded beside its network."""

from pathlib import Path
from typing import Final, Literal

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import NAIVE
from asicae.foundation.json_record import JsonRecord

DESIGN: Final = "design.json"
"""In an exported folder, beside ``network.json``."""
FILELIST: Final = "filelist.f"
"""In the folder of the Verilog: its files in compile order, one a line."""
MODEL: Final = "model.f"
"""Beside it where the chip is slow to simulate as it is built: the same chip, built for speed."""


class DesignRecord(JsonRecord):
    """The file: what ``network.json`` leaves open."""

    version: Literal[1] = 1
    configuration: Configuration


def recorded(folder: Path) -> Configuration:
    """How the chip in an exported folder, or in its folder of Verilog, is built.

    Without a record it is the naive one: exports had no other once.

    Raises:
        BadInput: the record is unreadable, of another version, or has another content.
    """
    home = folder.parent if (folder / FILELIST).is_file() else folder
    path = home / DESIGN
    return DesignRecord.load(path).configuration if path.is_file() else NAIVE
