"""Threshold Sum behind its buffer: class by class, and what it loses is told."""

import dataclasses

import numpy as np
import pytest

from asicae.comparison.buffered import FEWEST_TO_FIT, OTHERS, measure_buffered
from asicae.comparison.choice import Chosen, measure_maps, send_and_decode
from asicae.comparison.contenders import Contender, candidates
from asicae.comparison.decode_options import DecodeOptions
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.metrics.distances import emd
from asicae.readout.readouts import concatenate
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

LINKS = 3
MINE = Contender("threshold_sum", LINKS)
OTHER = Contender("best_choice", LINKS)


def of_class(links, seed, events=400):
    return simulate(SourceSettings(events=events, seed=seed, links=links, drop_empty=True))


@pytest.fixture(scope="module")
def sets():
    """Validation and test events of a quiet and of a dense class, in turn.

    Test events have eight times the charge: more cells are above the thresholds than fit.
    """
    order = np.arange(800).reshape(2, 400).T.ravel()
    fit, test = (
        concatenate([of_class(2, seed), of_class(7, seed + 1)]).select(order) for seed in (5, 7)
    )
    return fit, dataclasses.replace(test, calq=8 * test.calq)


def behind(validation, test, options):
    choices = {c: Chosen(candidates(c, validation.calq)[0], "near_4") for c in (MINE, OTHER)}
    return measure_buffered(choices, options, validation, test, 200)


@pytest.fixture(scope="module")
def found(sets):
    return behind(*sets, DecodeOptions(sets[0]))


def test_each_class_stands_in_a_row_with_a_threshold_of_its_own(sets, found):
    validation, test = sets
    assert list(found) == [MINE]
    mine = found[MINE]
    assert list(mine.settings) == ["2", "7"]
    low, high = (settings.threshold[0] for settings in mine.settings.values())
    assert low < high and not any(s.endless_buffer for s in mine.settings.values())
    values, truncated, charge = np.zeros(len(test)), 0, 0
    for half, settings in enumerate(mine.settings.values()):
        rows = slice(half, None, 2)
        own = validation.calq[rows]
        assert settings in ALGORITHMS["threshold_sum"].buffered_candidates(LINKS, own)
        alone = test.select(rows)
        known = codec.through(alone.calq, settings)
        options = DecodeOptions(validation)
        values[rows] = emd(alone.calq, options.of(settings)["near_4"](known, alone)).values
        truncated += known.truncated.sum()
        charge += int(alone.calq[known.truncated].sum())
    assert mine.result.distances.values == pytest.approx(values, abs=1e-12)
    assert 0 < truncated == mine.truncated < len(test)
    assert mine.charge_lost == charge / int(test.calq.sum())


def test_a_buffer_that_ends_loses_and_no_class_is_one_row(sets, found):
    validation, test = sets
    options = DecodeOptions(validation)
    endless = {MINE: Chosen(candidates(MINE, validation.calq)[0], "near_4")}
    free = measure_maps(send_and_decode(endless, options, test), test, options.mean_image)[MINE]
    dense = slice(1, None, 2)
    lossy = found[MINE].result.distances.values[dense]
    assert free.distances.values[dense].mean() < 0.8 * lossy.mean()
    nowhere = {name: np.zeros(len(test), dtype=np.int16) for name in ("wafer_u", "wafer_v")}
    alike = [dataclasses.replace(each, **nowhere) for each in sets]
    one = behind(*alike, options)[MINE]
    assert list(one.settings) == [OTHERS]
    assert one.result.distances.values != pytest.approx(found[MINE].result.distances.values)


def test_few_events_of_a_class_share_a_threshold(sets):
    validation, test = sets
    dense = np.flatnonzero(np.arange(len(validation)) % 2)
    few = np.setdiff1d(np.arange(len(validation)), dense[FEWEST_TO_FIT - 1 :])
    found = behind(validation.select(few), test, DecodeOptions(validation))[MINE]
    assert list(found.settings) == ["2", OTHERS]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_only_a_variable_rate_has_a_buffer(name, sets):
    algorithm = ALGORITHMS[name]
    many = algorithm.buffered_candidates(LINKS, sets[0].calq)
    assert bool(many) == algorithm.variable_rate
    loads = [
        codec.encode(sets[0].calq, each.model_copy(update={"endless_buffer": True})).mean_bits
        for each in many
    ]
    assert all(load <= 32 * LINKS for load in loads) and loads == sorted(loads, reverse=True)
