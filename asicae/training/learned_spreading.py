"""A network that learns where the charge belongs that is not sent beside the largest cells.

It is to Threshold Sum, Best Choice and Adaptive Choice what the decoder is to the autoencoder: it
sees what arrives in a frame and where the frame came from, and is trained on the same events with
the same loss. One network serves all of them and all link counts. Cells that were sent stay as they
are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator import codec
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.spreading import smallest_sent
from asicae.concentrator.transmitted import Transmitted
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.module.geometry import N_CELLS
from asicae.readout.readouts import Readouts
from asicae.training.backend import keras, save_model, seeded, tf
from asicae.training.decoder import place_conditions
from asicae.training.losses import sinkhorn, sinkhorn_self
from asicae.training.schedule import rate_at

Floats = npt.NDArray[np.float32]

MOST_EVENTS: Final = 50_000
"""Training events that are looked at; more take longer and gain little."""
BATCH: Final = 256
HIDDEN: Final = (256, 256)
PEAK_RATE: Final = 3e-3
WARM_UP: Final = 100
_CHARGES, _SENT, _REST = slice(0, N_CELLS), slice(N_CELLS, 2 * N_CELLS), 2 * N_CELLS
INPUTS: Final = 103
"""Numbers that the network sees of a frame, see ``inputs_of``."""
_NOT_HERE: Final = 1e9  # taken from the logit of a cell that was sent


def inputs_of(known: Transmitted, readouts: Readouts) -> Floats:
    """What the network sees of n frames, float32[n, 103], in shares of the charge they account for.

    Charges of the cells that were sent (48), which these are (48), the share of the rest, ten times
    the smallest charge that was sent or the rest if that is less, log2(1 + charge) / 22, number of
    cells that were sent / 48, and ``place_conditions`` of the modules.

    Args:
        known: of an algorithm that ``sends_rest``.
        readouts: for the place of the modules; their charges are not looked at.
    """
    rest, charges = known.rest().astype(np.float64), known.charges.astype(np.float64)
    total = np.maximum(charges.sum(axis=1) + rest, 1.0)
    columns = (
        charges / total[:, None],
        known.sent,
        rest / total,
        10.0 * np.minimum(smallest_sent(known), rest) / total,
        np.log2(1.0 + total) / 22,
        known.sent.mean(axis=1),
        place_conditions(readouts),
    )
    return np.column_stack([np.asarray(column, dtype=np.float32) for column in columns])


def image_of(logits: Any, inputs: Any) -> Any:
    """The decoded image [n, 48] of unit sum, of logits [n, 48] and ``inputs_of`` frames [n, 103].

    Cells that were sent stay as they are.
    """
    shares = tf.nn.softmax(logits - _NOT_HERE * inputs[:, _SENT])
    return inputs[:, _CHARGES] + inputs[:, _REST, None] * shares


def weights_of(logits: npt.NDArray[np.float64], known: Transmitted) -> npt.NDArray[np.float64]:
    """Weights float64[n, 48] of the cells that were not sent, for ``spreading.spread``."""
    others = logits - _NOT_HERE * known.sent
    return np.asarray(np.exp(others - others.max(axis=1, keepdims=True)))


@dataclass(frozen=True)
class LearnedSpreading:
    """A trained network; ``model`` maps inputs [n, 103] to logits [n, 48]."""

    model: Any

    def weights(self, known: Transmitted, readouts: Readouts) -> npt.NDArray[np.float64]:
        """Weights float64[n, 48] of the cells that were not sent, for ``spreading.spread``."""
        logits = self.model.predict(inputs_of(known, readouts), 4096, verbose=0).astype(np.float64)
        return weights_of(logits, known)

    def save(self, path: Path) -> None:
        """Write a Keras model; the name ends in ``.keras``."""
        save_model(self.model, path)


def train_spreading(
    readouts: Readouts, frames: Sequence[ConcentratorSettings], epochs: int, seed: int
) -> LearnedSpreading:
    """Train on frames of the first ``MOST_EVENTS`` readouts with charge.

    Every batch of events is sent with settings drawn from ``frames``.

    Args:
        readouts: those that the autoencoder is trained on.
        frames: settings that occur, of algorithms that ``sends_rest``.
        epochs: passes over the events.
        seed: of initial weights and of the order.

    Raises:
        BadInput: no settings, fewer events with charge than a batch.
    """
    readouts = readouts.select(readouts.calq.any(axis=1)).select(slice(0, MOST_EVENTS))
    if not frames or len(readouts) < BATCH:
        raise BadInput(
            f"learned spreading: {len(frames)} settings and {len(readouts)} events with charge, "
            f"at least 1 and {BATCH} are needed"
        )
    seen = [inputs_of(codec.through(readouts.calq, settings), readouts) for settings in frames]
    target = (readouts.calq / readouts.calq.sum(axis=1, keepdims=True)).astype(np.float32)
    trainer, own = _Trainer(INPUTS, seed), _own_terms(target)
    generator, steps = np.random.default_rng(seed), len(target) // BATCH
    for epoch in track(range(epochs), "training the spreading", total=epochs):
        order = generator.permutation(len(target))[: steps * BATCH].reshape(steps, BATCH)
        for step, rows in enumerate(order):
            inputs = seen[generator.integers(len(seen))][rows]
            rate = rate_at(PEAK_RATE, WARM_UP, epoch * steps + step, epochs * steps)
            trainer.step(inputs, target[rows], own[rows], np.float32(rate))
    return LearnedSpreading(trainer.model)


class _Trainer:
    """The network with its optimiser and one compiled step."""

    def __init__(self, inputs: int, seed: int) -> None:
        seeded(seed)
        self.model = build_network(inputs, seed)
        self._optimizer = keras.optimizers.Adam(PEAK_RATE)
        self._optimizer.build(self.model.trainable_variables)
        self.step = tf.function(self._step, jit_compile=True)

    def _step(self, inputs: Any, target: Any, own: Any, rate: Any) -> None:
        """One step on a batch; ``own`` is ``sinkhorn_self`` of the target."""
        self._optimizer.learning_rate.assign(rate)
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            image = image_of(self.model(inputs), inputs)
            loss = tf.reduce_mean(sinkhorn(target, image, own))
        self._optimizer.apply(tape.gradient(loss, variables), variables)


def build_network(inputs: int, seed: int) -> Any:
    """A Keras model from float32[n, inputs] to logits float32[n, 48] in AE order.

    All layers have names: those that Keras gives count on through a process, and a file of a run
    that was interrupted would differ.
    """
    layers: list[Any] = [keras.Input((inputs,), name="inputs")]
    for index, units in enumerate(HIDDEN):
        start = keras.initializers.HeNormal(seed=seed + index)
        name = f"hidden{index}"
        layers.append(keras.layers.Dense(units, "relu", kernel_initializer=start, name=name))
    start = keras.initializers.GlorotUniform(seed=seed + len(HIDDEN))
    layers.append(keras.layers.Dense(N_CELLS, kernel_initializer=start, name="logits"))
    return keras.Sequential(layers, name="spreading")


def _own_terms(target: Floats) -> Floats:
    parts = [
        np.asarray(sinkhorn_self(tf.constant(target[start : start + 4096])))
        for start in range(0, len(target), 4096)
    ]
    return np.concatenate(parts)
