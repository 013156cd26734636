"""What the links cut from a latent, and that every variable of the encoder still has a gradient."""

import numpy as np
import pytest

from asicae.concentrator.links import keep_mask, latent_bits
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from tests.training.small_training import LINKS, SETTINGS

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.training import fit, losses
from asicae.training.backend import tf
from asicae.training.samples import samples
from asicae.training.truncation import truncate_latents


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
