"""Regimes are parts of the events: nothing is lost between them, and what cannot be is named."""

import dataclasses

import numpy as np
import pytest

from asicae.metrics.regimes import (
    BREAKDOWNS,
    CLASS,
    ETA,
    LAYER,
    NO_CLASS,
    OCCUPANCY,
    PILEUP,
    UNKNOWN,
    mean_bands,
    regimes_of,
)
from asicae.module.link_map import link_map
from asicae.readout.occupancy import occupied_cells
from asicae.readout.readouts import Readouts
from tests.readout.made_up_readouts import readouts as made_up

CELLS = {"1-4": 64, "5-9": 32, "10-19": 128, "20+": 32}
"""Events of each regime, and so of all: powers of 2, whose means are exact."""
FIRST = {"1-4": 1, "5-9": 9, "10-19": 10, "20+": 48}
LINKS = (2, 5, 7)


def events() -> Readouts:
    """So many, each occupancy at an edge of its interval, on modules of three classes."""
    cells = np.repeat([FIRST[name] for name in CELLS], list(CELLS.values()))
    calq = np.where(np.arange(48) < cells[:, None], 40, 0).astype(np.int32)
    every = link_map()
    rows = [np.flatnonzero(every.full & (every.links == n) & (every.layer == 1))[0] for n in LINKS]
    place = every.at(np.array(rows)[np.arange(len(cells)) % len(rows)])
    return dataclasses.replace(
        made_up(len(cells)),
        calq=calq,
        layer=place.layer.astype(np.int16),
        wafer_u=place.u.astype(np.int16),
        wafer_v=place.v.astype(np.int16),
    )


def rows_of(regimes, breakdown):
    return {each.name: each.rows for each in regimes.measured if each.breakdown == breakdown}


def test_means_of_regimes_make_the_mean_of_all_exactly() -> None:
    made = events()
    regimes = regimes_of(made)
    assert not regimes.omitted
    values = np.random.default_rng(2).integers(0, 1 << 20, (3, len(made))) / 1024.0
    for breakdown, names in ((OCCUPANCY, list(CELLS)), (CLASS, [str(n) for n in LINKS])):
        found = rows_of(regimes, breakdown)
        assert list(found) == names
        assert (np.sum(list(found.values()), axis=0) == 1).all()
    bands = {
        each.name: (each.events, mean_bands(values[:, each.rows]))
        for each in regimes.measured
        if each.breakdown == OCCUPANCY
    }
    assert {name: events for name, (events, _) in bands.items()} == CELLS
    for row, mean in enumerate(values.mean(axis=1)):
        whole = sum(many * each[row].mean for many, each in bands.values()) / len(made)
        assert whole == mean
        # One event in the wrong regime would show.
        less = sum((many - (name == "5-9")) * e[row].mean for name, (many, e) in bands.items())
        assert less / len(made) != mean


def test_layers_etas_and_pileup_have_each_event_once() -> None:
    made = events()
    turn = np.arange(len(made)) % 8
    columns = {
        "layer": np.array([1, 8, 9, 16, 17, 26, 27, 47])[turn].astype(np.int16),
        "eta": np.array([-1.6, 1.95, 2.0, -2.5, 2.9, 3.0, 0.0, 1.4])[turn].astype(np.float32),
        "pileup": np.array([0, 140, 200, -1])[turn % 4].astype(np.int16),
    }
    made = dataclasses.replace(made, **columns)
    regimes = regimes_of(made)
    wanted = {
        LAYER: {"1-8": (0, 1), "9-16": (2, 3), "17-26": (4, 5), "27+": (6, 7)},
        ETA: {
            **{"0-1.5": (7,), "1.5-1.9": (0,), "1.9-2.3": (1, 2), "2.3-2.7": (3,)},
            **{"2.7+": (4, 5), UNKNOWN: (6,)},
        },
        PILEUP: {UNKNOWN: (3, 7), "0": (0, 4), "140": (1, 5), "200": (2, 6)},
    }
    for breakdown, parts in wanted.items():
        found = rows_of(regimes, breakdown)
        assert list(found) == list(parts)
        for name, turns in parts.items():
            assert np.array_equal(found[name], np.isin(turn, turns)), name
    same = dataclasses.replace(made, pileup=np.full(len(made), 140, np.int16))
    assert regimes_of(same).omitted[PILEUP] == "all modules have the same"
    order = list(dict.fromkeys(each.breakdown for each in regimes.measured))
    assert order == [each for each in BREAKDOWNS if each in order]


def test_a_band_is_that_of_the_mean_and_the_same_each_time() -> None:
    values = np.random.default_rng(3).exponential(2.0, (2, 400))
    (first, second), again = mean_bands(values), mean_bands(values)
    assert [first, second] == again
    error = values[0].std() / np.sqrt(400)
    assert first.low < first.mean < first.high
    assert (first.high - first.low) / 2 == pytest.approx(error, rel=0.15)
    assert (first.high + first.low) / 2 == pytest.approx(first.mean, abs=0.2 * error)
    assert mean_bands(values, seed=9)[0].low != first.low
    (alike,) = mean_bands(np.full((1, 400), 0.75))
    assert (alike.low, alike.mean, alike.high) == (0.75, 0.75, 0.75)


def test_what_cannot_be_told_apart_is_left_out_and_named() -> None:
    made = events()
    nowhere = np.zeros(len(made), dtype=np.int16)
    without = dataclasses.replace(made, wafer_u=nowhere, wafer_v=nowhere)
    regimes = regimes_of(without)
    assert {each.breakdown for each in regimes.measured} == set(BREAKDOWNS) - {CLASS}
    assert regimes.omitted[CLASS] == "no module has a place that is in the public link map"
    blind = dataclasses.replace(
        without, eta=np.zeros(len(made), np.float32), pileup=np.full(len(made), -1, np.int16)
    )
    regimes = regimes_of(blind)
    assert {each.breakdown for each in regimes.measured} == {OCCUPANCY, LAYER}
    assert regimes.omitted[ETA] == "no module has a known pseudorapidity"
    assert regimes.omitted[PILEUP] == "no module has a known number of collisions"
    calq = made.calq.copy()
    calq[np.flatnonzero(occupied_cells(made) == 9)[1:]] = 0
    regimes = regimes_of(dataclasses.replace(made, calq=calq))
    assert "5-9" not in rows_of(regimes, OCCUPANCY)
    assert regimes.omitted["occupancy 5-9"] == "1 events, 20 are needed"
    charged = len(made) - CELLS["5-9"] + 1
    assert all(len(each.rows) == charged for each in regimes.measured)
    partial = dataclasses.replace(made, partial=np.arange(len(made)) % 2 == 0)
    assert NO_CLASS in rows_of(regimes_of(partial), CLASS)


def test_a_decoded_code_0_is_no_charge() -> None:
    made = events()
    made = made.select(occupied_cells(made) < 48)
    cells = occupied_cells(made)
    decoded = np.where(made.high_density, 4, 1)[:, None]
    lifted = dataclasses.replace(made, calq=np.maximum(made.calq, decoded))
    assert (occupied_cells(lifted) == cells).all()
    partial = dataclasses.replace(lifted, partial=np.arange(len(made)) % 2 == 0)
    assert (occupied_cells(partial) == cells).all()
    # A cell that is truly without charge says that code 0 became 0.
    calq = lifted.calq.copy()
    calq[np.flatnonzero(made.high_density)[0], 47] = 0
    mixed = occupied_cells(dataclasses.replace(lifted, calq=calq))
    assert (mixed[made.high_density] >= 47).all() and (mixed == cells)[~made.high_density].all()
