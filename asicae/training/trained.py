"""A trained pair of encoder and decoder, and its files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.training.backend import save_model
from asicae.training.checkpoint import Checkpoint
from asicae.training.decoder import CONDITIONS
from asicae.training.encoder_maker import EncoderMaker
from asicae.training.history import Epoch, history_of, write_history
from asicae.training.stored_networks import load_decoder, load_encoder


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
        """Write ``model/<name>_{encoder,decoder}.keras``, ``weights/<name>.npz`` and history."""
        for part, model in (("encoder", self.encoder), ("decoder", self.decoder)):
            save_model(model, folder / "model" / f"{name}_{part}.keras")
        self.weights.save(folder / "weights" / f"{name}.npz")
        write_history(folder / history_of(name), {name: self.history})

    @classmethod
    def load(
        cls,
        folder: Path,
        name: str,
        network: Network,
        links: int,
        model: str | None = None,
        conditions: int = len(CONDITIONS),
    ) -> "Trained":
        """Read what ``save`` wrote; the weights are lowered again and must equal the stored ones.

        ``model`` is that of the ``TrainSettings``, ``conditions`` their number.

        Raises:
            BadInput: missing or unreadable file, weights that differ from the model's.
        """
        maker = EncoderMaker(network, model)
        encoder = load_encoder(folder / "model" / f"{name}_encoder.keras", maker.build(0))
        decoder = load_decoder(folder / "model" / f"{name}_decoder.keras", network, conditions)
        path = folder / "weights" / f"{name}.npz"
        stored = Weights.load(path, network)
        lowered = maker.lower(encoder, stored.keep)
        for key, array in lowered.arrays.items():
            if not np.array_equal(array, stored.arrays[key]):
                raise BadInput(f"{path}: {key} differs from model/{name}_encoder.keras")
        return cls(links, encoder, decoder, stored, (), 0)


def kept_beside(checkpoint: Checkpoint | None, best: Trained) -> str:
    """Store the best epoch of a training that failed, if it had one, and say where."""
    if checkpoint is None or not best.best_epoch:
        return ""
    folder, name = checkpoint.path.parent, checkpoint.path.stem
    best.save(folder, name)
    loss = best.history[best.best_epoch - 1].validation_loss
    told = f"{folder / 'weights' / name}.npz and {folder / 'model' / name}_*.keras"
    return f"; the best so far (epoch {best.best_epoch}, loss {loss:.4g}) is kept: {told}"
