"""Cells that are dead deliver nothing, in the modules that were named and in no others."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.training.dead_cells import Chosen, are_any, chosen_cells, with_dead_cells
from tests.readout.made_up_readouts import readouts


@pytest.mark.parametrize(
    ("chosen", "any_die"),
    [(0, False), (6, True), ((), False), ((3, 7), True), ({}, False), ({"9,3,-2": (1,)}, True)],
)
def test_a_setting_says_whether_there_are_any(chosen: Chosen, any_die: bool) -> None:
    assert are_any(chosen) is any_die
    cells = chosen_cells(chosen, 1)
    assert len(cells) == (chosen if isinstance(chosen, int) else len(chosen))


def test_each_module_of_a_map_has_its_own() -> None:
    drawn = readouts(300)
    places = list(zip(drawn.layer, drawn.wafer_u, drawn.wafer_v, strict=True))
    first, second = places[0], next(place for place in places if place != places[0])
    cells = {",".join(map(str, place)): dead for place, dead in ((first, (3, 7)), (second, (5,)))}
    damaged = with_dead_cells(drawn, cells)
    for row, place in enumerate(places):
        expected = drawn.calq[row].copy()
        expected[{first: [3, 7], second: [5]}.get(place, [])] = 0
        assert np.array_equal(damaged.calq[row], expected)
    assert "dead cells in 2 modules" in damaged.source


def test_no_cells_and_modules_that_are_not_there_change_nothing() -> None:
    drawn = readouts(50)
    for cells in ((), {"150,0,0": (1, 2)}):
        assert np.array_equal(with_dead_cells(drawn, cells).calq, drawn.calq)
    for cells in ((48,), (3, 3), tuple(range(48))):
        with pytest.raises(BadInput, match=r"dead cells .*allowed are different ones of"):
            with_dead_cells(drawn, cells)
