"""One bit that is flipped on purpose: what compares must then fail."""

import dataclasses
from typing import Literal

import numpy as np

from asicae.chip import golden
from asicae.chip.image import keep_from_bytes, unpack
from asicae.export.case import PreparedSet
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder

Mutation = Literal["weight", "expected"]
"""What is flipped: a bit of a weight on its way into the chip, or of an expected word."""


def mutated(network: Network, prepared: PreparedSet, mutate: Mutation, seed: int) -> PreparedSet:
    """The set with one bit flipped, of one weight or of one expected word, so that it must show.

    Raises:
        CheckFailed: the stimulus is blind for every single weight bit.
    """
    generator = np.random.default_rng(seed)
    if mutate == "expected":
        latents = prepared.latents.copy()
        latents[generator.integers(len(latents)), generator.integers(network.latents)] ^= 1
        return dataclasses.replace(prepared, latents=latents)
    # One wrong bit reaches the chip. Not every bit matters to this stimulus, so one that golden
    # says must show is looked for; the expected words stay those of the right weights.
    keep = keep_from_bytes(network, prepared.keep)
    for bit in generator.permutation(network.weight_bits):
        image = bytearray(prepared.image)
        image[bit // 8] ^= 1 << (bit % 8)
        wrong = golden.run(Encoder(network, unpack(network, bytes(image), keep)), prepared.calq)
        if np.count_nonzero(wrong.latents != prepared.latents):
            return dataclasses.replace(prepared, image=bytes(image))
    raise CheckFailed("no single weight bit changes any expected word: the stimulus is blind")
