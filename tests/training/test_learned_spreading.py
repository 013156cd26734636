"""The network that spreads what was not sent: it learns, keeps what was sent, and repeats."""

import numpy as np
import pytest

from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import settings_from
from asicae.concentrator.spreading import nearness, smallest_sent, spread
from asicae.foundation.errors import BadInput
from asicae.metrics.distances import emd
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.training.backend import keras
from asicae.training.learned_spreading import LearnedSpreading, inputs_of, train_spreading

CASES = (
    {"alg_type": "best_choice", "links": 1},
    {"alg_type": "best_choice", "links": 2},
    {"alg_type": "threshold_sum", "links": 1, "threshold": 60, "endless_buffer": True},
)
FRAMES = [settings_from(case | {"use_sum": False}) for case in CASES]


@pytest.fixture(scope="module")
def readouts():
    return simulate(SourceSettings(events=8_500, seed=4))


@pytest.fixture(scope="module")
def learned(readouts):
    return train_spreading(readouts.select(slice(0, 8000)), FRAMES, epochs=8, seed=2)


@pytest.mark.parametrize("settings", FRAMES, ids=["best 1", "best 2", "threshold"])
def test_it_beats_spreading_by_distance_on_new_events(readouts, learned, settings):
    test = readouts.select(slice(8000, None))
    known = codec.through(test.calq, settings)
    image = spread(known, learned.weights(known, test))
    assert (image[known.sent] == known.charges[known.sent]).all()
    ceiling = smallest_sent(known)
    if known.most is not None:
        ceiling = np.minimum(ceiling, known.most)
    limited = np.minimum(known.rest(), ceiling * (~known.sent).sum(axis=1))
    np.testing.assert_allclose((image - known.charges).sum(axis=1), limited, rtol=1e-6)
    gain = emd(test.calq, spread(known, nearness(known.sent, 2.0))).values
    gain = gain - emd(test.calq, image).values
    assert gain.mean() > 2 * gain.std() / np.sqrt(len(gain))


def test_it_sees_the_frame_and_the_place_only(readouts):
    known = codec.through(readouts.calq, FRAMES[1])
    inputs = inputs_of(known, readouts)
    assert inputs.shape == (len(readouts), 103) and np.isfinite(inputs).all()
    np.testing.assert_allclose(inputs[:, :48].sum(axis=1) + inputs[:, 96], 1, rtol=1e-5)
    assert (inputs[:, 48:96] == known.sent).all()


def test_it_repeats_and_comes_back_from_its_file(readouts, tmp_path):
    few = readouts.select(slice(0, 600))
    first, second = (train_spreading(few, FRAMES, epochs=1, seed=5) for _ in range(2))
    known = codec.through(few.calq, FRAMES[0])
    expected = first.weights(known, few)
    np.testing.assert_array_equal(expected, second.weights(known, few))
    assert first.model.get_config() == second.model.get_config()  # its file, in any process
    first.save(tmp_path / "made" / "spreading.keras")
    back = LearnedSpreading(keras.models.load_model(tmp_path / "made" / "spreading.keras"))
    np.testing.assert_array_equal(expected, back.weights(known, few))
    with pytest.raises(BadInput, match="0 settings and 600 events"):
        train_spreading(few, [], epochs=1, seed=5)
