"""From link codes to calibrated charge, as the concentrator does it: Mux, decode, calibrate.

Sources: the public emulators of ECON-T, github.com/hgc-tpg/hgcal-tpg-fe and
github.com/cmantill/ECONT_Emulator (order of the blocks); LDMX-Software/pflib (register map: 48 Mux
of 6 bits, of which 0..47 name a channel, 48 Cal of 12 bits with 0x800 = 1).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.codes import calibrate, decode_4e3m
from asicae.module.geometry import N_CELLS


def multiplex(values: npt.NDArray[Any], mux: npt.ArrayLike) -> npt.NDArray[Any]:
    """Channels [..., 48] in the order of the outputs: output i is channel ``mux[i]``.

    A channel may feed several outputs, or none.

    Raises:
        BadInput: values or mux that are not 48 long, a mux entry that is no channel 0..47.
    """
    channels = np.asarray(mux)
    if channels.shape != (N_CELLS,) or channels.dtype.kind not in "iu":
        raise BadInput(f"Mux has shape {channels.shape}, allowed are {N_CELLS} integers")
    wrong = np.flatnonzero((channels < 0) | (channels >= N_CELLS))
    if wrong.size:
        found = f"Mux of output {wrong[0]} is {channels[wrong[0]]}"
        raise BadInput(f"{found}, allowed is 0..{N_CELLS - 1}")
    if values.shape[-1:] != (N_CELLS,):
        raise BadInput(f"channels have shape {values.shape}, the last axis must be {N_CELLS}")
    return np.asarray(values[..., channels])


def calq_of_codes(
    codes: npt.ArrayLike,
    mux: npt.ArrayLike,
    cal: npt.ArrayLike,
    high_density: npt.ArrayLike,
) -> npt.NDArray[np.int32]:
    """CALQ [n, 48] of the 4E3M codes [n, 48] that arrive on the links.

    Args:
        codes: 0..127, in the order of the input channels.
        mux: channel of every output, 48 of 0..47.
        cal: calibration factor of every output (not channel), 48 of 0..0xFFF, 0x800 = 1.
        high_density: decoding for 9 (true) or 4 sensor cells per trigger cell; broadcasts.

    Raises:
        BadInput: a shape that does not fit, a value out of range.
    """
    return calibrate(decode_4e3m(multiplex(np.asarray(codes), mux), high_density), cal)
