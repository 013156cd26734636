"""How inputs are read and what is kept of them, as a user writes it."""

from pathlib import Path
from typing import Literal

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import Exact
from asicae.module.geometry import N_CELLS
from asicae.readout import format_table
from asicae.readout.options import (
    Options,
    branches_from,
    calibration_file,
    calibration_from,
    mux_from,
    place_from,
)
from asicae.readout.rejected import Rejected
from asicae.readout.selection import Selection, selection_from


class ReadingSettings(Exact):
    """The options of ``asicae data convert`` as values.

    Attributes:
        layers: wanted, as in ``"5,7-9"``.
        wafer: modules wanted, as in ``["3,-2"]``.
        types: sensors wanted, as in ``"0,1"``.
        density: wanted, ``"HD"`` or ``"LD"``.
        min_signal: share of the event's signal energy wanted at least, 0..1.
        module_class: wanted, a name as ``"dense"`` or trigger links as ``"7"``.
        skip_bad: leave out and count bad modules and files.
        skip_partial: leave out partial modules.
        order: of the cells of the input.
        format: of the input.
        tree: path of the tree in a ROOT file.
        branch: names of branches, as in ``["calq=L1THGCAL_wafer_CALQ_{}"]``.
        module: ``"LAYER,U,V,TYPE"`` of a file that does not say it.
        mux: file with the 48 multiplexer settings of a capture.
        first_cell: end of a captured word with its first cell.
        calibration: factor of a capture, or the file with the 48 factors.
    """

    layers: str | None = None
    wafer: tuple[str, ...] = ()
    types: str | None = None
    density: str | None = None
    min_signal: float | None = None
    module_class: str | None = None
    skip_bad: bool = False
    skip_partial: bool = False
    order: str | None = None
    format: str | None = None
    tree: str | None = None
    branch: tuple[str, ...] = ()
    module: str | None = None
    mux: str | None = None
    first_cell: Literal["high", "low"] = "high"
    calibration: str = "2048"

    def options(self) -> Options:
        """What the files do not say about themselves.

        Raises:
            BadInput: a value that is not allowed, a file that cannot be used.
        """
        return Options(
            format=self.format,
            order=self.order,
            place=place_from(self.module) if self.module else None,
            tree=self.tree,
            branches=branches_from(self.branch),
            first_cell=self.first_cell,
            calibration=calibration_from(self.calibration),
            mux=mux_from(Path(self.mux)) if self.mux else tuple(range(N_CELLS)),
        )

    def selection(self) -> Selection:
        """Which modules are wanted.

        Raises:
            BadInput: a value that is not allowed.
        """
        return selection_from(
            self.layers, self.wafer, self.types, self.density, self.min_signal, self.module_class
        )

    def rejected(self) -> Rejected:
        """What to do with bad input."""
        return Rejected(self.skip_bad, self.skip_partial)

    def files(self) -> list[Path]:
        """The files that are named here."""
        named = (Path(self.mux) if self.mux else None, calibration_file(self.calibration))
        return [path for path in named if path is not None]

    def check(self) -> None:
        """Make sure that all can be used, before anything is read.

        Raises:
            BadInput: a value that is not allowed, a file that cannot be used.
        """
        self.options()
        self.selection()
        if self.format not in (None, *format_table.names()):
            allowed = ", ".join(format_table.names())
            raise BadInput(f"format {self.format!r}: allowed are {allowed}")
