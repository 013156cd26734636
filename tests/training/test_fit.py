"""A trained pair: it learns and repeats, equals golden, comes back, and adapts to dead cells."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.normaliser import normalise
from asicae.concentrator.links import keep_mask
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.readout.readouts import Readouts
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.training.small_training import SETTINGS

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.training import fit, lowering
from asicae.training.conditions import fine_tune
from asicae.training.dead_cells import draw_dead_cells, with_dead_cells
from asicae.training.encoder import images
from asicae.training.evaluate import evaluate, evaluate_all, evaluate_dead_cells
from asicae.training.samples import samples
from asicae.training.trained import Trained


@pytest.fixture(scope="module")
def trained(network: Network, parts: tuple[Readouts, ...]) -> Trained:
    return fit.train(network, parts[0], parts[1], SETTINGS, 5)


def test_qkeras_equals_golden_after_training_and_one_flipped_bit_is_found(
    network: Network, trained: Trained, parts: tuple[Readouts, ...]
) -> None:
    codes = lowering.exactness_codes(network, normalise(parts[2].calq), 20_000, seed=2)
    result = lowering.qkeras_against_golden(
        trained.encoder, Encoder(network, trained.weights), codes
    )
    assert (result.words, result.mismatches) == (320_000, 0)
    assert result.nonzero_fraction > 0.2
    assert result.saturated_fraction > 0 and result.ties_fraction > 0
    for name, array in trained.weights.arrays.items():
        for bit in (0, 5):
            flipped = array.copy().ravel()
            middle = len(flipped) // 2
            kind = next(p.type for p in network.parameters if p.name == name)
            flipped[middle] = kind.from_bits(kind.unsigned_bits(flipped[middle]) ^ (1 << bit))
            arrays = trained.weights.arrays | {name: flipped.reshape(array.shape)}
            wrong = dataclasses.replace(trained.weights, arrays=arrays)
            found = lowering.qkeras_against_golden(trained.encoder, Encoder(network, wrong), codes)
            assert found.mismatches > 0, (name, bit)


def test_training_learns_keeps_the_best_epoch_and_repeats(
    network: Network, parts: tuple[Readouts, ...], trained: Trained
) -> None:
    scores = [epoch.validation_loss for epoch in trained.history]
    assert len(scores) == SETTINGS.epochs
    assert scores[-1] < scores[0] / 1.5
    assert trained.best_epoch == 1 + int(np.argmin(scores))
    assert (trained.weights.keep == keep_mask(network, 5)).all()
    again = fit.Trainer(network, SETTINGS).fit(
        samples(network, parts[0]),
        samples(network, parts[1]),
        5,
        epochs=SETTINGS.epochs,
        rate=SETTINGS.learning_rate,
    )
    for name, array in trained.weights.arrays.items():
        np.testing.assert_array_equal(again.weights.arrays[name], array)
    assert [e.validation_loss for e in again.history] == scores
    other = fit.untrained(network, SETTINGS, 5)
    assert (other.weights.arrays["dense.kernel"] != trained.weights.arrays["dense.kernel"]).any()


def test_one_set_per_link_count_each_from_the_next_higher(
    network: Network, parts: tuple[Readouts, ...]
) -> None:
    sets = fit.train_all(network, parts[0], parts[1], SETTINGS, links=(1, 5, 2))
    assert list(sets) == [5, 2, 1]
    assert [len(sets[n].history) for n in sets] == [6, 2, 2]
    kernels = [sets[n].weights.arrays["dense.kernel"] for n in sets]
    assert (kernels[0] != kernels[1]).any() and (kernels[1] != kernels[2]).any()
    for count, trained in sets.items():
        assert (trained.weights.keep == keep_mask(network, count)).all()
        assert trained.history[0].validation_loss < sets[5].history[0].validation_loss * 2


def test_evaluation_metrics_and_files(
    network: Network, parts: tuple[Readouts, ...], trained: Trained, tmp_path: Path
) -> None:
    found = evaluate_all({5: trained}, network, SETTINGS, parts[0], parts[2], folder=tmp_path)
    assert found["emd.autoencoder.5links"] < 0.6 * found["emd.mean_image"]
    assert found["emd.autoencoder.5links"] < 0.6 * found["emd.untrained"]
    assert found["response.autoencoder.5links"] == pytest.approx(1, abs=0.05)
    assert 0 < found["resolution.autoencoder.5links"] < 0.05
    assert found["emd.events_excluded"] == 0
    assert found["train.dead_latents"] <= 4
    with np.load(tmp_path / "autoencoder_5links.npz", allow_pickle=False) as stored:
        assert stored["latents"].shape == (500, 16)
        assert stored["emd"].mean() == pytest.approx(found["emd.autoencoder.5links"])


def test_saved_models_come_back_and_tampered_weights_are_refused(
    network: Network, parts: tuple[Readouts, ...], trained: Trained, tmp_path: Path
) -> None:
    trained.save(tmp_path, "5links")
    back = Trained.load(tmp_path, "5links", network, 5)
    image = images(network, normalise(parts[2].calq))
    np.testing.assert_array_equal(back.encoder(image), trained.encoder(image))
    before, after = (evaluate(t, network, parts[2]) for t in (trained, back))
    np.testing.assert_array_equal(before.reconstructed, after.reconstructed)
    history = (tmp_path / "train" / "5links.csv").read_text().splitlines()
    assert len(history) == 1 + SETTINGS.epochs
    arrays = {name: array.copy() for name, array in trained.weights.arrays.items()}
    arrays["conv.kernel"][0, 0, 0, 0] ^= 1
    Weights(arrays, trained.weights.keep).save(tmp_path / "weights" / "5links.npz")
    with pytest.raises(BadInput, match=r"conv\.kernel differs"):
        Trained.load(tmp_path, "5links", network, 5)
    (tmp_path / "model" / "5links_encoder.keras").write_bytes(b"no model")
    with pytest.raises(BadInput, match=r"5links_encoder\.keras"):
        Trained.load(tmp_path, "5links", network, 5)


def test_fine_tuning_helps_a_module_with_dead_cells(
    network: Network, parts: tuple[Readouts, ...], trained: Trained
) -> None:
    cells = draw_dead_cells(seed=1)
    assert len(cells) == 6
    damaged = with_dead_cells(parts[2], cells)
    assert (damaged.calq[:, list(cells)] == 0).all()
    alive = [k for k in range(48) if k not in cells]
    np.testing.assert_array_equal(damaged.calq[:, alive], parts[2].calq[:, alive])
    tuned = fine_tune(trained, network, parts[0], parts[1], SETTINGS, cells=cells)
    base = evaluate(trained, network, damaged, parts[2]).distances.mean
    assert evaluate(tuned, network, damaged, parts[2]).distances.mean < base
    with pytest.raises(BadInput, match="dead cells"):
        with_dead_cells(parts[2], [48])


def test_dead_cells_of_some_modules_are_measured_on_these(
    network: Network, parts: tuple[Readouts, ...], trained: Trained, tmp_path: Path
) -> None:
    test = parts[2]
    n = int(test.calq.sum(axis=1).argmax())
    found = place_of(test, n)
    cells = {",".join(map(str, found)): tuple(int(c) for c in test.calq[n].argsort()[-3:])}
    alone = test.select([k for k in range(len(test)) if place_of(test, k) == found])
    assert 1 <= len(alone) < len(test) / 2
    expected = evaluate(trained, network, with_dead_cells(alone, cells), alone).distances.mean
    measured = evaluate_dead_cells(trained, trained, trained, network, test, cells, tmp_path)
    names = (f"emd.dead_cells_{name}.5links" for name in ("base", "tuned", "control"))
    assert measured == {"emd.dead_cells_events": len(alone), **dict.fromkeys(names, expected)}


def place_of(readouts: Readouts, n: int) -> tuple[int, ...]:
    return readouts.layer[n], readouts.wafer_u[n], readouts.wafer_v[n]


def test_an_encoder_of_shuffled_cells_is_clearly_worse_on_intact_events(network: Network) -> None:
    """Modules of the dense class: 1.45 against 1.35 after these few epochs."""
    dense = simulate(SourceSettings(links=7, events=6100, seed=1))
    dense = dense.select(dense.calq.any(axis=1))
    generator, ends = np.random.default_rng(1), ((0, 5000), (5000, 5500), (5500, 6000))
    parts = [dense.select(slice(*each)) for each in ends]
    shuffled = [
        dataclasses.replace(part, calq=generator.permuted(part.calq, axis=1)) for part in parts[:2]
    ]
    intact, mixed = (
        evaluate(fit.train(network, *own, SETTINGS, 5), network, parts[2]).distances
        for own in (parts[:2], shuffled)
    )
    assert mixed.mean > 1.04 * intact.mean
    worse = mixed.values - intact.values
    assert worse.mean() > 5 * worse.std() / np.sqrt(len(worse))


def test_too_few_or_empty_events_are_refused(network: Network, parts: tuple[Readouts, ...]) -> None:
    with pytest.raises(BadInput, match="a batch needs 256"):
        fit.train(network, parts[2].select(slice(0, 100)), parts[1], SETTINGS, 5)
    empty = dataclasses.replace(parts[2], calq=np.zeros_like(parts[2].calq))
    with pytest.raises(BadInput, match="has charge"):
        samples(network, empty)
