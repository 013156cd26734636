"""Ranks of sets of cells: every set once, in the order of the maps, none left over."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.concentrator.subset_ranks import SubsetRanks, below, ranks_of
from asicae.module.geometry import N_CELLS


def maps_up_to(most, cells):
    """All maps with at most ``most`` cells, ascending as numbers with cell 0 in front."""
    numbers = [number for number in range(1 << cells) if number.bit_count() <= most]
    return np.array([[number >> (cells - 1 - c) & 1 for c in range(cells)] for number in numbers])


@pytest.mark.parametrize(("most", "cells"), [(k, n) for n in range(1, 11) for k in range(1, n + 1)])
def test_every_small_set_has_the_next_number_and_comes_back(most, cells):
    ranks, maps = SubsetRanks(most, cells), maps_up_to(most, cells).astype(bool)
    assert len(maps) == ranks.sets == sum(comb(cells, j) for j in range(most + 1))
    assert 1 << (ranks.bits - 1) < ranks.sets <= 1 << ranks.bits
    found = ranks.rank(maps)
    if ranks.is_map:
        assert found.tolist() == [int("".join(map(str, row.astype(int))), 2) for row in maps]
    else:
        assert found.tolist() == list(range(ranks.sets))
    assert np.array_equal(ranks.chosen(found), maps)


def test_sets_of_two_of_48_are_numbered_as_counted_by_hand():
    ranks = ranks_of(2)
    assert (ranks.sets, ranks.bits) == (1 + 48 + 48 * 47 // 2, 11)
    every = [(), *((c,) for c in range(48)), *combinations(range(48), 2)]
    masks = np.zeros((len(every), 48), dtype=bool)
    for row, cells in enumerate(every):
        masks[row, list(cells)] = True
    found = ranks.rank(masks)
    assert sorted(found.tolist()) == list(range(ranks.sets))
    # {47} is 1, {46} 2, {46, 47} 3; with cell 0 begin those above all 1 + 47 + 1081 without it.
    assert [found[every.index(cells)] for cells in ((), (47,), (46,), (46, 47))] == [0, 1, 2, 3]
    assert found[every.index((0,))] == below(47, 2) == 1129
    assert found[every.index((0, 1))] == ranks.sets - 1
    assert np.array_equal(ranks.chosen(found), masks)


@given(st.integers(1, N_CELLS), st.integers(0, 2**32))
def test_sets_of_48_come_back_and_keep_their_order(most, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, most + 1, 40)
    masks = np.argsort(rng.random((40, N_CELLS)), axis=1) < numbers[:, None]
    masks[:2] = np.arange(N_CELLS) < most, np.arange(N_CELLS) >= N_CELLS - most
    ranks = ranks_of(most)
    found = ranks.rank(masks)
    assert found.max() < 1 << ranks.bits and np.array_equal(ranks.chosen(found), masks)
    assert ranks.is_map or found.max() == found[0] == ranks.sets - 1
    order = np.lexsort(masks.T[::-1])
    assert (np.diff(found[order].astype(np.int64)) >= 0).all()


def test_a_rank_off_by_one_is_another_set():
    ranks, rows = ranks_of(6), np.arange(1000, dtype=np.uint64) * np.uint64(14001)
    assert not (ranks.chosen(rows) == ranks.chosen(rows + np.uint64(1))).all(axis=1).any()


@pytest.mark.parametrize(("most", "cells"), [(0, 5), (6, 5), (1, 64)])
def test_other_numbers_are_refused(most, cells):
    with pytest.raises(ValueError, match=r"allowed is 1\.\."):
        SubsetRanks(most, cells)
