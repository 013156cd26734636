"""Files of frames: what left the chip, with all that is needed to read it.

``asicae-frames-2`` is an NPZ without pickle: ``format``, ``cell_order`` (``ae``), ``settings``
(JSON of those that are used), ``provenance`` (JSON of texts), ``words`` uint16[n, w] and
``counts`` uint8[n], see ``frames.Frames``, and where every frame came from (``PLACE``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.table import settings_from
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import ConcentratorSettings
from asicae.foundation.archives import read_npz
from asicae.foundation.errors import BadInput
from asicae.foundation.json_text import parse_json
from asicae.module.geometry import N_CELLS
from asicae.readout.readouts import COLUMNS, Readouts

FORMAT: Final = "asicae-frames-2"
PLACE: Final = ("layer", "wafer_u", "wafer_v", "wafer_type", "high_density", "eta")
"""Columns of readouts that say where a module is; the receiver knows them, no frame holds them."""
_LAYOUT: Final = {
    "format": ("U", 0),
    "cell_order": ("U", 0),
    "settings": ("U", 0),
    "provenance": ("U", 0),
    "words": ("iu", 2),
    "counts": ("iu", 1),
    **{name: (COLUMNS[name][1], 1) for name in PLACE},
}


@dataclass(frozen=True, eq=False)
class FrameFile:
    """Frames with the settings that made them and where they came from.

    Attributes:
        frames: n of them.
        settings: of the concentrator.
        provenance: texts by name.
        place: columns ``PLACE`` [n], as in ``Readouts``.
    """

    frames: Frames
    settings: ConcentratorSettings
    provenance: Mapping[str, str]
    place: Mapping[str, npt.NDArray[Any]]

    def modules(self, rows: slice) -> Readouts:
        """The modules of some frames as a decoder may see them: without charges.

        Raises:
            BadInput: a place out of range.
        """
        layer, wafer_u, wafer_v, wafer_type, high_density, eta = (
            self.place[name][rows] for name in PLACE
        )
        number = len(layer)
        return Readouts(
            calq=np.zeros((number, N_CELLS), dtype=np.int32),
            layer=layer,
            wafer_u=wafer_u,
            wafer_v=wafer_v,
            wafer_type=wafer_type,
            high_density=high_density,
            eta=eta,
            sim_energy=np.zeros(number, dtype=np.float32),
            pileup=np.full(number, -1, dtype=np.int16),
        )


def load(path: Path) -> FrameFile:
    """Read a file made by ``encoding.encode_files``; its frames are not decoded yet.

    Raises:
        BadInput: unreadable, another format, settings or arrays that do not fit.
    """
    arrays = read_npz(path, _LAYOUT)
    for name, allowed in (("format", FORMAT), ("cell_order", "ae")):
        if str(arrays[name]) != allowed:
            raise BadInput(f"{path}: {name} is {str(arrays[name])!r}, allowed is {allowed!r}")
    settings = settings_from(_object(path, arrays, "settings"), f"{path}: settings")
    provenance = {str(k): str(v) for k, v in _object(path, arrays, "provenance").items()}
    try:
        frames = _checked(arrays["words"], arrays["counts"])
        place = {name: arrays[name] for name in PLACE}
        for name, column in place.items():
            if len(column) != len(frames):
                raise BadInput(f"{len(frames)} rows of words, but {len(column)} of {name}")
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    return FrameFile(frames, settings, provenance, place)


def described(
    format_name: str, settings: ConcentratorSettings, provenance: Mapping[str, str]
) -> dict[str, npt.ArrayLike]:
    """The texts at the head of a file."""
    return {
        "format": np.array(format_name),
        "cell_order": np.array("ae"),
        "settings": np.array(settings.text()),
        "provenance": np.array(json.dumps(dict(provenance), sort_keys=True)),
    }


def require_npz(path: Path) -> None:
    """Make sure that a file to be written has the name of what it is.

    Raises:
        BadInput: another ending.
    """
    if path.suffix.lower() != ".npz":
        raise BadInput(f"{path}: ending {path.suffix!r}, allowed is .npz")


def _object(path: Path, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> dict[str, Any]:
    value = parse_json(str(arrays[name]), f"{path}: {name}")
    if not isinstance(value, dict):
        raise BadInput(f"{path}: {name} is {type(value).__name__}, allowed is a JSON object")
    return value


def _checked(words: npt.NDArray[Any], counts: npt.NDArray[Any]) -> Frames:
    """Frames of arrays from a file.

    Raises:
        BadInput: lengths that differ, no frames, values that are no words or counts.
    """
    if len(words) != len(counts):
        raise BadInput(f"{len(words)} rows of words, but {len(counts)} counts")
    if not len(words):
        raise BadInput("holds no frames, allowed is one or more")
    width = words.shape[1]
    for name, rows, low, high in (
        ("word", words, 0, 0xFFFF),
        ("count", counts[:, None], 1, min(width, 0xFF)),
    ):
        wrong = ((rows < low) | (rows > high)).any(axis=1)
        if wrong.any():
            row = int(np.argmax(wrong))
            found = rows[row][(rows[row] < low) | (rows[row] > high)][0]
            raise BadInput(f"frame {row}: {name} {found}, allowed is {low}..{high}")
    return Frames(words.astype(np.uint16), counts.astype(np.uint8))
