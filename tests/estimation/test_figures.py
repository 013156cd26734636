"""Figures of an estimate from parts that are made up."""

from asicae.estimation.figures import Totals, glitch_figures
from asicae.estimation.record import EnergyParts


def test_of_events_that_change_nothing_there_is_no_share_of_glitches() -> None:
    clock, data = EnergyParts(clock=7.0), EnergyParts(switching=2.0, internal=1.0)
    still = glitch_figures(Totals({}, {"dense": clock}, {"dense": clock}, {}), 0.0)
    assert still == {"energy.zero_delay_pj": 0.007, "energy.statistical_error_pj": 0.0}
    moved = glitch_figures(Totals({}, {"dense": data + data}, {"dense": data}, {}), 500.0)
    assert moved["energy.glitch_factor"] == moved["energy.glitch_factor.dense"] == 2.0
