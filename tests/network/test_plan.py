"""What follows from the layers of a network: taps, matrices, accumulators."""

import numpy as np
import pytest

from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.golden import activations
from asicae.network.weights import Weights
from tests.network.test_golden import stimulus


@pytest.mark.parametrize("preset", ["small", "econ-t-4x4x3"])
def test_accumulators_lead_to_golden(preset: str) -> None:
    network = Network.preset(preset)
    weights = Weights.random(network, 3)
    codes = stimulus(200, 4)
    outputs = activations(Encoder(network, weights), codes)
    values = network.image(codes).reshape(len(codes), -1)
    for plan in network.plans:
        accumulators = plan.accumulators(weights.arrays, values)
        found = np.maximum(plan.output_type.cast(accumulators, plan.accumulator_fraction), 0)
        golden = outputs[plan.name].reshape(len(codes), -1)
        np.testing.assert_array_equal(found, golden)
        values = golden


@pytest.mark.parametrize("preset", ["small", "econ-t-4x4x3", "large"])
def test_taps_are_inside_live_and_each_once(preset: str) -> None:
    for plan in Network.preset(preset).plans:
        taps = plan.taps
        assert np.asarray(plan.live)[taps.source].all()
        assert set(taps.weight.tolist()) <= set(range(plan.kernel.count))
        pairs = taps.source * plan.outputs + taps.output
        assert len(np.unique(pairs)) == len(pairs) == plan.macs
        counts = np.bincount(taps.output, minlength=plan.outputs)
        np.testing.assert_array_equal(plan.tap_counts, counts)
