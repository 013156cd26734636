"""What each bit of weights is worth: as what is encoded and decoded with it wrong; the ranking."""

import csv
import io
from typing import Any

import numpy as np
import pytest

from asicae.chip.image import pack, unpack
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.readout.readouts import Readouts
from asicae.training.sensitivity_table import (
    by_bit,
    csv_text,
    places,
    protected,
    ranked,
    told,
)
from tests.support.tiny_network import FOUR_PARTS, parsed

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.training.bit_sensitivity import BitSensitivity, bit_sensitivity
from asicae.training.decoder import build_decoder
from asicae.training.evaluate import evaluate
from asicae.training.trained import Trained

EVENTS = 30
SILENT = 1
"""A latent that the keep mask takes out."""


@pytest.fixture(scope="module")
def network() -> Network:
    return parsed(FOUR_PARTS)


@pytest.fixture(scope="module")
def weights(network: Network) -> Weights:
    arrays = Weights.random(network, 3).arrays
    keep = np.full(network.latents, 0x1F, dtype=np.uint16)
    keep[SILENT] = 0
    return Weights.checked(network, arrays, keep)


@pytest.fixture(scope="module")
def decoder(network: Network) -> Any:
    return build_decoder(network, (8,), seed=1)


@pytest.fixture(scope="module")
def events(readouts: Readouts) -> Readouts:
    return readouts.select(slice(0, EVENTS))


@pytest.fixture(scope="module")
def found(weights: Weights, decoder: Any, network: Network, events: Readouts) -> BitSensitivity:
    return bit_sensitivity(weights, decoder, network, events)


def test_each_is_what_a_set_with_that_bit_wrong_adds(
    found: BitSensitivity, weights: Weights, decoder: Any, network: Network, events: Readouts
) -> None:
    def distance(image: bytes) -> float:
        wrong = unpack(network, image, weights.keep)
        return evaluate(Trained(2, None, decoder, wrong, (), 0), network, events).distances.mean

    intact = pack(Encoder(network, weights))
    assert found.emd == pytest.approx(distance(intact), abs=1e-6)
    assert len(found.change) == network.weight_bits
    changes = ranked(found)
    for bit in (*changes[:4].tolist(), *changes[-4:].tolist(), 0, 9, network.weight_bits - 1):
        image = bytearray(intact)
        image[bit // 8] ^= 1 << bit % 8
        assert found.change[bit] == pytest.approx(distance(bytes(image)) - found.emd, abs=1e-5)
    assert found.change.max() > 0.001


def test_bits_that_change_no_latent_are_worth_nothing(found: BitSensitivity) -> None:
    masked = [
        at.place
        for at in places(found.network)
        if at.parameter.startswith("dense.") and at.index[-1] == SILENT
    ]
    assert masked and not found.change[masked].any() and not found.touched[masked].any()
    assert (found.change[found.touched == 0] == 0).all() and found.touched.any()


def test_the_table_has_every_bit_once_the_most_worth_first(found: BitSensitivity) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(found))))
    named = {(row["parameter"], row["index"], row["bit"]) for row in rows}
    image = {8 * int(row["byte"]) + int(row["bit_of_byte"]) for row in rows}
    assert len(named) == len(rows) == found.network.weight_bits
    assert image == set(range(found.network.weight_bits))
    changes = [float(row["emd_change"]) for row in rows]
    assert changes == sorted(changes, reverse=True)
    sums = sum(row.number * row.mean for row in by_bit(found))
    assert sums == pytest.approx(found.change.sum())
    assert any(line.startswith("50% of it is in ") for line in told(found))


def test_protection_counts_the_fewest_bits() -> None:
    change = np.array([0.0, 4.0, -1.0, 1.0, 5.0])
    zeros = np.zeros(5)
    made_up = BitSensitivity(parsed(FOUR_PARTS), 9, 1.0, change, zeros, zeros)
    assert protected(made_up, (0.5, 0.9, 0.91, 1.0)) == [1, 2, 3, 3]
    assert protected(BitSensitivity(made_up.network, 9, 1.0, zeros, zeros, zeros)) == [0, 0, 0]


def test_events_without_charge_do_not_count(
    weights: Weights, decoder: Any, network: Network, events: Readouts
) -> None:
    with pytest.raises(BadInput, match="sensitivity: 1 events with charge"):
        bit_sensitivity(weights, decoder, network, events.select(slice(0, 1)))
