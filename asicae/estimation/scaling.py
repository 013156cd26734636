"""From the node of the library to 65 nm, and the published chip to compare with.

A. Stillmaker, B. Baas, "Scaling equations for the accurate prediction of CMOS device performance
from 180 nm to 7 nm", Integration 58 (2017) 74-81, doi:10.1016/j.vlsi.2017.02.002: energy per
operation is a quadratic, delay a cubic polynomial of the supply voltage for each node; area has a
table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TARGET_NM = 65
TARGET_V = 1.2
# Coefficients of falling powers of the supply voltage; 45 nm is the high-performance variant, which
# is what FreePDK45 models.
ENERGY: Mapping[int, Sequence[float]] = {
    180: (0.0, 24.64, -17.98),
    130: (7.171, -6.709, 2.904),
    65: (3.755, -4.398, 1.975),
    45: (1.018, -0.3107, 0.1539),
}
DELAY: Mapping[int, Sequence[float]] = {
    180: (0.0, 97.09, -356.7, 406.5),
    130: (-76.65, 334.9, -493.4, 275.8),
    65: (-53.3, 230.4, -333.9, 178.6),
    45: (-501.6, 1567.0, -1619.0, 566.1),
}
# Published factor from the node to 65 nm.
AREA: Mapping[int, float] = {180: 0.08, 130: 0.23, 45: 1.5}
# Node to (low, nominal, high).  45 nm: the published factor; pure geometry, (65/45)^2; and the
# NAND2 of a real low-power 65 nm library, which is up to 2.5 times the area of NanGate45's.
AREA_BAND: Mapping[int, tuple[float, float, float]] = {45: (1.5, 2.09, 2.5)}
ENERGY_BAND = 2.0  # the estimate is trusted to a factor of two either way


def _polynomial(coefficients: Sequence[float], voltage: float) -> float:
    value = 0.0
    for coefficient in coefficients:
        value = value * voltage + coefficient
    return value


def energy_factor(node_nm: int, voltage: float) -> float:
    """Energy per operation at 65 nm and 1.2 V over that at ``node_nm`` and ``voltage``."""
    return _polynomial(ENERGY[TARGET_NM], TARGET_V) / _polynomial(ENERGY[node_nm], voltage)


def delay_factor(node_nm: int, voltage: float) -> float:
    """Delay at 65 nm and 1.2 V over that at ``node_nm`` and ``voltage``."""
    return _polynomial(DELAY[TARGET_NM], TARGET_V) / _polynomial(DELAY[node_nm], voltage)


@dataclass(frozen=True)
class Band:
    """A figure with its band."""

    low: float
    nominal: float
    high: float

    def times(self, value: float) -> "Band":
        """The band of ``value`` times each factor."""
        return Band(self.low * value, self.nominal * value, self.high * value)


def area_band(node_nm: int) -> Band:
    """Area factors to 65 nm; a node without a studied band has its published factor thrice."""
    published = AREA[node_nm]
    return Band(*AREA_BAND.get(node_nm, (published, published, published)))


def energy_band(node_nm: int, voltage: float) -> Band:
    """Energy factors to 65 nm."""
    nominal = energy_factor(node_nm, voltage)
    return Band(nominal / ENERGY_BAND, nominal, nominal * ENERGY_BAND)
