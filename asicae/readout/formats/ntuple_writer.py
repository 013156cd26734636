"""Writes ROOT n-tuples with the branch names of public ones (``ntuple``)."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from asicae.module.geometry import ARRANGEMENTS
from asicae.readout.formats.ntuple import N_PIXELS, TREE
from asicae.readout.parsing.foreign import imported
from asicae.readout.parsing.recorded import PIXELS, Recorded
from asicae.readout.readouts import Readouts

_PREFIX: Final = "wafer"


class NtupleWriter:
    """One module an entry, as lists of one value, so that readers of events can read it.

    The cells are the 64 pixels of the 8x8 picture by rows.
    """

    def __init__(self, path: Path) -> None:
        uproot = imported("uproot")
        self._file: Any = uproot.recreate(path, compression=uproot.ZLIB(1))
        self._tree: Any = None

    def add(self, readouts: Readouts) -> None:
        """Append modules as one basket a branch."""
        events = _events(readouts)
        if self._tree is None:
            self._tree = self._file.mktree(TREE, {_PREFIX: events.type.content})
        self._tree.extend({_PREFIX: events})

    def finish(self, source: str) -> None:
        """Complete the file."""
        self._file["asicae"] = Recorded(cell_order=PIXELS, source=source).text()
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _events(readouts: Readouts) -> Any:
    contents = imported("awkward").contents
    columns: dict[str, Any] = {
        "layer": readouts.layer.astype(np.int32),
        "waferu": readouts.wafer_u.astype(np.int32),
        "waferv": readouts.wafer_v.astype(np.int32),
        "wafertype": readouts.wafer_type.astype(np.int32),
        "eta": readouts.eta,
        "simenergy": readouts.sim_energy,
        "pileup": readouts.pileup.astype(np.int32),
        "highdensity": readouts.high_density.astype(np.int32),
        "partial": readouts.partial.astype(np.int32),
    }
    pictures = ARRANGEMENTS["8x8"].image(readouts.calq).reshape(-1, N_PIXELS).astype(np.uint32)
    columns |= {f"CALQ{pixel}": cells for pixel, cells in enumerate(pictures.T)}
    records = contents.RecordArray(
        [contents.NumpyArray(np.ascontiguousarray(column)) for column in columns.values()],
        list(columns),
    )
    awkward = imported("awkward")
    offsets = awkward.index.Index64(np.arange(len(readouts) + 1))
    return awkward.Array(contents.ListOffsetArray(offsets, records))
