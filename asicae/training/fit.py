"""Training of one weight set per link count."""

import functools
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from asicae.concentrator.links import AUTOENCODER_LINKS, latent_bits, mask_of
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.progress import track
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.training.backend import keras, seeded, tf
from asicae.training.checkpoint import Checkpoint, Checkpoints, Progress
from asicae.training.decoder import build_decoder
from asicae.training.encoder_maker import EncoderMaker
from asicae.training.ending import best_epoch, failure, is_over
from asicae.training.history import Epoch
from asicae.training.losses import sinkhorn, sinkhorn_self, telescope
from asicae.training.own_code import content_of, is_own
from asicae.training.own_loss import own_loss
from asicae.training.record import set_name
from asicae.training.samples import Samples, samples
from asicae.training.schedule import rate_at
from asicae.training.settings import TrainSettings
from asicae.training.trained import Trained, kept_beside
from asicae.training.truncation import truncate_latents


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
    own = tuple((str(path.resolve()), content_of(name)) for name, path in settings.own_code.items())
    return _kept_trainer(network.model_dump_json(), settings, own)


@functools.lru_cache(maxsize=2)
def _kept_trainer(
    description: str, settings: TrainSettings, own: tuple[tuple[str, str], ...]
) -> "Trainer":
    del own  # another trainer where the user's own code is another one
    return Trainer(Network.model_validate_json(description), settings)


class Trainer:
    """One compiled pair of encoder and decoder; weights are put in and taken out of it."""

    def __init__(self, network: Network, settings: TrainSettings) -> None:
        seeded(settings.seed)
        self.network, self.settings = network, settings
        self.maker = EncoderMaker(network, settings.model)
        self.encoder = self.maker.build(settings.seed)
        self.decoder = self._new_decoder(settings.seed + 1000)
        self._own_loss = own_loss(settings.loss) if is_own(settings.loss) else None
        self.variables = [*self.encoder.trainable_variables, *self.decoder.trainable_variables]
        self._start = [np.asarray(v) for v in self.variables]
        self.optimizer = keras.optimizers.Adam(settings.learning_rate)
        self.optimizer.build(self.variables)
        # One graph for all link counts: the number of bits is a tensor.
        self._epoch = tf.function(self._train_epoch, jit_compile=True)
        self._evaluate = tf.function(self._loss_and_range, jit_compile=True)
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
        encoder = self.maker.build(self.settings.seed)
        decoder = self._new_decoder(self.settings.seed)
        encoder.set_weights(self.encoder.get_weights())
        decoder.set_weights(self.decoder.get_weights())
        weights = self.maker.lower(encoder, mask_of(self.bits(links), self.network))
        return Trained(links, encoder, decoder, weights, history, best_epoch)

    def _new_decoder(self, seed: int) -> Any:
        conditional = self.settings.decoder == "conditional"
        return build_decoder(self.network, self.settings.hidden, seed, conditional)

    def bits(self, links: int) -> int:
        """Bits of each latent in a frame.

        Raises:
            BadInput: a link count that the latents do not fit.
        """
        return latent_bits(self.network, links)

    def image(self, logits: Any, conditions: Any) -> Any:
        """The decoded image float32[n,48] of unit sum, of logits [n,48] and what else is known."""
        del conditions
        return tf.nn.softmax(logits)

    def loss(self, batch: tuple[Any, ...], bits: Any) -> Any:
        """Loss per event, float32[n], of a batch (image, conditions, target, target_self)."""
        return self._loss_of(self._latents(batch, bits), batch)

    def _latents(self, batch: tuple[Any, ...], bits: Any) -> Any:
        return truncate_latents(self.encoder(batch[0]), bits, self.network.latent_type)

    def _loss_and_range(self, batch: tuple[Any, ...], bits: Any) -> tuple[Any, Any, Any]:
        """Loss per event, least and largest value of each latent."""
        latents = self._latents(batch, bits)
        losses = self._loss_of(latents, batch)
        return losses, tf.reduce_min(latents, axis=0), tf.reduce_max(latents, axis=0)

    def _loss_of(self, latents: Any, batch: tuple[Any, ...]) -> Any:
        _, conditions, target, target_self = batch
        predicted = self.image(self.decoder([latents, conditions]), conditions)
        if self.settings.loss == "telescope":
            return telescope(target, predicted)
        if self._own_loss is not None:
            return self._own_loss(target, predicted)
        return sinkhorn(target, predicted, target_self)

    def gradients(self, batch: tuple[Any, ...], bits: Any) -> tuple[Any, list[Any]]:
        """Mean loss, and the gradient of it for every variable, encoder first.

        What layers of an encoder of the user's own add to the loss counts in the gradient.
        """
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.loss(batch, bits))
            whole = loss + sum(self.encoder.losses) if self.encoder.losses else loss
        return loss, tape.gradient(whole, self.variables)

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
            CheckFailed: it diverged, or all latents became constant (``training.ending``); the
                best epoch so far is stored beside ``checkpoint``.
        """
        settings = self.settings
        if len(training) < settings.batch:
            raise BadInput(f"training: {len(training)} events, a batch needs {settings.batch}")
        self.reset(start)
        progress = self._progress()
        if checkpoint is not None:
            progress = checkpoint.load(progress)
            self._put(progress.values, progress.optimizer)
        if not is_over(progress.history, epochs, settings.patience):
            passes = self._passes(training, validation, links, epochs, rate, progress)
            missing = epochs - len(progress.history)
            for progress in track(passes, f"training for {links} links", total=missing):
                if checkpoint is not None:
                    checkpoint.save(progress)
        self._put(progress.best)
        best = self.snapshot(links, progress.history, progress.best_epoch)
        if reason := failure(progress.history, epochs, settings.patience):
            raise CheckFailed(
                f"training for {links} links: {reason}{kept_beside(checkpoint, best)}"
            )
        return best

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
        bits = tf.constant(self.bits(links))
        data, check = self._tensors(training), self._tensors(validation)
        order = np.random.default_rng([settings.seed, links])
        steps = len(training) // settings.batch
        begin = time.monotonic() - (progress.history[-1].seconds if progress.history else 0)
        for epoch in range(1, epochs + 1):
            shuffled = order.permutation(len(training))[: steps * settings.batch]
            if epoch <= len(progress.history):
                continue
            if is_over(progress.history, epochs, settings.patience):
                return
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
            score, dead = self._score(check, bits)
            elapsed = time.monotonic() - begin
            done = Epoch(epoch, float(mean), score, rates[-1], elapsed, int(dead))
            progress = self._progress(progress, done)
            yield progress

    def _progress(self, before: Progress | None = None, epoch: Epoch | None = None) -> Progress:
        """Where the variables are now, at the start or ``epoch`` after what was ``before``."""
        values = [np.array(v) for v in self.variables]
        optimizer = [np.array(v) for v in self.optimizer.variables]
        if before is None or epoch is None:
            return Progress(values, optimizer, values)
        history = (*before.history, epoch)
        best = best_epoch(history)
        kept = values if best == epoch.epoch else before.best
        return Progress(values, optimizer, kept, best, history)

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

    def _score(self, data: tuple[Any, ...], bits: Any) -> tuple[float, bool]:
        """Mean loss, and whether all latents are constant."""
        count, batch = len(data[0]), self.settings.batch
        # The last batch wraps around to the first events, so that one compiled shape serves all.
        total, least, most = 0.0, math.inf, -math.inf
        for start in range(0, count, batch):
            chosen = np.arange(start, start + batch) % count
            losses, low, high = self._evaluate(_take(data, chosen), bits)
            total += float(tf.reduce_sum(losses[: count - start]))
            least, most = np.minimum(least, low), np.maximum(most, high)
        return total / count, bool(np.all(least == most))

    def _tensors(self, data: Samples) -> tuple[Any, ...]:
        image, conditions, target = map(tf.constant, (data.image, data.conditions, data.target))
        return image, conditions, target, self._self_term(target)

    def _self_term(self, target: Any) -> Any:
        if self.settings.loss != "sinkhorn":
            return tf.zeros(len(target))
        count, batch = len(target), self.settings.batch
        parts = [
            self._target_self(tf.gather(target, np.arange(start, start + batch) % count))
            for start in range(0, count, batch)
        ]
        return tf.concat(parts, axis=0)[:count]


def _take(data: tuple[Any, ...], index: Any) -> tuple[Any, ...]:
    return tuple(tf.gather(part, index) for part in data)
