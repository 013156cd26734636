"""Events made so that it is known who is nearest where."""

import dataclasses

import numpy as np
import pytest

from asicae.comparison.by_regime import distances_by_regime, shapes_by_regime
from asicae.comparison.choice import Chosen, measure_maps, send_and_decode
from asicae.comparison.contenders import Contender
from asicae.comparison.decode_options import DecodeOptions
from asicae.concentrator.algorithms.table import algorithm_of, settings_from
from asicae.metrics.regimes import OCCUPANCY, Regimes, regimes_of
from tests.readout.made_up_readouts import readouts as made_up

EACH = 30
STC, CHOICE = Contender("super_trigger_cell", 2), Contender("best_choice", 2)


@pytest.fixture(scope="module")
def measured():
    """Two hot cells in one group of 16, or charge that is even within each of these groups."""
    stc = settings_from({"alg_type": STC.algorithm, "stc_type": "stc16_5e4m", "links": 2})
    choice = settings_from({"alg_type": CHOICE.algorithm, "links": 2, "use_sum": False})
    groups = algorithm_of(stc).groups(stc)
    calq = np.zeros((2 * EACH, 48), dtype=np.int32)
    calq[:EACH, groups[1][0]], calq[:EACH, groups[1][5]] = 64, 32
    for cells, charge in zip(groups, (32, 128, 512), strict=True):
        calq[EACH:, cells] = charge
    events = dataclasses.replace(made_up(2 * EACH), calq=calq)
    options = DecodeOptions(events)
    choices = {STC: Chosen(stc, "even"), CHOICE: Chosen(choice, "even")}
    found = measure_maps(send_and_decode(choices, options, events), events, options.mean_image)
    return found, regimes_of(events)


def nearest(found, regimes):
    """Name of a regime to the contender with the smallest mean."""
    distances = distances_by_regime(found, regimes)
    names = [
        (each.name, row) for row, each in enumerate(regimes.measured) if each.breakdown == OCCUPANCY
    ]
    return {
        name: min(distances, key=lambda contender: distances[contender][row].emd)
        for name, row in names
    }


def test_each_is_nearest_in_its_regime_and_not_when_they_are_mixed_up(measured):
    found, regimes = measured
    assert nearest(found, regimes) == {"1-4": CHOICE, "20+": STC}
    turned = tuple(dataclasses.replace(each, rows=each.rows[::-1]) for each in regimes.measured)
    assert nearest(found, Regimes(turned, {})) == {"1-4": STC, "20+": CHOICE}


def test_regimes_of_a_contender_make_its_mean(measured):
    found, regimes = measured
    for contender, distances in distances_by_regime(found, regimes).items():
        mine = [each for each in distances if each.breakdown == OCCUPANCY]
        whole = sum(each.events * each.emd for each in mine) / (2 * EACH)
        assert whole == pytest.approx(found[contender].distances.mean, rel=1e-12)
        assert all(each.low <= each.emd <= each.high for each in mine)


def test_looks_are_those_of_the_regime_and_weighted_by_charge(measured):
    found, regimes = measured
    every, *parts = shapes_by_regime(found[CHOICE], regimes)
    assert [(each.breakdown, each.name) for each in parts] == [
        (each.breakdown, each.name) for each in regimes.measured
    ]
    quiet, busy = parts[:2]
    assert (every.events, quiet.events, busy.events) == (2 * EACH, EACH, EACH)
    # Best Choice sends the two cells of a quiet event, up to the rounding of their codes.
    assert quiet.hottest_found == 1.0 and quiet.centroid < 0.1 < busy.centroid
    distances = {each.name: each.emd for each in distances_by_regime(found, regimes)[CHOICE]}
    charges = {"1-4": 96, "20+": 16 * (32 + 128 + 512)}
    by_charge = sum(distances[name] * charge for name, charge in charges.items())
    assert every.emd_by_charge == pytest.approx(by_charge / sum(charges.values()))
