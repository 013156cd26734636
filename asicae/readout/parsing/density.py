"""Density and sensor of a module, which a file states apart, must fit each other."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.detector import HIGH_DENSITY
from asicae.readout.readouts import density_fits
from asicae.readout.rejected import RowChecks


def agreed_density(
    wafer_type: npt.NDArray[Any],
    high_density: npt.NDArray[Any],
    checks: RowChecks,
    error: Callable[[int], BadInput],
) -> npt.NDArray[np.bool_]:
    """Density bool[n] of modules; a bad one is refused or becomes that of the sensor.

    Args:
        wafer_type: 0, 1, 2 = sensor of 120, 200, 300 µm, [n].
        high_density: booleans or 0 and 1, [n].
        checks: of the same rows.
        error: makes the error of one row.

    Raises:
        BadInput: the first bad row, unless bad rows are skipped.
    """
    bad = ~density_fits(wafer_type, high_density)
    checks.check(bad, "density does not fit the sensor", error)
    return np.where(bad, HIGH_DENSITY[wafer_type], high_density > 0)
