"""Figures at 65 nm of one chip agree, whatever library it was mapped to."""

from itertools import permutations

import pytest

from asicae.estimation.libraries import KNOWN_LIBRARIES
from asicae.estimation.scaling import (
    AREA,
    DELAY_SPREAD,
    ENERGY_SPREAD,
    Band,
    Scaling,
    delay_factor,
    energy_factor,
    scaling,
    why_not,
)

LIBRARIES = {
    "NanGate45": (45, 1.1, 0.798),
    "sky130_fd_sc_hd": (130, 1.8, 3.7536),
    "sg13g2": (130, 1.2, 7.2576),
    "osu018": (180, 1.8, 24.0),
    "asap7": (7, 0.7, 0.08748),
}
"""Node (nm), supply (V) and two-input NAND (um2) of public libraries."""
MEASURED = {
    "NanGate45": (231_462.0, 941.0, 5.764),
    "osu018": (7_052_366.0, 16_443.0, 17.52),
}
"""One chip (small) in two libraries: um2, dynamic pJ with glitches, longest path in ns."""


def factors(name: str) -> Scaling:
    return scaling(*LIBRARIES[name])


def within(value: float, band: Band) -> bool:
    return band.low <= value <= band.high


def test_factors_are_the_published_ones() -> None:
    assert energy_factor(45, 1.1) == pytest.approx(2.016, abs=5e-4)
    assert energy_factor(180, 1.8) == pytest.approx(0.080, abs=5e-4)
    assert energy_factor(130, 1.2) == pytest.approx(0.406, abs=5e-4)
    assert delay_factor(45, 1.1) == pytest.approx(1.290, abs=5e-4)
    assert delay_factor(180, 1.8) == pytest.approx(0.223, abs=5e-4)
    default = factors("NanGate45")
    assert default.area == Band(1.5, 2.09, 2.5)
    assert default.energy.nominal == energy_factor(45, 1.1)
    assert default.bases["area"]["geometry"] == (65 / 45) ** 2


def test_above_the_supply_of_its_node_energy_goes_with_the_square() -> None:
    """A library of 130 nm at 1.8 V: the polynomials of 130 nm end where its supply does."""
    assert energy_factor(130, 1.3) / energy_factor(130, 1.8) == pytest.approx((1.8 / 1.3) ** 2)
    assert delay_factor(130, 1.3) == delay_factor(130, 1.8) == delay_factor(130, 3.3)
    assert energy_factor(45, 1.0) > energy_factor(45, 1.1)


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_basis_lies_in_the_band_with_room_for_the_spread_of_libraries(name: str) -> None:
    found = factors(name)
    spreads = {"area": 1.0, "energy": ENERGY_SPREAD, "delay": DELAY_SPREAD}
    for figure, spread in spreads.items():
        band, bases = getattr(found, figure), found.bases[figure]
        assert band.low < band.nominal < band.high
        assert band.low == min(bases.values()) / spread
        assert band.high == max(bases.values()) * spread


@pytest.mark.parametrize(("one", "other"), permutations(LIBRARIES, 2))
def test_what_one_library_says_lies_in_the_band_of_every_other(one: str, other: str) -> None:
    """Of a chip with as many gates in each, up to how synthesis maps, whose energy and delay are
    the published ones, up to just under the spread of libraries.
    """
    mine, theirs = factors(one), factors(other)
    gates, gates_there = 1e6, 1e6 * LIBRARIES[other][2]
    for mapped in (gates / 1.15, gates, gates * 1.15):
        says = mapped * LIBRARIES[one][2] * mine.area.nominal
        assert within(says, theirs.area.times(gates_there))
    for figure, spread in (("energy", ENERGY_SPREAD), ("delay", DELAY_SPREAD)):
        band: Band = getattr(theirs, figure)
        for apart in (spread**0.49, spread**-0.49):
            assert within(apart, band.times(1 / apart / band.nominal))


@pytest.mark.parametrize(("one", "other"), permutations(MEASURED, 2))
def test_two_libraries_agree_on_a_chip_that_was_mapped_to_both(one: str, other: str) -> None:
    mine, theirs = factors(one), factors(other)
    for place, figure in enumerate(("area", "energy", "delay")):
        says = getattr(mine, figure).times(MEASURED[one][place]).nominal
        assert within(says, getattr(theirs, figure).times(MEASURED[other][place])), figure
        assert not within(10 * says, getattr(theirs, figure).times(MEASURED[other][place]))


def test_gates_and_not_the_published_table_make_areas_agree() -> None:
    """The table alone has one chip 1.6 times as large from 180 nm as from 45 nm."""
    areas = {name: MEASURED[name][0] for name in MEASURED}
    published = [areas[name] * AREA[LIBRARIES[name][0]] for name in areas]
    assert max(published) / min(published) > 1.6
    gates = [areas[name] / LIBRARIES[name][2] for name in areas]
    assert max(gates) / min(gates) < 1.02


def test_unknown_nodes_say_why_they_have_no_figures() -> None:
    assert why_not(None) == "no figures at 65 nm: the node of this library is not known"
    assert why_not(350) == (
        "no figures at 65 nm: there are no factors for 350 nm, only for 7, 45, 130, 180 nm"
    )
    scaled = [key for key, node in KNOWN_LIBRARIES.values() if why_not(node) is None]
    assert {"nangate45", "osu018", "sky130_fd_sc_hd", "asap7"} <= set(scaled)
