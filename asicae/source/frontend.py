"""From silicon charge to CALQ: noise, digitisation, 4E3M link code, decoding, calibration.

A charge up to 100 fC is measured by the ADC in counts of 100 fC / 1024, a larger one by the time
over threshold in steps of 10 pC / 4096 on the same scale; beyond 10 pC the code stays that of
10 pC. The limits are those of one sensor cell and are applied to the trigger cell, as if one of
its cells held all the charge.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module import codes
from asicae.module.detector import HIGH_DENSITY, SENSOR, Modules
from asicae.source import parameters as par

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NOISE_FC: Final = np.array(par.NOISE_ELECTRONS) * par.FC_PER_ELECTRON
"""Noise of one sensor cell by wafer type, float[3] (before irradiation)."""
FC_PER_COUNT: Final = par.ADC_RANGE_FC / 2**par.ADC_BITS
"""Charge of one count."""
FC_PER_TOT_STEP: Final = par.TOT_RANGE_FC / 2**par.TOT_BITS
"""Resolution of the time over threshold."""


@dataclass(frozen=True)
class FrontEnd:
    """Settings of the readout chain.

    Attributes:
        threshold_mip_t: a cell below this transverse charge is sent as code 0.
        calq_per_mip_t: CALQ of one transverse MIP after calibration.
        noise_scale: factor on the noise of the sensor cells.
        saturation_fc: charge of a trigger cell beyond which its code stays the same.
    """

    threshold_mip_t: float = par.THRESHOLD_MIP_T
    calq_per_mip_t: float = par.CALQ_PER_MIP_T
    noise_scale: float = 1.0
    saturation_fc: float = par.TOT_RANGE_FC


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


def counts(charge_fc: Array, saturation_fc: float = par.TOT_RANGE_FC) -> Integers:
    """Linearised counts of charges in fC: ADC, then time over threshold, then saturation."""
    held = np.clip(charge_fc, 0.0, saturation_fc)
    large = np.flatnonzero(held > par.ADC_RANGE_FC)
    held.flat[large] = np.floor(held.flat[large] / FC_PER_TOT_STEP) * FC_PER_TOT_STEP
    return np.asarray(np.floor(held / FC_PER_COUNT), dtype=np.int64)


def link_codes(
    mips: Array, modules: Modules, alive: Bools, settings: FrontEnd, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """4E3M codes [n, 48] that the front end sends.

    Args:
        mips: signals [n, 48] in MIP.
        modules: the n modules.
        alive: cells [n, 48] that are there and work; the others send code 0.
        settings: of the readout chain.
        rng: source of the noise.
    """
    kind = modules.wafer_type
    noise_fc = settings.noise_scale * NOISE_FC * np.sqrt(SENSOR.cells)
    charge_fc = noise_fc[kind][:, None] * rng.standard_normal(mips.shape)
    charge_fc += mips * SENSOR.mip_fc[kind][:, None]
    sent = counts(charge_fc, settings.saturation_fc)
    threshold = settings.threshold_mip_t * np.cosh(modules.eta) * counts_per_mip()[kind]
    sent *= alive & (sent >= threshold[:, None])
    return codes.encode_4e3m(sent, HIGH_DENSITY[kind][:, None])


def calibrated(
    sent: npt.NDArray[np.uint8], wafer_type: Integers, eta: Array, calq_per_mip_t: float
) -> npt.NDArray[np.int32]:
    """CALQ [n, 48] that the concentrator makes of the link codes [n, 48]."""
    decoded = codes.decode_4e3m(sent, HIGH_DENSITY[wafer_type][:, None])
    return codes.calibrate(decoded, calibration_factor(wafer_type, eta, calq_per_mip_t)[:, None])
