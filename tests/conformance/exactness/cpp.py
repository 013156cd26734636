"""The variants of a network in C++, which takes charges: every code is reached through them."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from asicae.chip.image import crc32, keep_bytes
from asicae.export.hls import HlsTypes, expressible_types
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import INTEGER_RANGE, Overflow, Rounding
from asicae.network.ops.base import Layer, Weighted
from asicae.network.weights import Weights
from tests.conformance.exactness.golden import Latents
from tests.conformance.exactness.stimulus import Example
from tests.support.cpp_harness import OK, Program, Record
from tests.support.rtl_harness import values

SUM_BIT = 22
"""Every event's sum is brought to between 2**22 and 2**23."""
VARIANTS_A_PROGRAM = 48
OPTIONS = ("-O0",)


class Cpp:
    """The emulator (``types`` None) or the HLS templates; ``variants`` are those it can express."""

    def __init__(self, variants: Sequence[Network], folder: Path, types: HlsTypes | None) -> None:
        self.variants = tuple(
            network for network in variants if types is None or types in expressible_types(network)
        )
        networks = [reachable(network) for network in self.variants]
        self.parts = [
            networks[first : first + VARIANTS_A_PROGRAM]
            for first in range(0, len(networks), VARIANTS_A_PROGRAM)
        ]

        def compiled(part: list[Network]) -> Program:
            return Program(part, folder, OPTIONS, types=types)

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            self.programs = list(pool.map(compiled, self.parts))

    def run(self, example: Example) -> Latents:
        """What the variants answer."""
        first = self.parts[0][0]
        image = example.image.to_bytes(first.image_bytes, "little")
        calq, crc = charges(first, example), crc32(image)
        found: Latents = []
        for part, program in zip(self.parts, self.programs, strict=True):
            keeps = [keep_bytes(Encoder(network, Weights.random(network, 0))) for network in part]
            records = [Record(place, image, crc, keep, calq) for place, keep in enumerate(keeps)]
            for network, answer in zip(part, program.run(records), strict=True):
                assert answer.status == (OK, OK, OK)
                found.append(network.latent_type.from_bits(answer.latents))
        return found


def reachable(network: Network) -> Network:
    """The same layers behind an input type of which charges reach every code.

    The point of the codes moves and that of the weights that see them back: all raw numbers stay.
    The codes wrap, so that a charge may hold any multiple of their span beside the code.
    """
    kind = network.input
    fraction = min(SUM_BIT, kind.width - INTEGER_RANGE[0])
    codes = replace(
        kind, integer=kind.width - fraction, rounding=Rounding.TRN, overflow=Overflow.WRAP
    )
    fields = {name: getattr(network, name) for name in Network.model_fields} | {"input": codes}
    moved = {
        theirs.name: theirs.input_type.fraction - ours.input_type.fraction
        for ours, theirs in zip(network.plans, Network(**fields).plans, strict=True)
    }
    layers = tuple(_moved(layer, moved[layer.name]) for layer in network.layers)
    made = Network(**fields | {"layers": layers})
    for ours, theirs in zip(network.plans, made.plans, strict=True):
        for name in ("accumulator_range", "product_shift", "shift", "input_low"):
            assert getattr(ours, name) == getattr(theirs, name)
    return made


def _moved(layer: Layer, bits: int) -> Layer:
    """A layer whose inputs have so many more fractional bits; without weights it passes them on."""
    if not isinstance(layer, Weighted):
        return layer
    weight = replace(layer.weight, integer=layer.weight.integer + bits)
    return layer.model_copy(update={"weight": weight})


def charges(network: Network, example: Example) -> np.ndarray:
    """CALQ (events, 48), int32, of which ``reachable`` ``network`` makes the codes of ``example``.

    Two cells carry what lacks to the sum, in spans of the codes.
    """
    width = network.input.width
    unit = 1 << SUM_BIT - network.input.fraction
    calq = np.array([values(row, width, N_CELLS, False) for row in example.rows]) * unit
    span = unit << width
    spans = -((calq.sum(axis=1) - (1 << SUM_BIT)) // span)
    calq[:, 0] += spans // 2 * span
    calq[:, -1] += (spans - spans // 2) * span
    assert (calq.sum(axis=1) >> SUM_BIT == 1).all() and calq.max() < 1 << SUM_BIT
    return calq.astype(np.int32)
