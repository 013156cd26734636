"""Training of one weight set per link count."""

import functools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asicae.concentrator.links import AUTOENCODER_LINKS, keep_mask, latent_bits
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.readouts import Readouts
from asicae.training.backend import keras, save_model, seeded, tf
from asicae.training.checkpoint import Checkpoint, Checkpoints, Progress
from asicae.training.decoder import build_decoder
from asicae.training.encoder import build_encoder
from asicae.training.history import Epoch, write_history
from asicae.training.losses import sinkhorn, sinkhorn_self, telescope
from asicae.training.lowering import lower
from asicae.training.record import set_name
from asicae.training.samples import Samples, samples
from asicae.training.settings import TrainSettings
from asicae.training.stored_networks import load_decoder, load_encoder
from asicae.training.truncation import truncate_latents


@dataclass(frozen=True)
class Trained:
    """An encoder with its decoder, at its best validation loss.

    Attributes:
        links: link count it was trained for.
        encoder: QKeras model, images to latents.
        decoder: Keras model, (latents, conditions) to logits.
        weights: the encoder lowered to integers, with the keep mask of ``links``.
        history: one entry an epoch; empty for a model at its initialisation.
        best_epoch: epoch whose weights these are, 0 for the initialisation.
    """

    links: int
    encoder: Any
    decoder: Any
    weights: Weights
    history: tuple[Epoch, ...]
    best_epoch: int

    def save(self, folder: Path, name: str) -> None:
        """Write ``model/<name>_{encoder,decoder}.keras``, ``weights/<name>.npz``, and the history.

        The history goes to ``train/<name>.csv``.
        """
        for part, model in (("encoder", self.encoder), ("decoder", self.decoder)):
            save_model(model, folder / "model" / f"{name}_{part}.keras")
        self.weights.save(folder / "weights" / f"{name}.npz")
        write_history(folder / "train" / f"{name}.csv", {name: self.history})

    @classmethod
    def load(cls, folder: Path, name: str, network: Network, links: int) -> "Trained":
        """Read what ``save`` wrote; the weights are lowered again and must equal the stored ones.

        Raises:
            BadInput: missing or unreadable file, weights that differ from the model's.
        """
        encoder = load_encoder(folder / "model" / f"{name}_encoder.keras", network)
        decoder = load_decoder(folder / "model" / f"{name}_decoder.keras", network)
        path = folder / "weights" / f"{name}.npz"
        stored = Weights.load(path, network)
        lowered = lower(encoder, network, stored.keep)
        for key, array in lowered.arrays.items():
            if not np.array_equal(array, stored.arrays[key]):
                raise BadInput(f"{path}: {key} differs from model/{name}_encoder.keras")
        return cls(links, encoder, decoder, stored, (), 0)


def train(
    network: Network,
    train_readouts: Readouts,
    validation_readouts: Readouts,
    settings: TrainSettings,
    links: int,
    *,
    start: Trained | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Train a weight set and its decoder for one link count.

    Args:
        network: what to train.
        train_readouts: at least one batch.
        validation_readouts: events on which the epochs are compared.
        settings: how.
        links: 1 to 5.
        start: a set to continue from (``settings.next_epochs`` passes) instead of the
            initialisation (``settings.epochs`` passes).
        checkpoint: see ``Trainer.fit``.

    Raises:
        BadInput: fewer training events than one batch, no event with charge, a network that QKeras
            cannot express, a link count that the latents do not fit.
    """
    training, validation = samples(network, train_readouts), samples(network, validation_readouts)
    return trainer_for(network, settings).fit(
        training,
        validation,
        links,
        start=start,
        epochs=settings.next_epochs if start else settings.epochs,
        rate=settings.next_rate if start else settings.learning_rate,
        checkpoint=checkpoint,
    )


def train_all(
    network: Network,
    train_readouts: Readouts,
    validation_readouts: Readouts,
    settings: TrainSettings,
    links: Sequence[int] = AUTOENCODER_LINKS,
    checkpoints: Checkpoints | None = None,
) -> dict[int, Trained]:
    """One weight set with its decoder per link count, each started from the next higher one.

    With ``checkpoints`` it goes on where an interrupted call with the same arguments stopped.

    Raises:
        BadInput: see ``train``.
    """
    sets: dict[int, Trained] = {}
    start: Trained | None = None
    for count in sorted(set(links), reverse=True):
        start = train(
            network,
            train_readouts,
            validation_readouts,
            settings,
            count,
            start=start,
            checkpoint=checkpoints.of(set_name(count)) if checkpoints else None,
        )
        sets[count] = start
    return sets


def untrained(network: Network, settings: TrainSettings, links: int) -> Trained:
    """The same encoder and decoder at the initialisation from which ``train`` starts."""
    trainer = trainer_for(network, settings)
    trainer.reset(None)
    return trainer.snapshot(links, (), 0)


def trainer_for(network: Network, settings: TrainSettings) -> "Trainer":
    """The trainer of a network; kept, so that its compiled steps serve every link count."""
    return _kept_trainer(network.model_dump_json(), settings)


@functools.lru_cache(maxsize=2)
def _kept_trainer(description: str, settings: TrainSettings) -> "Trainer":
    return Trainer(Network.model_validate_json(description), settings)


class Trainer:
    """One compiled pair of encoder and decoder; weights are put in and taken out of it."""

    def __init__(self, network: Network, settings: TrainSettings) -> None:
        seeded(settings.seed)
        self.network, self.settings = network, settings
        self.encoder = build_encoder(network, settings.seed)
        self.decoder = build_decoder(network, settings.hidden, settings.seed + 1000)
        self.variables = [*self.encoder.trainable_variables, *self.decoder.trainable_variables]
        self._start = [np.asarray(v) for v in self.variables]
        self.optimizer = keras.optimizers.Adam(settings.learning_rate)
        self.optimizer.build(self.variables)
        # One graph for all link counts: the number of bits is a tensor.
        self._epoch = tf.function(self._train_epoch, jit_compile=True)
        self._evaluate = tf.function(self.loss, jit_compile=True)
        self._target_self = tf.function(sinkhorn_self, jit_compile=True)

    def reset(self, start: Trained | None) -> None:
        """Put in the weights of ``start``, else the initial ones; forget the optimiser's state."""
        values = self._start
        if start is not None:
            models = (start.encoder, start.decoder)
            values = [np.asarray(v) for model in models for v in model.trainable_variables]
        self._put(values, [np.zeros(v.shape, v.dtype) for v in self.optimizer.variables])

    def snapshot(self, links: int, history: tuple[Epoch, ...], best_epoch: int) -> Trained:
        """A copy of the models as they are now."""
        encoder = build_encoder(self.network, self.settings.seed)
        decoder = build_decoder(self.network, self.settings.hidden, self.settings.seed)
        encoder.set_weights(self.encoder.get_weights())
        decoder.set_weights(self.decoder.get_weights())
        weights = lower(encoder, self.network, keep_mask(self.network, links))
        return Trained(links, encoder, decoder, weights, history, best_epoch)

    def loss(self, batch: tuple[Any, ...], bits: Any) -> Any:
        """Loss per event, float32[n], of a batch (image, conditions, target, target_self)."""
        image, conditions, target, target_self = batch
        latents = truncate_latents(self.encoder(image), bits, self.network.latent_type)
        predicted = tf.nn.softmax(self.decoder([latents, conditions]))
        if self.settings.loss == "telescope":
            return telescope(target, predicted)
        return sinkhorn(target, predicted, target_self)

    def gradients(self, batch: tuple[Any, ...], bits: Any) -> tuple[Any, list[Any]]:
        """Mean loss and its gradient for every variable, encoder first."""
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.loss(batch, bits))
        return loss, tape.gradient(loss, self.variables)

    def fit(
        self,
        training: Samples,
        validation: Samples,
        links: int,
        *,
        epochs: int,
        rate: float,
        start: Trained | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Trained:
        """Train from ``start`` (else from the initialisation) and return the best epoch's models.

        Args:
            training: at least one batch.
            validation: events on which the epochs are compared.
            links: 1 to 5.
            epochs: passes over ``training``.
            rate: peak learning rate.
            start: models to continue from.
            checkpoint: takes the progress after every epoch. What an interrupted call with the
                same arguments left there is gone on with, and gives the same models.

        Raises:
            BadInput: fewer training events than a batch.
        """
        settings = self.settings
        if len(training) < settings.batch:
            raise BadInput(f"training: {len(training)} events, a batch needs {settings.batch}")
        self.reset(start)
        progress = self._progress()
        if checkpoint is not None:
            progress = checkpoint.load(progress)
            self._put(progress.values, progress.optimizer)
        if len(progress.history) < epochs:
            passes = self._passes(training, validation, links, epochs, rate, progress)
            missing = epochs - len(progress.history)
            for progress in track(passes, f"training for {links} links", total=missing):
                if checkpoint is not None:
                    checkpoint.save(progress)
        if not progress.best_epoch:
            raise BadInput(f"training for {links} links: the loss is not finite, lower the rate")
        self._put(progress.best)
        return self.snapshot(links, progress.history, progress.best_epoch)

    def _passes(
        self,
        training: Samples,
        validation: Samples,
        links: int,
        epochs: int,
        rate: float,
        progress: Progress,
    ) -> Iterator[Progress]:
        """The epochs that are missing, one after another."""
        settings = self.settings
        bits = tf.constant(latent_bits(self.network, links))
        data, check = self._tensors(training), self._tensors(validation)
        order = np.random.default_rng([settings.seed, links])
        steps = len(training) // settings.batch
        begin = time.monotonic() - (progress.history[-1].seconds if progress.history else 0)
        for epoch in range(1, epochs + 1):
            shuffled = order.permutation(len(training))[: steps * settings.batch]
            if epoch <= len(progress.history):
                continue
            first = (epoch - 1) * steps
            rates = [
                rate_at(rate, settings.warm_up, first + k, epochs * steps) for k in range(steps)
            ]
            mean = self._epoch(
                data,
                tf.constant(shuffled.reshape(steps, -1), tf.int32),
                tf.constant(rates, tf.float32),
                bits,
            )
            score = self._score(check, bits)
            elapsed = time.monotonic() - begin
            done = Epoch(epoch, float(mean), score, rates[-1], elapsed)
            progress = self._progress(progress, done)
            yield progress

    def _progress(self, before: Progress | None = None, epoch: Epoch | None = None) -> Progress:
        """Where the variables are now, at the start or ``epoch`` after what was ``before``."""
        values = [np.array(v) for v in self.variables]
        optimizer = [np.array(v) for v in self.optimizer.variables]
        if before is None or epoch is None:
            return Progress(values, optimizer, values)
        history = (*before.history, epoch)
        best = history[before.best_epoch - 1].validation_loss if before.best_epoch else math.inf
        if epoch.validation_loss < best:
            return Progress(values, optimizer, values, epoch.epoch, history)
        return Progress(values, optimizer, before.best, before.best_epoch, history)

    def _put(self, values: Sequence[Any], optimizer: Sequence[Any] | None = None) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        if optimizer is not None:
            for variable, value in zip(self.optimizer.variables, optimizer, strict=True):
                variable.assign(value)

    def _train_epoch(self, data: tuple[Any, ...], order: Any, rates: Any, bits: Any) -> Any:
        """One pass in one compiled loop: order int32[steps,batch], rates float32[steps]."""
        total = tf.constant(0.0)
        for step in tf.range(len(rates)):
            loss, gradients = self.gradients(_take(data, order[step]), bits)
            self.optimizer.learning_rate.assign(rates[step])
            self.optimizer.apply(gradients, self.variables)
            total += loss
        return total / tf.cast(len(rates), tf.float32)

    def _score(self, data: tuple[Any, ...], bits: Any) -> float:
        count, batch = len(data[0]), self.settings.batch
        # The last batch wraps around to the first events, so that one compiled shape serves all.
        total = 0.0
        for start in range(0, count, batch):
            chosen = np.arange(start, start + batch) % count
            losses = self._evaluate(_take(data, chosen), bits)
            total += float(tf.reduce_sum(losses[: count - start]))
        return total / count

    def _tensors(self, data: Samples) -> tuple[Any, ...]:
        image, conditions, target = map(tf.constant, (data.image, data.conditions, data.target))
        return image, conditions, target, self._self_term(target)

    def _self_term(self, target: Any) -> Any:
        if self.settings.loss == "telescope":
            return tf.zeros(len(target))
        count, batch = len(target), self.settings.batch
        parts = [
            self._target_self(tf.gather(target, np.arange(start, start + batch) % count))
            for start in range(0, count, batch)
        ]
        return tf.concat(parts, axis=0)[:count]


def rate_at(peak: float, warm_up: int, step: int, steps: int) -> float:
    """Learning rate of a step (0..steps - 1): linear warm-up, then half a cosine to zero."""
    warm_up = min(warm_up, steps // 4)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * (1 + math.cos(math.pi * (step - warm_up) / max(steps - warm_up, 1))) / 2


def _take(data: tuple[Any, ...], index: Any) -> tuple[Any, ...]:
    return tuple(tf.gather(part, index) for part in data)
