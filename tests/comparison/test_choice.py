"""The comparison: choices are made on validation events, measured on others, and worth making."""

import dataclasses

import numpy as np
import pytest

from asicae.comparison.choice import Chosen, choose, measure_maps, nearest, send_and_decode
from asicae.comparison.contenders import Contender, candidates, classical_contenders
from asicae.comparison.decode_options import DecodeOptions
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import settings_from
from asicae.concentrator.spreading import STEPS, nearness, spread
from asicae.concentrator.threshold_fit import mean_bits
from asicae.foundation.errors import BadInput
from asicae.metrics.distances import emd

pytestmark = pytest.mark.slow

LINKS = (1, 2, 3, 4, 5)
BEST_CHOICE = "best_choice"


@pytest.fixture(scope="module")
def compared(parts):
    training, validation, test = parts
    options = DecodeOptions(training)
    tasks = {
        contender: candidates(contender, validation.calq)
        for contender in classical_contenders(LINKS)
    }
    choices = choose(tasks, options, validation)
    return choices, measure_maps(send_and_decode(choices, options, test), test, options.mean_image)


def distances(chosen):
    """What was tried, by the name of the decoding."""
    return {tried.decode: tried.emd for tried in chosen.tried}


def test_the_nearest_alone_is_what_is_chosen(compared, parts):
    choices, _ = compared
    training, validation, _ = parts
    for algorithm, links in (("super_trigger_cell", 1), ("threshold_sum", 2), (BEST_CHOICE, 3)):
        chosen = choices[Contender(algorithm, links)]
        many = candidates(Contender(algorithm, links), validation.calq)
        assert nearest(many, DecodeOptions(training), validation) == dataclasses.replace(
            chosen, tried=()
        )


def test_spreading_gains_best_choice_a_factor_of_one_and_a_half(compared):
    choices, results = compared
    for links in LINKS:
        contender = Contender(BEST_CHOICE, links)
        tried = distances(choices[contender])
        assert tried["drop"] > 1.2 * min(tried.values())
        if links <= 3:
            assert tried["drop"] > 1.5 * min(tried.values())
        # Nothing of the gain was luck on the validation events.
        error = 4 * results[contender].distances.error
        assert results[contender].distances.mean == pytest.approx(min(tried.values()), abs=error)


def test_more_links_are_better_and_the_repeater_is_best(compared):
    _, results = compared
    repeater = results[Contender("repeater", 11)]
    assert repeater.distances.mean < 0.05
    for result in results.values():
        assert result.distances.mean >= repeater.distances.mean
        assert result.distances.excluded == 0
    for algorithm in ("best_choice", "threshold_sum", "super_trigger_cell"):
        means = [results[Contender(algorithm, n)].distances.mean for n in LINKS]
        assert means == sorted(means, reverse=True)


def test_the_bandwidth_is_equal(compared, parts):
    choices, results = compared
    for contender, result in results.items():
        assert result.mean_bits <= 32 * contender.links * 1.1, contender
        if contender.algorithm != "threshold_sum":
            assert result.max_bits <= 32 * contender.links
    threshold = choices[Contender("threshold_sum", 2)].settings.threshold[0]
    validation = parts[1].calq
    assert mean_bits(validation, threshold) <= 64 < mean_bits(validation, threshold - 1)


def test_sending_the_sum_of_the_others_is_the_better_register(parts):
    calq = parts[2].calq
    distance = {}
    for use_sum in (True, False):
        case = {"alg_type": "best_choice", "links": 2, "use_sum": use_sum}
        known = codec.through(calq, settings_from(case))
        distance[use_sum] = emd(calq, spread(known, nearness(known.sent, 2.0)))
    gain = distance[True].values - distance[False].values
    assert gain.mean() > 2 * gain.std() / np.sqrt(len(gain))


def test_spreading_the_wrong_way_raises_the_distance(parts):
    calq = parts[2].calq
    known = codec.through(calq, settings_from({"alg_type": "best_choice", "links": 2}))
    right = emd(calq, spread(known, nearness(known.sent, 2.0))).mean
    far = known.sent.astype(float) @ np.exp(STEPS / 2.0)
    for wrong in (known.image(), spread(known, far)):
        assert emd(calq, wrong).mean > 1.3 * right


def spiked(readouts, near):
    """Events with one hot cell and a rest that lies around it or all over the module."""
    rng = np.random.default_rng(3)
    hot = rng.integers(0, 48, len(readouts))
    around = STEPS[hot] == 1 if near else STEPS[hot] > 0
    calq = np.where(around, 300 // around.sum(axis=1, keepdims=True), 0)
    calq[np.arange(len(hot)), hot] = 400
    return dataclasses.replace(readouts, calq=calq.astype(np.int32))


def test_the_choice_is_made_on_the_validation_events(parts):
    training, validation, test = parts
    options = DecodeOptions(training)
    contender = Contender(BEST_CHOICE, 1)
    close, wide = spiked(validation, near=True), spiked(test, near=False)
    task = {contender: candidates(contender, close.calq)}
    choices = choose(task, options, close)
    other_way = choose(task, options, wide)
    assert (choices[contender].decode, other_way[contender].decode) == ("near_1", "even")
    results = measure_maps(send_and_decode(choices, options, wide), wide, options.mean_image)
    better = measure_maps(send_and_decode(other_way, options, wide), wide, options.mean_image)
    assert results[contender].distances.mean > 1.2 * better[contender].distances.mean
    tried = distances(choices[contender])
    assert tried["near_1"] == min(tried.values())


def test_events_without_charge_and_events_lost_are_told_apart(parts):
    training, _, test = parts
    options = DecodeOptions(training)
    calq = np.zeros((3, 48), dtype=np.int32)
    calq[1, 0], calq[2, 47] = 50, 50  # at one link the group of cell 47 is not sent
    events = dataclasses.replace(test.select(slice(0, 3)), calq=calq)
    settings = settings_from(
        {"alg_type": "super_trigger_cell", "stc_type": "stc16_5e4m", "links": 1}
    )
    contender = Contender("super_trigger_cell", 1)
    found = send_and_decode({contender: Chosen(settings, "peak")}, options, events)
    result = measure_maps(found, events, options.mean_image)[contender]
    assert (result.distances.excluded, result.lost) == (1, 1)
    expected = emd(calq[2:], options.mean_image[None]).values[0]
    assert result.distances.values.tolist() == [0.0, pytest.approx(expected)]
    assert result.energy.response == pytest.approx(0.5, abs=0.02)
    with pytest.raises(BadInput, match="fewer than 2 test events with charge"):
        measure_maps(found, events.select(slice(0, 2)), options.mean_image)
    with pytest.raises(BadInput, match="no validation event with charge"):
        choose({}, options, events.select(slice(0, 1)))
