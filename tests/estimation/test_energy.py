"""Energy, delay and scaling of circuits that are small enough to add up on paper."""

import numpy as np
import pytest

from asicae.estimation import libraries
from asicae.estimation.activity import measure
from asicae.estimation.clock_tree import clock_tree
from asicae.estimation.energy import Conditions, energy, per_change
from asicae.estimation.evaluation import evaluate, pack
from asicae.estimation.netlist import Flattener
from asicae.estimation.timing import delays
from asicae.foundation.errors import CheckFailed
from tests.estimation.toys import LIBRARY, cell, design

TOY = libraries.from_text(LIBRARY)
CONDITIONS = Conditions(wire_ff=1.0, slew_ns=0.02, period_ns=25.0)
# a -> NAND2(a, b) -> flip-flop -> q
PORTS = {
    "clk_i": ("input", [2]),
    "a_i": ("input", [3]),
    "b_i": ("input", [4]),
    "q_o": ("output", [6]),
}
CELLS = {"gate": cell("NAND2", A=3, B=4, Y=5), "state": cell("DFF", D=5, CK=2, Q=6)}


def test_energy_of_two_cells_by_hand() -> None:
    flat = Flattener(design(PORTS, CELLS), TOY).flatten("top")
    a = np.array([0, 1, 1, 0, 1, 0, 0, 0, 0])  # 4 changes in 8 clocks; b stays high
    inputs = {"a_i": pack(a[:, None], 1), "b_i": pack(np.ones((9, 1), int), 1)}
    values = evaluate(flat, inputs, 9)
    q = 1 - a[:-1]  # one clock later
    assert [(int(values[flat.ports["q_o"][0], 0]) >> e) & 1 for e in range(9)] == [0, *q]
    result = energy(flat, measure(values, 9), CONDITIONS)
    # 0.5 C V^2 a change: pin A 2 + 1 fF and pin D 1 + 1 fF, each 4 changes in 8 clocks.
    assert result.switching[-1] == pytest.approx(0.5 * (3.0 + 2.0) * 4 / 8)
    # NAND output: 4 changes at a mean of 1.5 fJ; Q: 0 1 0 0 1 0 1 1 1 has 5 at a mean of 5 fJ.
    assert result.internal[-1] == pytest.approx((4 * 1.5 + 5 * 5.0) / 8)
    # Clock pin: C V^2 = 1.5 + 1, and 4 fJ where the output rests, 5 fJ where it moves (5 of 8).
    assert result.clock[-1] == pytest.approx(2.5 + 4.0 * 3 / 8 + 5.0 * 5 / 8)
    assert result.leakage[-1] == pytest.approx((20 + 40) * 25 * 1e-3)
    assert len(result.total) == 1


def test_energy_of_changes_is_that_of_each_change() -> None:
    """By net and by cell the sums are the same."""
    flat = Flattener(design(PORTS, CELLS), TOY).flatten("top")
    inputs = {"a_i": pack(np.array([[0], [1], [1], [0]]), 1), "b_i": pack(np.ones((4, 1), int), 1)}
    activity = measure(evaluate(flat, inputs, 4), 4)
    result = energy(flat, activity, CONDITIONS)
    whole = result.switching[-1] + result.internal[-1]
    assert per_change(flat, CONDITIONS) @ activity.toggles == pytest.approx(whole)


def test_a_clock_tree_by_hand() -> None:
    """640 sinks: 80 buffers, 10 above them, one and a quarter above those; 64,000 um2."""
    tree = clock_tree(TOY, CONDITIONS, 640, 44_800)
    assert tree.buffers == pytest.approx(80 + 10 + 1.25)
    assert tree.wire_um == pytest.approx(1.5 * 6_400)
    # C V^2: 9,600 um at 0.2 fF less the 1 fF of each sink, 2 fF of each buffer; 2 and 1 fJ inside.
    assert tree.energy_fj == pytest.approx(1_920 - 640 + 91.25 * (2 + 3))
    assert clock_tree(TOY, CONDITIONS, 4, 1).buffers == 0


def test_delay_of_two_cells_by_hand() -> None:
    flat = Flattener(design(PORTS, CELLS), TOY).flatten("top")
    # NAND2 into D (1 + 1 fF): 0.010 + 0.002, then the setup of 0.05.
    assert delays(flat, CONDITIONS, ["a_i"]).setup == pytest.approx(0.062)
    launched = delays(flat, CONDITIONS, launch=True)
    assert launched.at(flat.ports["q_o"]) == pytest.approx(0.100)
    # Static inputs launch nothing, and nothing they reach arrives.
    assert delays(flat, CONDITIONS).setup == -np.inf


def test_a_heavy_net_gets_a_tree_and_its_delay() -> None:
    sinks = {f"inv{i}": cell("INV", A=3, Y=10 + i) for i in range(200)}
    heavy = {"drive": cell("BUF", A=4, Y=3)} | sinks
    ports = {"a_i": ("input", [4]), "y_o": ("output", [10 + i for i in range(200)])}
    flat = Flattener(design(ports, heavy), TOY).flatten("top")
    result = delays(flat, CONDITIONS, ["a_i"])
    # 600 fF against 100 allowed: one stage of buffers (24 fF each, 0.034 ns); the driver sees an
    # eighth, 75 fF: 0.085 ns; the inverter 0.010 ns without load.
    assert result.buffered == 1
    assert result.at(flat.ports["y_o"]) == pytest.approx(0.085 + 0.034 + 0.010)


def test_a_clock_that_is_none_is_refused() -> None:
    gated = CELLS | {"state": cell("DFF", D=5, CK=3, Q=6)}
    flat = Flattener(design(PORTS, gated), TOY).flatten("top")
    with pytest.raises(CheckFailed, match="DFF has a clock that does not come from the clock port"):
        evaluate(flat, {}, 8)


def test_a_loop_and_a_counter_are_refused() -> None:
    ring = {"one": cell("INV", A=5, Y=6), "two": cell("INV", A=6, Y=5)}
    with pytest.raises(CheckFailed, match="combinational loop through 2 cells"):
        evaluate(Flattener(design(PORTS, ring), TOY).flatten("top"), {}, 8)
    toggle = {"inv": cell("INV", A=6, Y=5), "state": cell("DFF", D=5, CK=2, Q=6)}
    with pytest.raises(CheckFailed, match="do not settle"):
        evaluate(Flattener(design(PORTS, toggle), TOY).flatten("top"), {}, 200)


def test_wire_is_assumed_by_pitches_or_given_by_length() -> None:
    assumed, given = Conditions.of(TOY), Conditions.of(TOY, 2.5)
    assert assumed.wire_ff == pytest.approx(5 * TOY.gate_pitch_um * 0.2, abs=1e-4)
    assert assumed.wire_source == "5 gate pitches a pin, assumed"
    assert (given.wire_ff, given.wire_source) == (0.5, "2.5 um a pin, given")
    assert Conditions.of(TOY, 0.0).wire_ff == 0.0
