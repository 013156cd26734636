"""The published chip, as figures with their source, and what each of them includes."""

from dataclasses import dataclass

ROUTING = "routing, pads and radiation-hard cells"
PAPER = "Di Guglielmo et al., IEEE TNS 68 (2021), arXiv:2105.01683"


@dataclass(frozen=True)
class Published:
    """One published figure.

    ``key`` is the metric of a run that stands beside it, ``leaves_out`` what that one lacks.
    """

    quantity: str
    value: float
    unit: str
    key: str
    remark: str
    leaves_out: str = ""


CHIP = (
    Published(
        "Area, 65 nm",
        3.6,
        "mm²",
        "area.mm2_65nm",
        "after layout, low-power CMOS",
        f"clock tree, {ROUTING}",
    ),
    Published(
        "Energy per inference, 65 nm",
        2.4,
        "nJ",
        "energy.nj_65nm",
        "simulated; 95 mW × 25 ns, so clock, registers and idle power are in it",
        f"leakage, {ROUTING}",
    ),
    Published("Initiation interval", 1, "BX", "rtl.interval_bx", "one inference every 25 ns"),
    Published("Latency", 2, "BX", "rtl.latency_bx", "50 ns"),
    Published("Weights", 12864, "bits", "weights.bits", "2144 parameters of 6 bits"),
)
