"""Where a module sits, as a word: ``LAYER,U,V``."""

import re
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator

from asicae.foundation.validation import short
from asicae.readout.readouts import Readouts

_PLACE: Final = re.compile(r"[1-9]\d{0,2}(?:,(?:0|-?[1-9]\d?)){2}", re.ASCII)
"""Each number in one way only: a module has one word."""


def checked_place(word: str) -> str:
    """The word, if it is one.

    Raises:
        ValueError: it is none.
    """
    if not _PLACE.fullmatch(word):
        raise ValueError(f"{short(word)} is no module, allowed is LAYER,U,V")
    return word


Place = Annotated[str, AfterValidator(checked_place)]
"""Such a word from outside."""


def at_place(readouts: Readouts, place: str) -> npt.NDArray[np.bool_]:
    """Which readouts are of the module there, bool[n]."""
    layer, u, v = map(int, place.split(","))
    here = (readouts.layer == layer) & (readouts.wafer_u == u) & (readouts.wafer_v == v)
    return np.asarray(here)


def places_of(readouts: Readouts) -> list[str]:
    """Places of all modules that are among the readouts, each once, in their order."""
    columns = (readouts.layer, readouts.wafer_u, readouts.wafer_v)
    found = np.unique(np.stack(columns, axis=1).astype(np.int64), axis=0)
    return [",".join(map(str, place)) for place in found.tolist()]
