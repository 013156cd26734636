"""Training of the autoencoder: gradients, exactness, repeatability, evaluation, dead cells."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.normaliser import normalise
from asicae.concentrator.links import keep_mask, latent_bits
from asicae.foundation.errors import BadInput
from asicae.network.description import PRESETS, Network
from asicae.network.weights import Weights
from asicae.readout.readouts import Readouts
from asicae.source.simulate import SourceSettings, simulate

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.metrics.transport import ground_distances
from asicae.training import fit, losses, lowering
from asicae.training.backend import tf
from asicae.training.conditions import draw_dead_cells, fine_tune, with_dead_cells
from asicae.training.encoder import build_encoder, images
from asicae.training.evaluate import evaluate, evaluate_all
from asicae.training.samples import samples
from asicae.training.settings import TrainSettings, settings_from
from asicae.training.truncation import truncate_latents

LINKS = (1, 2, 3, 4, 5)
SETTINGS = TrainSettings(
    seed=3, epochs=6, batch=256, hidden=(64,), warm_up=10, next_epochs=2, fine_tune_epochs=2
)


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.preset("econ-t")


@pytest.fixture(scope="module")
def readouts() -> Readouts:
    return simulate(SourceSettings(events=6000, seed=5))


@pytest.fixture(scope="module")
def parts(readouts: Readouts) -> tuple[Readouts, Readouts, Readouts]:
    return tuple(readouts.select(slice(*ends)) for ends in ((0, 5000), (5000, 5500), (5500, None)))


@pytest.fixture(scope="module")
def trained(network: Network, parts: tuple[Readouts, ...]) -> fit.Trained:
    return fit.train(network, parts[0], parts[1], SETTINGS, 5)


# --- losses -------------------------------------------------------------------------------------


def _random_images(seed: int, events: int = 6) -> np.ndarray:
    charge = np.random.default_rng(seed).exponential(size=(events, 48)) ** 3
    return (charge / charge.sum(axis=1, keepdims=True)).astype(np.float32)


def test_super_cells_count_every_cell_alike() -> None:
    cells = losses.super_cells()
    assert cells.shape == (36, 4)
    assert len({tuple(sorted(row)) for row in cells.tolist()}) == 36
    # Each is a rhombus of the hexagonal lattice: five of its six distances are one cell.
    distances = ground_distances()
    for row in cells:
        pairs = distances[np.ix_(row, row)][np.triu_indices(4, 1)]
        assert np.isclose(pairs, 2.0).sum() == 5 or np.isclose(pairs, 2.0).sum() == 4
    membership = np.bincount(cells.ravel(), minlength=48)
    assert np.bincount(membership).tolist() == [0, 3, 18, 3, 24]
    assert losses.super_cell_weights(cells).sum() == pytest.approx(12)


def test_telescope_equals_its_definition() -> None:
    y, z = 48 * _random_images(1), 48 * _random_images(2)
    cells = losses.super_cells()
    weights = losses.super_cell_weights(cells)
    blocks = losses.block_sums().astype(bool).T
    expected = []
    for a, b in zip(y.astype(np.float64), z.astype(np.float64), strict=True):
        groups = ([[k] for k in range(48)], cells, [np.flatnonzero(block) for block in blocks])
        levels = []
        for level, group in enumerate(groups):
            terms = [
                (a[g].sum() - b[g].sum()) ** 2
                * max(a[g].sum(), b[g].sum())
                * (weights[i] if level == 1 else 1)
                for i, g in enumerate(group)
            ]
            levels.append(np.mean(terms))
        expected.append(4 * levels[0] + 2 * levels[1] + levels[2])
    found = np.asarray(losses.telescope(y / 48, z / 48))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_sinkhorn_is_debiased_and_its_gradient_is_its_own() -> None:
    target, image = tf.constant(_random_images(3)), tf.constant(_random_images(4))
    own = losses.sinkhorn_self(target)
    np.testing.assert_allclose(losses.sinkhorn(target, target, own), 0, atol=2e-3)
    point = tf.constant(np.eye(48, dtype=np.float32))
    moved = losses.sinkhorn(point, tf.roll(point, 1, 0), losses.sinkhorn_self(point))
    np.testing.assert_allclose(
        moved, ground_distances()[np.arange(48), np.arange(48) - 1], atol=1e-3
    )
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = losses.sinkhorn(target, image, own)
    gradient = np.asarray(tape.gradient(value, image))
    # Shift 5 % of each cell's share, up or down: the derivative must predict the change.
    tilt = np.random.default_rng(5).choice([-1.0, 1.0], image.shape)
    tilt -= (tilt * image).numpy().sum(axis=1, keepdims=True)
    step = (0.05 * tilt * image).numpy().astype(np.float32)
    up, down = (losses.sinkhorn(target, image + sign * step, own) for sign in (1, -1))
    change = np.asarray(up) - np.asarray(down)
    np.testing.assert_allclose(2 * (gradient * step).sum(axis=1), change, rtol=0.1, atol=3e-3)


# --- truncation and gradients -------------------------------------------------------------------


@pytest.mark.parametrize("links", LINKS)
def test_truncation_is_the_keep_mask_with_a_gradient(network: Network, links: int) -> None:
    kind, bits = network.latent_type, latent_bits(network, links)
    raw = np.tile(np.arange(kind.raw_max + 1)[:, None], (1, network.latents))
    latents = tf.constant(raw * kind.lsb, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(latents)
        kept = truncate_latents(latents, tf.constant(bits), kind)
    np.testing.assert_array_equal(np.asarray(kept) / kind.lsb, raw & keep_mask(network, links))
    gradient = np.asarray(tape.gradient(kept, latents))
    if bits == 1:
        assert gradient[256, 0] == pytest.approx(1.0)  # slope 4 of a sigmoid: 4 / 4 at the centre
        assert (gradient > 0).all()
    else:
        assert (gradient == 1).all()


def _batch(network: Network, readouts: Readouts) -> tuple[tf.Tensor, ...]:
    data = samples(network, readouts.select(slice(0, 256)))
    target = tf.constant(data.target)
    own = losses.sinkhorn_self(target)
    return tf.constant(data.image), tf.constant(data.conditions), target, own


@pytest.mark.parametrize("links", LINKS)
@pytest.mark.parametrize("loss", ["sinkhorn", "telescope"])
def test_every_encoder_variable_has_a_gradient(
    network: Network, readouts: Readouts, links: int, loss: str
) -> None:
    trainer = fit.trainer_for(network, SETTINGS.model_copy(update={"loss": loss}))
    trainer.reset(None)
    bits = tf.constant(latent_bits(network, links))
    _, gradients = trainer.gradients(_batch(network, readouts), bits)
    count = len(trainer.encoder.trainable_variables)
    assert count == 4
    for variable, gradient in zip(trainer.variables[:count], gradients, strict=False):
        assert gradient is not None, variable.path
        per_output = np.abs(np.asarray(gradient)).reshape(-1, variable.shape[-1]).max(axis=0)
        # Not only some element: most filters and latents are reached.
        assert (per_output > 0).mean() >= 0.75, variable.path
        assert np.isfinite(per_output).all()


def test_a_floor_without_straight_through_gradient_is_noticed(
    network: Network, readouts: Readouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "truncate_latents", lambda x, bits, kind: tf.floor(x * 4) / 4)
    trainer = fit.Trainer(network, SETTINGS)
    _, gradients = trainer.gradients(_batch(network, readouts), tf.constant(3))
    assert all(g is None or not np.asarray(g).any() for g in gradients[:4])


# --- exactness ----------------------------------------------------------------------------------


def _with_weights(network: Network, weights: Weights) -> object:
    encoder = build_encoder(network, 1)
    for plan in network.plans:
        encoder.get_layer(plan.name).set_weights(
            [weights.arrays[p.name] * p.type.lsb for p in (plan.kernel, plan.bias)]
        )
    return encoder


def _changed(name: str, **changes: object) -> Network:
    content = Network.preset("econ-t").model_dump(mode="json")
    for layer in content["layers"]:
        layer.update(changes)
    return Network.model_validate(content | {"name": name})


def _networks() -> list[Network]:
    return [
        *(Network.preset(name) for name in PRESETS),
        _changed("signed", output="fixed<8,2>", relu=False, weight="fixed<5,1>"),
        _changed("signed_relu", output="fixed<8,2>", relu=True, bias="ufixed<3,0>"),
        _changed("symmetric", output="fixed<8,2,RND_CONV,SAT_SYM>", relu=False),
        _changed("unsigned", output="ufixed<7,2>", relu=False, weight="ufixed<4,0>"),
    ]


@pytest.mark.parametrize("network", _networks(), ids=lambda network: network.name)
def test_qkeras_equals_golden_on_random_weights(network: Network, readouts: Readouts) -> None:
    codes = normalise(readouts.calq, network.input)
    codes = lowering.exactness_codes(network, codes, 3000, seed=1)
    for seed in range(2):
        weights = Weights.random(network, seed)
        encoder = _with_weights(network, weights)
        lowered = lowering.lower(encoder, network)
        for name, array in weights.arrays.items():
            np.testing.assert_array_equal(lowered.arrays[name], array)
        result = lowering.qkeras_against_golden(encoder, network, lowered, codes)
        assert (result.words, result.mismatches) == (3000 * network.latents, 0)
        assert result.saturated_fraction > 0.001
        assert result.ties_fraction > 0.001


def test_qkeras_equals_golden_after_training_and_one_flipped_bit_is_found(
    network: Network, trained: fit.Trained, parts: tuple[Readouts, ...]
) -> None:
    codes = lowering.exactness_codes(network, normalise(parts[2].calq), 20_000, seed=2)
    result = lowering.qkeras_against_golden(trained.encoder, network, trained.weights, codes)
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
            found = lowering.qkeras_against_golden(trained.encoder, network, wrong, codes)
            assert found.mismatches > 0, (name, bit)


def test_lowering_refuses_what_is_not_exact(network: Network) -> None:
    content = network.model_dump(mode="json")
    content["layers"][1]["weight"] = "fixed<8,1>"
    with pytest.raises(BadInput, match=r"dense\.kernel.*not exact in fixed<6,1>"):
        lowering.lower(build_encoder(Network.model_validate(content), 1), network)
    content["layers"][1]["weight"] = "fixed<7,2>"
    wide = build_encoder(Network.model_validate(content), 1)
    wide.get_layer("dense").kernel.assign(tf.fill((128, 16), 1.5))
    with pytest.raises(BadInput, match=r"dense\.kernel holds 1\.5"):
        lowering.lower(wide, network)
    content["layers"][1]["output"] = "ufixed<9,1,TRN,SAT>"
    with pytest.raises(BadInput, match="RND_CONV"):
        build_encoder(Network.model_validate(content), 1)


# --- fit, save, evaluate ------------------------------------------------------------------------


def test_training_learns_keeps_the_best_epoch_and_repeats(
    network: Network, parts: tuple[Readouts, ...], trained: fit.Trained
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


def test_bad_settings_are_named() -> None:
    with pytest.raises(BadInput, match="training setting: batch: found 0"):
        settings_from({"batch": 0})


def test_evaluation_metrics_and_files(
    network: Network, parts: tuple[Readouts, ...], trained: fit.Trained, tmp_path: Path
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
    network: Network, parts: tuple[Readouts, ...], trained: fit.Trained, tmp_path: Path
) -> None:
    trained.save(tmp_path, "5links")
    back = fit.Trained.load(tmp_path, "5links", network, 5)
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
        fit.Trained.load(tmp_path, "5links", network, 5)
    (tmp_path / "model" / "5links_encoder.keras").write_bytes(b"no model")
    with pytest.raises(BadInput, match=r"5links_encoder\.keras"):
        fit.Trained.load(tmp_path, "5links", network, 5)


def test_fine_tuning_helps_a_module_with_dead_cells(
    network: Network, parts: tuple[Readouts, ...], trained: fit.Trained
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


def test_too_few_or_empty_events_are_refused(network: Network, parts: tuple[Readouts, ...]) -> None:
    with pytest.raises(BadInput, match="a batch needs 256"):
        fit.train(network, parts[2].select(slice(0, 100)), parts[1], SETTINGS, 5)
    empty = dataclasses.replace(parts[2], calq=np.zeros_like(parts[2].calq))
    with pytest.raises(BadInput, match="has charge"):
        samples(network, empty)
