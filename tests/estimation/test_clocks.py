"""Gated and inverted clocks, clock gates and latches, on circuits that add up on paper."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from asicae.estimation import libraries
from asicae.estimation.activity import measure
from asicae.estimation.energy import Conditions, Energy, energy
from asicae.estimation.evaluation import evaluate, pack
from asicae.estimation.logic import Bits
from asicae.estimation.netlist import Flat, Flattener
from asicae.estimation.timing import delays
from asicae.foundation.errors import CheckFailed
from tests.estimation.toys import LIBRARY, cell, design

TOY = libraries.from_text(LIBRARY)
CONDITIONS = Conditions(wire_ff=1.0, slew_ns=0.02, period_ns=25.0)
PORTS = {
    "clk_i": ("input", [2]),
    "en_i": ("input", [3]),
    "d_i": ("input", [4]),
    "q_o": ("output", [6]),
}
GATED = {"gate": cell("GATE", CK=2, E=3, GCK=5), "state": cell("DFF", D=4, CK=5, Q=6)}
# The same of parts: NAND2 and INV are the gate, and the latch follows while the clock is low.
OF_PARTS = {
    "latch": cell("LATCH", D=3, GN=2, Q=7),
    "nand": cell("NAND2", A=2, B=7, Y=8),
    "inv": cell("INV", A=8, Y=5),
    "state": cell("DFF", D=4, CK=5, Q=6),
}
FALLING = {"inv": cell("INV", A=2, Y=5), "state": cell("DFF", D=4, CK=5, Q=6)}
EN = np.array([0, 1, 0, 0, 1, 1, 0, 0, 0])
D = np.array([1, 1, 0, 1, 0, 1, 0, 0, 1])
Q = np.array([0, 0, 1, 1, 1, 0, 1, 1, 1])  # follows D where EN was one, one event later


def flattened(cells: dict[str, Any]) -> Flat:
    return Flattener(design(PORTS, cells), TOY).flatten("top")


def values_of(flat: Flat, en: npt.ArrayLike = EN, d: npt.ArrayLike = D) -> Bits:
    inputs = {"en_i": en, "d_i": d}
    packed = {name: pack(np.asarray(bits)[:, None], 1) for name, bits in inputs.items()}
    return evaluate(flat, packed, len(EN))


def answers(flat: Flat, values: Bits) -> list[int]:
    word = int(values[flat.ports["q_o"][0], 0])
    return [word >> event & 1 for event in range(len(EN))]


def spent(flat: Flat, values: Bits) -> Energy:
    return energy(flat, measure(values, len(EN)), CONDITIONS)


@pytest.mark.parametrize("cells", [GATED, OF_PARTS])
def test_a_register_keeps_what_it_has_while_its_clock_is_gated(cells: dict[str, Any]) -> None:
    flat = flattened(cells)
    assert answers(flat, values_of(flat)) == Q.tolist()
    assert answers(flat, values_of(flat, np.ones(9, int))) == [0, *D[:-1].tolist()]
    assert answers(flat, values_of(flat, np.zeros(9, int))) == [0] * 9


def test_a_register_of_the_falling_edge_takes_its_data_within_the_event() -> None:
    flat = flattened(FALLING)
    assert answers(flat, values_of(flat)) == D.tolist()


def test_energy_of_an_idle_gated_register_by_hand() -> None:
    flat = flattened(GATED)
    result = spent(flat, values_of(flat, np.zeros(9, int), D))
    # Clock pin of the gate: C V^2 = 1.5 + 1, and 1 + 2 fJ; nothing in the register.
    assert result.clock[-1] == pytest.approx(2.5 + 3.0)
    # D changes 6 times in 8 clocks, 1 + 1 fF; the library tells no internal energy of that pin.
    assert result.switching[-1] == pytest.approx(0.5 * 2.0 * 6 / 8)
    assert result.internal[-1] == 0.0
    assert result.leakage[-1] == pytest.approx((50 + 40) * 25 * 1e-3)


def test_energy_of_a_gated_register_at_work_by_hand() -> None:
    flat = flattened(GATED)
    result = spent(flat, values_of(flat))
    open_share, moves, ones = 3 / 9, 3 / 8, 6 / 9  # three moves in eight clocks
    gate = 2.5 + (1 - open_share) * 3.0 + open_share * 9.0
    # Where the clock comes and nothing moves 4 fJ; where the output moves 5 fJ.  The shares of
    # events and of changes have different bases, so that less than nothing counts as nothing.
    rest = max(open_share * (1 - ones) - moves / 2, 0) + max(open_share * ones - moves / 2, 0)
    assert result.clock[-1] == pytest.approx(gate + open_share * 2.5 + rest * 4.0 + moves * 5.0)
    assert result.internal[-1] == pytest.approx(moves * 5.0)


def test_an_inverter_on_the_way_of_the_clock_counts_as_clock() -> None:
    flat = flattened(FALLING)
    result = spent(flat, values_of(flat, D, np.zeros(9, int)))
    # INV: C V^2 of 2 + 1 fF, 2 + 1 fJ for the two edges; the register 2.5 and 4 fJ.
    assert result.clock[-1] == pytest.approx(3.0 + 3.0 + 2.5 + 4.0)
    assert result.internal[-1] == result.switching[-1] == 0.0


def test_a_path_ends_at_the_enable_of_a_clock_gate() -> None:
    late = GATED | {"buf": cell("BUF", A=3, Y=7), "gate": cell("GATE", CK=2, E=7, GCK=5)}
    # BUF into E (1 + 1 fF): 0.010 + 0.002, then the setup of 0.03.
    assert delays(flattened(late), CONDITIONS, ["en_i"]).setup == pytest.approx(0.042)
    assert delays(flattened(late), CONDITIONS, ["d_i"]).setup == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"xor": cell("XOR2", A=2, B=3, Y=5)}, "enters a cell XOR2, which is no clock gate"),
        (
            {"inv": cell("INV", A=2, Y=7), "nand": cell("NAND2", A=2, B=7, Y=5)},
            "two clocks meet in a cell NAND2",
        ),
        ({"buf": cell("BUF", A=3, Y=5)}, "DFF has a clock that does not come from the clock port"),
        (
            {"gate": cell("GATE", CK=2, E=3, GCK=7), "inv": cell("INV", A=7, Y=5)},
            "DFF cells open with the fall of a clock that is gated",
        ),
    ],
)
def test_other_clocks_are_refused(cells: dict[str, Any], message: str) -> None:
    flat = flattened(cells | {"state": cell("DFF", D=4, CK=5, Q=6)})
    with pytest.raises(CheckFailed, match=message):
        values_of(flat)
