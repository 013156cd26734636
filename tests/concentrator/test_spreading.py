"""Spreading of what was not sent: charge is conserved, what was sent stays, limits hold."""

import numpy as np
import pytest

from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import algorithm_of, settings_from
from asicae.concentrator.group_spreading import (
    PeakShare,
    even_shares,
    image_shares,
    peak_shares,
    spread_groups,
)
from asicae.concentrator.measured_shares import measured_share
from asicae.concentrator.spreading import STEPS, as_sent, nearness, smallest_sent, spread
from asicae.concentrator.transmitted import GroupSums, cells_and_sum
from asicae.foundation.errors import BadInput
from asicae.module.geometry import CENTRES
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate


def threshold_sum(level):
    return {"alg_type": "threshold_sum", "links": 3, "threshold": level, "endless_buffer": True}


ROUNDING = {"rtol": 1e-12, "atol": 1e-9}
"""Of float64 in sums of up to 2^28."""
FRAMES = {
    **{f"best_choice {n}": {"alg_type": "best_choice", "links": n} for n in (1, 2, 5, 13)},
    **{f"threshold_sum {t}": threshold_sum(t) for t in (0, 12, 60)},
}


@pytest.fixture(scope="module")
def calq():
    return simulate(SourceSettings(events=400, seed=3)).calq


def arrived(calq, case, **more):
    return codec.through(calq, settings_from(case | more))


def weights(name, known):
    rng = np.random.default_rng(7)
    match name:
        case "even":
            return 1.0
        case "near":
            return nearness(known.sent, 1.0)
        case "one image":
            return rng.random(48)
    return rng.random(known.sent.shape) ** 8 * (rng.random(known.sent.shape) < 0.3)


@pytest.mark.parametrize("case", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("use_sum", [True, False])
@pytest.mark.parametrize("name", ["even", "near", "one image", "ragged"])
def test_charge_is_conserved_and_what_was_sent_stays(calq, case, use_sum, name):
    known = arrived(calq, case, use_sum=use_sum)
    given = weights(name, known)
    image = spread(known, given)
    assert (image[known.sent] == known.charges[known.sent]).all()
    added = np.where(known.sent, 0.0, image)
    ceiling = smallest_sent(known)
    if case["alg_type"] == "threshold_sum":  # a cell that reached the threshold would be sent
        ceiling = np.minimum(ceiling, max(case["threshold"] - 1, 0))
    assert (added <= ceiling[:, None] + 1e-9).all()
    # All of the rest is placed unless every cell with weight is at the ceiling.
    open_weight = np.where(known.sent, 0.0, np.broadcast_to(given, known.sent.shape))
    open_weight[~open_weight.any(axis=1)] = 1.0
    cells = ((open_weight > 0) & ~known.sent).sum(axis=1)
    room = np.where(np.isinf(ceiling), np.inf, cells * np.where(np.isinf(ceiling), 0, ceiling))
    room = np.where(cells == 0, 0.0, room)
    np.testing.assert_allclose(added.sum(axis=1), np.minimum(known.rest(), room), **ROUNDING)


def test_filling_up_to_a_ceiling_equals_bisection():
    rng = np.random.default_rng(5)
    charges = np.where(np.arange(48) < 3, 40, 0) * np.ones((30, 1), dtype=int)
    sent = np.tile(np.arange(48) < 3, (30, 1))
    rest = rng.integers(0, 45 * 40, 30)
    given = rng.exponential(size=(30, 48)) ** 3
    image = spread(cells_and_sum(charges, sent, rest, False), given)
    for row in range(30):
        low, high = 0.0, 1e9
        for _ in range(200):
            middle = (low + high) / 2
            filled = np.minimum(middle * given[row, 3:], 40.0).sum()
            low, high = (low, middle) if filled > rest[row] else (middle, high)
        expected = np.minimum(low * given[row, 3:], 40)
        np.testing.assert_allclose(image[row, 3:], expected, **ROUNDING)


@pytest.mark.parametrize("use_sum", [True, False])
def test_with_everything_sent_the_map_is_exact(calq, use_sum):
    known = arrived(calq, FRAMES["best_choice 13"], use_sum=use_sum)
    everything = codec.through(calq, settings_from({"alg_type": "repeater", "links": 11}))
    np.testing.assert_array_equal(spread(known), everything.image())
    small = np.minimum(calq, 15)  # up to here the 4E3M code is exact
    np.testing.assert_array_equal(spread(arrived(small, FRAMES["best_choice 13"])), small)
    # All cells with charge were sent: the sum's rounding finds no place.
    known = arrived(calq, FRAMES["best_choice 5"], use_sum=use_sum)
    complete = (known.charges * known.sent).astype(bool).sum(axis=1) < 14
    assert complete.sum() > 50
    np.testing.assert_array_equal(spread(known)[complete], known.charges[complete])


def test_with_a_threshold_of_one_nothing_is_left_to_spread(calq):
    for use_sum in (True, False):
        known = arrived(calq, threshold_sum(1), use_sum=use_sum)
        np.testing.assert_array_equal(spread(known), known.charges)


def test_cells_of_truncated_frames_may_have_any_charge(calq):
    crowded = calq + 5
    case = {"alg_type": "threshold_sum", "links": 1, "threshold": 5}
    known = codec.through(crowded, settings_from(case))
    assert known.truncated.all()
    np.testing.assert_allclose(spread(known).sum(axis=1), known.module_sum, **ROUNDING)


def test_steps_are_those_of_a_walk_over_neighbours():
    touching = np.isclose(np.linalg.norm(CENTRES[:, None] - CENTRES[None], axis=-1), 2.0)
    # The outline of the module is convex enough that no walk has to leave it.
    reached = np.full((48, 48), 99)
    reached[np.eye(48, dtype=bool)] = 0
    for step in range(1, 12):
        reached = np.where((reached == 99) & ((reached < step) @ touching), step, reached)
    np.testing.assert_array_equal(STEPS, reached)
    sent = np.zeros((1, 48), dtype=bool)
    sent[0, [5, 6]] = True
    expected = [sum(np.exp(-reached[cell, other] / 2) for cell in (5, 6)) for other in range(48)]
    np.testing.assert_allclose(nearness(sent, 2.0)[0], expected, **ROUNDING)


# --- groups --------------------------------------------------------------------------------------


def group_frames(calq, kind, links):
    case = {"alg_type": "super_trigger_cell", "stc_type": kind, "links": links}
    groups = codec.through(calq, settings_from(case)).groups
    assert groups is not None
    return groups


@pytest.mark.parametrize(
    ("kind", "links"),
    [("stc4_5e4m", 2), ("stc4_5e4m", 5), ("stc16_5e4m", 1), ("stc4_4e3m", 4), ("ctc4_4e3m", 2)],
)
def test_groups_keep_their_sums_and_lost_ones_are_filled_on_demand(calq, kind, links):
    groups = group_frames(calq, kind, links)
    image = np.random.default_rng(2).random(48)
    ways = [even_shares(groups), image_shares(groups, image)]
    if groups.peaks is not None:
        measured = PeakShare.measured(calq, groups.cells, by_size=True).of(groups.sums)
        ways += [peak_shares(groups, 1.0), peak_shares(groups, measured, 1.0)]
        image = spread_groups(groups, ways[-1])
        np.testing.assert_allclose(
            np.take_along_axis(image, groups.peaks, axis=1), measured * groups.sums, **ROUNDING
        )
    lost = np.setdiff1d(np.arange(48), groups.cells)
    for shares in ways:
        found = spread_groups(groups, shares)
        np.testing.assert_allclose(found[:, groups.cells].sum(axis=2), groups.sums, **ROUNDING)
        assert not found[:, lost].any()
        filled = spread_groups(groups, shares, 1.0)
        np.testing.assert_array_equal(filled[:, groups.cells], found[:, groups.cells])
        if lost.size:
            assert (filled[:, lost].sum(axis=1) > 0).sum() == found.any(axis=1).sum()
            assert (filled[:, lost].max(axis=1) <= found.max(axis=1) + 1e-9).all()


def test_what_the_peak_leaves_falls_with_the_distance():
    """By hand: a row of four cells, 0.4 in the second, the others e^-1, e^-1 and e^-2."""
    row = np.array([[7, 6, 5, 4]])
    assert STEPS[6, row[0]].tolist() == [1, 0, 1, 2]
    groups = GroupSums(row, np.array([[100]]), np.array([[6]]))
    near, far = np.exp(-1.0), np.exp(-2.0)
    left = 0.6 / (2 * near + far)
    found = peak_shares(groups, 0.4, 1.0)[0, 0]
    np.testing.assert_allclose(found, [left * near, 0.4, left * near, left * far], **ROUNDING)


@pytest.mark.parametrize("reach", [1, 2, 4])
@pytest.mark.parametrize("case", [FRAMES["best_choice 2"], FRAMES["threshold_sum 12"]])
def test_near_maps_have_the_reach_of_their_name(calq, case, reach):
    known = arrived(calq, case)
    settings = settings_from(case)
    found = algorithm_of(settings).maps(settings)[f"near_{reach}"](known)
    assert np.array_equal(found, spread(known, nearness(known.sent, reach)))


@pytest.mark.parametrize(("reach", "name"), [(0.5, "0.5"), (1.0, "1"), (None, "")])
def test_group_maps_have_the_reach_of_their_name(calq, reach, name):
    settings = settings_from({"alg_type": "super_trigger_cell", "links": 1})
    known = codec.through(calq, settings)
    share = measured_share(16).of(known.groups.sums)
    expected = spread_groups(known.groups, peak_shares(known.groups, share, 1.0), reach)
    lost = f"+lost_near_{name}" if name else ""
    found = algorithm_of(settings).maps(settings)[f"peak_by_size_near{lost}"](known)
    assert np.array_equal(found, expected)


def test_peak_shares_are_measured_by_the_size_of_the_sum():
    cells = np.array([[0, 1, 2, 3]])
    calq = np.zeros((4, 48), dtype=np.int32)
    calq[0, :4], calq[1, :4], calq[2, 0] = (4, 0, 0, 0), (2, 2, 0, 0), 64
    by_size = PeakShare.measured(calq, cells, by_size=True)
    assert by_size.of(np.array([[4, 7, 64, 127, 0, 1 << 27]])).tolist() == [
        pytest.approx([0.75, 0.75, 1.0, 1.0, 2.5 / 3, 2.5 / 3])
    ]
    overall = PeakShare.measured(calq, cells, by_size=False)
    assert overall.of(np.array([[4, 64]])).tolist() == [pytest.approx([2.5 / 3] * 2)]
    with pytest.raises(BadInput, match="no group with charge"):
        PeakShare.measured(calq[3:], cells, by_size=True)
    with pytest.raises(BadInput, match="sends no places"):
        peak_shares(GroupSums(cells, np.array([[4]]), None), 0.5)


def test_dropping_leaves_only_what_was_sent(calq):
    known = arrived(calq, FRAMES["best_choice 2"])
    assert (as_sent(known) == known.charges).all()
    assert (as_sent(known).sum(axis=1) < spread(known).sum(axis=1)).mean() > 0.3
