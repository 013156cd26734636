"""From the node of the library to 65 nm, each figure by every basis that there is, with its band.

No one rule carries a cell library to another node: cells of one node differ in height, drive and
supply more than nodes do.  So a figure is scaled by several bases, each of which stands in the
record with its source; their range, widened by the spread of libraries, is the band.

* **published**: A. Stillmaker, B. Baas, "Scaling equations for the accurate prediction of CMOS
  device performance from 180 nm to 7 nm", Integration 58 (2017) 74-81,
  doi:10.1016/j.vlsi.2017.02.002: energy per operation is a quadratic, delay a cubic polynomial of
  the supply voltage for each node; area has a table.
* **geometry**: lengths shrink as the names of the nodes do, which holds for planar nodes: area with
  their square, capacitance (energy over V^2) and delay with their ratio (R. H. Dennard et al., IEEE
  JSSC 9 (1974) 256-268).
* **gates**: area counted in two-input NANDs of the library, times what one takes at 65 nm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asicae.estimation.technology import Technology

TARGET_NM = 65
TARGET_V = 1.2
# Coefficients of falling powers of the supply voltage; 45 and 7 nm are the high-performance
# variants, which is what FreePDK45 and ASAP7 model.
ENERGY: Mapping[int, Sequence[float]] = {
    180: (0.0, 24.64, -17.98),
    130: (7.171, -6.709, 2.904),
    65: (3.755, -4.398, 1.975),
    45: (1.018, -0.3107, 0.1539),
    7: (0.1776, -0.09097, 0.02447),
}
DELAY: Mapping[int, Sequence[float]] = {
    180: (0.0, 97.09, -356.7, 406.5),
    130: (-76.65, 334.9, -493.4, 275.8),
    65: (-53.3, 230.4, -333.9, 178.6),
    45: (-501.6, 1567.0, -1619.0, 566.1),
    7: (-28.58, 76.6, -70.26, 24.69),
}
# Highest supply at which a polynomial is read: the usual one of its node, V. A library of 130 nm at
# 1.8 V is no faster for it, and its energy goes on with V^2.
HIGHEST_V: Mapping[int, float] = {180: 1.98, 130: 1.3, 65: 1.2, 45: 1.1, 7: 0.77}
AREA: Mapping[int, float] = {180: 0.08, 130: 0.23, 45: 1.5, 7: 25.0}
"""Published factor from the node to 65 nm."""
PLANAR_NM = 28
"""From this node on upwards its name is a length."""
NANGATE45_NAND2_UM2 = 0.798
# A two-input NAND in real low-power 65 nm libraries has 1.8 to 2.5 times the area of NanGate45's;
# the nominal one is NanGate45's by geometry.
GATE_OVER_NANGATE45 = (1.8, 2.09, 2.5)
# How far apart libraries of one node are, and this estimate from a layout: either way.
ENERGY_SPREAD = 2.0
DELAY_SPREAD = 2.0


@dataclass(frozen=True)
class Band:
    """A figure with its band."""

    low: float
    nominal: float
    high: float

    def times(self, value: float) -> "Band":
        """The band of ``value`` times each factor."""
        return Band(self.low * value, self.nominal * value, self.high * value)


@dataclass(frozen=True)
class Scaling:
    """Factors from a library to 65 nm and 1.2 V.

    Attributes:
        area: of cells.
        energy: switching, internal and clock energy; leakage is not carried across nodes.
        delay: of gates.
        bases: factors by figure and basis.
    """

    area: Band
    energy: Band
    delay: Band
    bases: Mapping[str, Mapping[str, float]]


def _polynomial(coefficients: Sequence[float], voltage: float) -> float:
    value = 0.0
    for coefficient in coefficients:
        value = value * voltage + coefficient
    return value


def _energy(node_nm: int, voltage: float) -> float:
    """Energy per operation, in the unit of the paper."""
    read_at = min(voltage, HIGHEST_V[node_nm])
    return _polynomial(ENERGY[node_nm], read_at) * (voltage / read_at) ** 2


def _delay(node_nm: int, voltage: float) -> float:
    return _polynomial(DELAY[node_nm], min(voltage, HIGHEST_V[node_nm]))


def energy_factor(node_nm: int, voltage: float) -> float:
    """Published energy per operation at 65 nm and 1.2 V over that of a node and supply (V)."""
    return _energy(TARGET_NM, TARGET_V) / _energy(node_nm, voltage)


def delay_factor(node_nm: int, voltage: float) -> float:
    """Published delay at 65 nm and 1.2 V over that of a node and supply (V)."""
    return _delay(TARGET_NM, TARGET_V) / _delay(node_nm, voltage)


def why_not(node_nm: int | None) -> str | None:
    """Why a library is not scaled to 65 nm; None where it is."""
    if node_nm is None:
        return "no figures at 65 nm: the node of this library is not known"
    if node_nm not in AREA:
        known = ", ".join(map(str, sorted(AREA)))
        return f"no figures at 65 nm: there are no factors for {node_nm} nm, only for {known} nm"
    return None


def scaling(node_nm: int, voltage: float, nand2_um2: float) -> Scaling:
    """Factors of a library: its node (one with published factors), nominal supply (V) and the area
    of its two-input NAND (um2).
    """
    low, nominal, high = (f * NANGATE45_NAND2_UM2 / nand2_um2 for f in GATE_OVER_NANGATE45)
    bases = {
        "area": {
            "published": AREA[node_nm],
            "gates, smallest": low,
            "gates": nominal,
            "gates, largest": high,
        },
        "energy": {"published": energy_factor(node_nm, voltage)},
        "delay": {"published": delay_factor(node_nm, voltage)},
    }
    if node_nm >= PLANAR_NM:
        ratio = TARGET_NM / node_nm
        bases["area"]["geometry"] = ratio**2
        bases["energy"]["geometry"] = ratio * (TARGET_V / voltage) ** 2
        bases["delay"]["geometry"] = ratio
    return Scaling(
        _band(bases["area"], nominal, 1.0),
        _band(bases["energy"], bases["energy"]["published"], ENERGY_SPREAD),
        _band(bases["delay"], bases["delay"]["published"], DELAY_SPREAD),
        bases,
    )


def factors(node_nm: int | None, voltage: float, nand2_um2: float) -> Scaling | None:
    """``scaling``; None where ``why_not`` says why."""
    if node_nm is None or why_not(node_nm) is not None:
        return None
    return scaling(node_nm, voltage, nand2_um2)


def factors_of(technology: Technology) -> Scaling | None:
    """Factors of a library; None where ``why_not`` says why."""
    return factors(technology.node_nm, technology.voltage, technology.nand2_area)


def _band(bases: Mapping[str, float], nominal: float, spread: float) -> Band:
    return Band(min(bases.values()) / spread, nominal, max(bases.values()) * spread)
