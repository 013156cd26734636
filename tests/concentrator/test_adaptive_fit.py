"""Cells and compander of Adaptive Choice follow the events, always the same way."""

import numpy as np
import pytest

from asicae.concentrator.adaptive_fit import CELLS, COMPANDERS, best_kind, misplaced
from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.foundation.errors import BadInput

ADAPTIVE = ALGORITHMS["adaptive_choice"]


def one_cell(cell):
    return np.eye(48, dtype=np.int32)[[cell]] * 7


@pytest.mark.parametrize(("cell", "distance"), [(0, 0), (1, 2), (9, 2), (2, 4), (27, 4), (4, 8)])
def test_charge_counts_by_how_far_it_went_astray(cell, distance):
    assert misplaced(one_cell(0), one_cell(cell).astype(float)) == distance
    empty = np.zeros((1, 48), dtype=np.int32)
    both = np.concatenate([one_cell(0), empty]), np.concatenate([one_cell(cell), empty + 1.0])
    assert misplaced(*both) == distance


def test_the_way_leads_to_the_smallest_cost_and_asks_for_what_fits_only():
    def cost(kind):
        assert kind[0] <= 24
        return abs(kind[0] - 20) + 3 * abs(COMPANDERS.index(kind[1]) - 1) + 2 * (2 - kind[2])

    fits = range(25).__contains__
    assert best_kind((CELLS[1], COMPANDERS[-1], 0), fits, cost) == (20, COMPANDERS[1], 2)
    assert best_kind((12, COMPANDERS[2], 1), fits, lambda _: 1.0) == (12, COMPANDERS[2], 1)


def events(filled, seed):
    """Modules with ``filled`` cells and charges over two decades."""
    rng = np.random.default_rng(seed)
    chosen = np.argsort(rng.random((300, 48)), axis=1) < filled
    return (np.where(chosen, 2 ** rng.uniform(3, 10, chosen.shape), 0)).astype(np.int32)


def test_busy_modules_get_more_cells_and_the_same_events_the_same():
    found = [ADAPTIVE.candidates(3, events(filled, 1)) for filled in (10, 10, 40)]
    assert all(len(each) == 1 for each in found) and found[0] == found[1]
    quiet, _, busy = (each[0] for each in found)
    assert 10 < quiet.most_cells <= 12 and busy.most_cells > quiet.most_cells
    assert ADAPTIVE.chosen_values(busy) == {
        "most_cells": busy.most_cells,
        "compander": busy.compander.value,
        "held_back": busy.held_back,
    }
    # Every event has 10 cells: with room for one more, a frame says that these are all. Beyond 10
    # links there is no frame of its own.
    assert ADAPTIVE.candidates(12, events(10, 1))[0].links == 10


def test_without_charge_there_is_nothing_to_fit_to():
    with pytest.raises(BadInput, match="adaptive_choice: no event with charge to fit to"):
        ADAPTIVE.candidates(2, np.zeros((5, 48), dtype=np.int32))
