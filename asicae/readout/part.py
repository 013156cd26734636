"""What a reader hands on: modules, and what is only needed to select among them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.readout.readouts import Readouts


@dataclass(frozen=True)
class Part:
    """Some modules of one file.

    Attributes:
        readouts: n modules.
        signal_fraction: float32[n], share of the event's signal energy that is in the module;
            None unless it was asked for.
    """

    readouts: Readouts
    signal_fraction: npt.NDArray[np.float32] | None = None

    def select(self, index: Any) -> "Part":
        """The modules at ``index`` (slice, integer array or boolean mask)."""
        fraction = None if self.signal_fraction is None else self.signal_fraction[index]
        return Part(self.readouts.select(index), fraction)
