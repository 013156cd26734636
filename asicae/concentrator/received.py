"""What comes before the algorithms: codes from the links to CALQ by the registers of the chip."""

import numpy as np
import numpy.typing as npt

from asicae.concentrator.settings import ConcentratorSettings
from asicae.module import calibration


def calq_of_codes(codes: npt.ArrayLike, settings: ConcentratorSettings) -> npt.NDArray[np.int32]:
    """CALQ int32[n, 48] in AE order of the 4E3M codes [n, 48], 0..127, of the input channels.

    Args:
        codes: in the order of the input channels.
        settings: ``mux``, ``cal`` and ``alg_high_density``.

    Raises:
        BadInput: codes of another shape or out of range.
    """
    return calibration.calq_of_codes(codes, settings.mux, settings.cal, settings.alg_high_density)
