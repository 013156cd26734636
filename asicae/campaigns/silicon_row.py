"""What is found for one way to build the chip, of several that are compared, and of which RTL."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from asicae.chip.design import design_of
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.export.rtl import rtl_files
from asicae.foundation.json_record import JsonRecord
from asicae.network.description import Network


class Row(JsonRecord):
    """What was found for one microarchitecture; figures have the keys of ``metrics.json``."""

    name: str
    status: str
    latency_bx: int
    rtl_sources: str
    """The list whose files were verilated; the netlist is always of ``filelist.f``."""
    rtl_sha256: str | None = None
    """``digest`` of the RTL that it was measured on; None where that was not recorded."""
    figures: dict[str, float | int | str]
    area_um2: dict[str, float]
    """By block, at the library's node."""
    dynamic_pj: dict[str, float]
    """By block, at the library's node, glitches among it."""

    @property
    def area_mm2(self) -> float:
        """At the library's node."""
        return sum(self.area_um2.values()) * 1e-6

    @property
    def energy_nj(self) -> float:
        """Dynamic energy per inference at the library's node."""
        return sum(self.dynamic_pj.values()) * 1e-3

    def figure(self, key: str) -> float:
        """One of ``figures`` as a number.

        Raises:
            KeyError: there is none of that key.
        """
        return float(self.figures[key])

    def band(self, key: str) -> tuple[float, float, float]:
        """A figure at 65 nm: low, nominal, high."""
        low, nominal, high = (self.figure(f"{key}.{level}") for level in ("low", "nominal", "high"))
        return low, nominal, high


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents of the Verilog of a chip and the lists of it."""
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(f"{name}\n{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return found.hexdigest()


def digest_in(rtl: Path) -> str:
    """``digest`` of an exported folder of Verilog."""
    paths = [path for path in rtl.iterdir() if path.suffix in (".v", ".f")]
    return digest({path.name: path.read_bytes() for path in paths})


def todays_digest(network: Network, name: str) -> str:
    """``digest`` of what is exported now of the microarchitecture of that name."""
    return digest(rtl_files(design_of(network, MICROARCHITECTURES[name].configuration)))


def rows_of_today(rows: Sequence[Row], network: Network) -> dict[str, bool | None]:
    """By name, whether a row was measured on the RTL that is exported now; None where no row
    says on which it was.
    """
    return {
        row.name: None
        if row.rtl_sha256 is None
        else row.name in MICROARCHITECTURES and row.rtl_sha256 == todays_digest(network, row.name)
        for row in rows
    }
