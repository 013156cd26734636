"""The conditional decoder: off the detector, in floating point."""

from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.module.codes import decode_5e4m
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.training.backend import keras

CONDITIONS = ("sum_mantissa", "sum_log", "eta", "high_density", "layer")
"""What the decoder knows beside the latents, see ``decoder_conditions``."""


def decoder_conditions(readouts: Readouts, sums: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Conditions float32[n,5]: only what arrives in the frame or follows from where it came from.

    * ``sum_mantissa``: mantissa of the transmitted 5E4M sum / 16, in [0, 1);
    * ``sum_log``: log2(1 + decoded sum) / 22, in [0, 1.6];
    * ``eta``: (|eta| - 1.5) / 1.5 of the module centre, 0 to 1 in the endcap, -1 if unknown;
    * ``high_density``: 0 or 1;
    * ``layer``: (layer - 1) / 46, 0 to 1 in the calorimeter.

    Args:
        readouts: for the place of the modules; their charges are not looked at.
        sums: [n] transmitted 5E4M codes, 0..511.
    """
    codes = np.asarray(sums)
    columns = ((codes % 16) / 16, np.log2(1.0 + decode_5e4m(codes)) / 22)
    sums_seen = np.stack([np.asarray(c, dtype=np.float32) for c in columns], axis=1)
    return np.concatenate([sums_seen, place_conditions(readouts)], axis=1)


def place_conditions(readouts: Readouts) -> npt.NDArray[np.float32]:
    """The last three conditions, float32[n,3]: what follows from where a frame came from."""
    columns = (
        (np.abs(readouts.eta) - 1.5) / 1.5,
        readouts.high_density,
        (readouts.layer - 1) / 46,
    )
    return np.stack([np.asarray(c, dtype=np.float32) for c in columns], axis=1)


def build_decoder(
    network: Network,
    hidden: tuple[int, ...],
    seed: int,
    conditional: bool = True,
    number: int = len(CONDITIONS),
) -> Any:
    """A Keras model from (latents, conditions) to the image's logits.

    One that is not ``conditional`` takes the conditions too, and looks at the latents only.

    Inputs: float32[n,latents] truncated latents (value, not raw), float32[n,number] conditions.
    Output: float32[n,48], AE order; softmax makes it an image of unit sum.
    """
    latents = keras.Input((network.latents,), name="latents")
    conditions = keras.Input((number,), name="conditions")
    values = latents
    if conditional:
        values = keras.layers.Concatenate(name="inputs")([latents, conditions])
    for index, units in enumerate(hidden):
        start = keras.initializers.HeNormal(seed=seed + index)
        values = keras.layers.Dense(
            units, activation="relu", kernel_initializer=start, name=f"hidden{index}"
        )(values)
    start = keras.initializers.GlorotUniform(seed=seed + len(hidden))
    logits = keras.layers.Dense(N_CELLS, kernel_initializer=start, name="logits")(values)
    return keras.Model([latents, conditions], logits, name=f"{network.identifier}_decoder")


def decode_latents(
    decoder: Any, network: Network, latents: npt.ArrayLike, sums: npt.ArrayLike, readouts: Readouts
) -> npt.NDArray[np.float64]:
    """Charges float64[n,48] (AE order, CALQ units) from what the links delivered.

    Args:
        decoder: from ``build_decoder``.
        network: whose latents these are.
        latents: [n,latents] bit patterns after the keep mask, as in the frame.
        sums: [n] 5E4M codes; the image is scaled to the decoded sum.
        readouts: for the place of the modules.
    """
    logits = logits_of(decoder, network, latents, decoder_conditions(readouts, sums))
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(shares * decode_5e4m(np.asarray(sums))[:, None])


def logits_of(
    decoder: Any, network: Network, latents: npt.ArrayLike, conditions: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """What a decoder gives for latents [n,latents] as in frames, float64[n,48]."""
    kind = network.latent_type
    values = (kind.from_bits(latents) * kind.lsb).astype(np.float32)
    return np.asarray(decoder.predict([values, conditions], 4096, verbose=0), dtype=np.float64)
