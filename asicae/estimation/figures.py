"""The flat figures of an estimate, as ``metrics.json`` has them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from asicae.estimation.record import EnergyParts, EstimatedBlock, EstimatedTree
from asicae.estimation.scaling import Scaling

CLOCK_TREE, TOP = "clock_tree", "top"
"""Labels beside those of the blocks: the tree, and cells directly in the top."""
Parts = dict[str, EnergyParts]
Figures = dict[str, float | int | str]
OCCUPANCY = 0.25
"""Of the typical figure: the share of crossings that bring data."""


@dataclass(frozen=True)
class Totals:
    """Area (um2) and energy (fJ a clock) by label: as estimated, without delays, and idle."""

    area: dict[str, float]
    timed: Parts
    settled: Parts
    idle: Parts

    @classmethod
    def of(
        cls, blocks: Iterable[EstimatedBlock], tree: EstimatedTree, glue: tuple[float, float]
    ) -> "Totals":
        """Sums over the blocks; ``glue``: area and leakage (fJ) of cells directly in the top."""
        found = cls({}, {}, {}, {})
        for block in blocks:
            found.area[block.label] = found.area.get(block.label, 0.0) + block.area_um2
            for parts, own in (
                (found.timed, block.energy_fj),
                (found.settled, block.zero_delay_fj),
                (found.idle, block.idle_fj),
            ):
                parts[block.label] = parts.get(block.label, EnergyParts()) + own
        for parts in (found.timed, found.settled, found.idle):
            parts[CLOCK_TREE] = EnergyParts(clock=tree.energy_fj)
        if glue[0]:
            found.area[TOP] = glue[0]
            for parts in (found.timed, found.settled, found.idle):
                parts[TOP] = EnergyParts(leakage=glue[1])
        return found


def energy_figures(timed: Parts, idle: Parts, key: str, factors: Scaling | None) -> Figures:
    """Energies at the library's own node, and the dynamic one scaled to 65 nm with its band.

    ``timed`` and ``idle``: energy by label, with data and without; ``key`` and ``factors`` are
    those of the library.
    """
    whole, rest = sum_of(timed), sum_of(idle)
    found: Figures = {
        f"energy.pj_per_inference.{key}": whole.total * 1e-3,
        "energy.data_pj": whole.data * 1e-3,
        "energy.clock_pj": whole.clock * 1e-3,
        "energy.leakage_pj": whole.leakage * 1e-3,
        "energy.idle_pj": rest.total * 1e-3,
        "energy.quarter_occupancy_pj": mixed(rest.total, whole.total) * 1e-3,
    }
    found |= {f"energy.share.{label}": part.total / whole.total for label, part in timed.items()}
    if factors is not None:
        # Leakage is not carried across nodes: a low-power 65 nm process leaks far less.
        quarter = mixed(rest.dynamic, whole.dynamic)
        for name, value in (("nj_65nm", whole.dynamic), ("quarter_occupancy_nj_65nm", quarter)):
            scaled = asdict(factors.energy.times(value * 1e-6))
            found |= {f"energy.{name}.{level}": figure for level, figure in scaled.items()}
    return found


def glitch_figures(totals: Totals, error_fj: float) -> Figures:
    """What the energy would be without delays, by how much glitches multiply that of data, and the
    standard error of the mean over events.
    """
    settled = sum_of(totals.settled)
    found: Figures = {
        "energy.zero_delay_pj": settled.total * 1e-3,
        "energy.statistical_error_pj": error_fj * 1e-3,
    }
    if settled.data > 0:  # equal events change nothing
        found["energy.glitch_factor"] = sum_of(totals.timed).data / settled.data
    for label, part in totals.timed.items():
        if totals.settled[label].data > 0:
            found[f"energy.glitch_factor.{label}"] = part.data / totals.settled[label].data
    return found


def mixed(idle: float, busy: float) -> float:
    """Mean where a quarter of the crossings brings data and the clock runs on in the others."""
    return idle + OCCUPANCY * (busy - idle)


def area_figures(area: dict[str, float], key: str, factors: Scaling | None) -> Figures:
    """Area (um2, by label) at the library's own node and its shares, and scaled to 65 nm with its
    band.
    """
    whole = sum(area.values())
    found: Figures = {f"area.um2.{key}": whole}
    found |= {f"area.share.{label}": value / whole for label, value in area.items()}
    if factors is not None:
        scaled = asdict(factors.area.times(whole * 1e-6))
        found |= {f"area.mm2_65nm.{level}": figure for level, figure in scaled.items()}
    return found


def sum_of(parts: Parts) -> EnergyParts:
    """All labels together."""
    return sum(parts.values(), EnergyParts())
