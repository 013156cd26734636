"""The class of a module: its number of trigger links in the public map."""

import numpy as np
import numpy.typing as npt

from asicae.module.link_map import links_of
from asicae.readout.readouts import Readouts


def module_links(readouts: Readouts) -> npt.NDArray[np.int64]:
    """Trigger links int64[n] of every module in the public map; 0 where it tells nothing.

    That is so of partial modules, and of those without a place: none is on the beam.
    """
    placed = (readouts.wafer_u != 0) | (readouts.wafer_v != 0)
    found = links_of(readouts.layer, readouts.wafer_u, readouts.wafer_v)
    return np.where(placed & ~readouts.partial, found, 0)
