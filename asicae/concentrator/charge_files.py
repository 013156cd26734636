"""Files of charges: what frames say, field by field, and the charge map made of it.

``asicae-charges-2`` is an NPZ without pickle with the texts of a file of frames, ``spread`` (name
of the map, ``none`` without one) and per frame, in AE order and CALQ units:

* ``field_<name>``: every transmitted field as it is, in the dataclass of the algorithm; with the
  settings they make the frames again (``codec.pack``);
* ``charges`` float64[n, 48]: the charge map, unless ``spread`` is ``none``;
* ``sent_charges`` int64[n, 48] and ``sent`` bool[n, 48] of the cells sent one by one;
* ``module_sum`` int64[n] with ``sum_of_all`` bool[n] where a sum is sent;
* ``group_sums`` and ``group_peaks`` int64[n, g] where groups are, ``group_cells`` int64[g, k];
* ``truncated`` bool[n] where frames vary in length;
* where the frame came from, see ``frame_files.PLACE``.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator import codec
from asicae.concentrator.algorithms.base import Fields
from asicae.concentrator.algorithms.table import algorithm_of
from asicae.concentrator.frame_files import PLACE, FrameFile, described
from asicae.concentrator.transmitted import Transmitted
from asicae.foundation.errors import BadInput
from asicae.foundation.files import output_file
from asicae.foundation.npz_spool import NpzSpool
from asicae.foundation.progress import track
from asicae.readout.readouts import Readouts

FORMAT: Final = "asicae-charges-2"
CHUNK: Final = 65536
ChargeMap = Callable[[Fields, Transmitted, Readouts], npt.NDArray[np.float64]]
"""From fields, what they say, and the modules they came from, to charges float64[n, 48]."""


def write_charges(
    file: FrameFile,
    source: Path,
    out: Path,
    spread: str,
    charge_map: ChargeMap | None,
) -> None:
    """Decode frames into a file, whole or not at all, some at a time.

    Args:
        file: frames that ``source`` holds.
        source: for messages.
        out: is replaced.
        spread: name of the map.
        charge_map: makes it; None for ``none``.

    Raises:
        BadInput: the first frame that no chip with these settings can have sent, or a place that is
            out of range.
    """
    head = described(FORMAT, file.settings, file.provenance) | {"spread": np.array(spread)}
    groups = algorithm_of(file.settings).groups(file.settings)
    if groups is not None:
        head["group_cells"] = groups
    starts = range(0, len(file.frames), CHUNK)
    with output_file(out) as temporary, NpzSpool(temporary) as spool:
        for start in track(starts, "decoding"):
            try:
                spool.add(_arrays(file, slice(start, start + CHUNK), charge_map))
            except BadInput as error:
                raise BadInput(f"{source}: {error}") from None
        spool.finish(head)


def _arrays(file: FrameFile, rows: slice, charge_map: ChargeMap | None) -> dict[str, npt.ArrayLike]:
    """What the frames of ``rows`` say."""
    fields = codec.decode(file.frames.part(rows), file.settings)
    known = codec.transmitted(fields, file.settings)
    algorithm = algorithm_of(file.settings)
    arrays: dict[str, npt.ArrayLike] = {
        f"field_{field.name}": getattr(fields, field.name) for field in dataclasses.fields(fields)
    }
    if charge_map is not None:
        arrays["charges"] = charge_map(fields, known, file.modules(rows))
    if algorithm.sends_cells:
        arrays |= {"sent_charges": known.charges, "sent": known.sent}
    if known.module_sum is not None:
        arrays |= {"module_sum": known.module_sum, "sum_of_all": known.sum_of_all}
    if known.groups is not None:
        arrays["group_sums"] = known.groups.sums
        if known.groups.peaks is not None:
            arrays["group_peaks"] = known.groups.peaks
    if algorithm.variable_rate:
        arrays["truncated"] = known.truncated
    return arrays | {name: file.place[name][rows] for name in PLACE}
