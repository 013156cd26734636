"""From silicon charge to CALQ: noise, digitisation, 4E3M link code, decoding, calibration."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.errors import BadInput
from asicae.readout import codes
from asicae.readout.detector import HIGH_DENSITY, SENSOR

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FC_PER_COUNT: Final = 100.0 / 1024.0
"""Charge of one count: 10 bits over 100 fC (HGCROC ADC); larger signals are on the same scale."""
FC_PER_ELECTRON: Final = 1.602e-4


@dataclass(frozen=True)
class FrontEnd:
    """Settings of the readout chain.

    Attributes:
        threshold_mip_t: a cell below this transverse charge is sent as code 0.
        calq_per_mip_t: CALQ of one transverse MIP after calibration.
        noise_scale: factor on the noise of the sensor cells.
    """

    threshold_mip_t: float
    calq_per_mip_t: float
    noise_scale: float


def counts_per_mip() -> Array:
    """ADC counts of one MIP by wafer type, float[3]."""
    return SENSOR.mip_fc / FC_PER_COUNT


def calibration_factor(wafer_type: Integers, eta: Array, calq_per_mip_t: float) -> Integers:
    """Factor (0x800 = 1) that turns counts into transverse charge: sin(theta) = 1 / cosh(eta).

    Raises:
        BadInput: a factor that does not fit the 12-bit register.
    """
    factor = calq_per_mip_t / (counts_per_mip()[wafer_type] * np.cosh(eta))
    register = np.rint(factor * codes.CALIBRATION_ONE).astype(np.int64)
    if register.size and register.max() > codes.CALIBRATION_MAX:
        raise BadInput(
            f"calq_per_mip_t {calq_per_mip_t:g} needs the calibration factor {register.max()},"
            f" allowed is 0..{codes.CALIBRATION_MAX}"
        )
    return register


def link_codes(
    mips: Array,
    wafer_type: Integers,
    eta: Array,
    settings: FrontEnd,
    rng: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    """4E3M codes [n, 48] that the front end sends for signals in MIP [n, 48]."""
    noise_fc = SENSOR.noise_electrons * FC_PER_ELECTRON * np.sqrt(SENSOR.cells)
    noise = (settings.noise_scale * noise_fc)[wafer_type][:, None]
    charge_fc = mips * SENSOR.mip_fc[wafer_type][:, None] + noise * rng.standard_normal(mips.shape)
    threshold = settings.threshold_mip_t * np.cosh(eta) * counts_per_mip()[wafer_type]
    counts = np.floor(np.maximum(charge_fc, 0.0) / FC_PER_COUNT)
    counts = np.where(counts < threshold[:, None], 0.0, counts).astype(np.int64)
    return codes.encode_4e3m(counts, HIGH_DENSITY[wafer_type][:, None])


def calibrated(
    sent: npt.NDArray[np.uint8], wafer_type: Integers, eta: Array, calq_per_mip_t: float
) -> npt.NDArray[np.int32]:
    """CALQ [n, 48] that the concentrator makes of the link codes [n, 48]."""
    decoded = codes.decode_4e3m(sent, HIGH_DENSITY[wafer_type][:, None])
    return codes.calibrate(decoded, calibration_factor(wafer_type, eta, calq_per_mip_t)[:, None])
