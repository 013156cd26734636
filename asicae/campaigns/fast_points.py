"""Small networks and ways to build them, drawn from a seed: what the fast model is fitted on."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.foundation.validation import validated
from asicae.network.description import Network
from asicae.simulation.drawn import DrawnChip

MAX_MACS: Final = 420
"""Products of a drawn network: a few seconds of synthesis."""
MIN_MACS: Final = 60
DENSE_ONLY: Final = 0.25
"""Share of networks without a convolution."""
SHARES: Final = {"naive": 0.35, "aligned": 0.2, "gated": 0.15, "lean": 0.3}
"""How often each named microarchitecture is drawn."""


def drawn_chips(seed: int, count: int) -> list[DrawnChip]:
    """So many chips; the first of a longer list are those of a shorter one."""
    generator = np.random.default_rng(seed)
    chips: Iterator[DrawnChip] = _chips(generator, seed)
    return [next(chips) for _ in range(count)]


def _chips(generator: np.random.Generator, seed: int) -> Iterator[DrawnChip]:
    number = 0
    while True:
        network = _network(generator, number)
        configuration = _configuration(generator)
        if MIN_MACS <= network.macs <= MAX_MACS:
            number += 1
            yield DrawnChip(network, configuration, seed)


def _configuration(generator: np.random.Generator) -> Configuration:
    names = [name for name in MICROARCHITECTURES if name in SHARES]
    shares = np.array([SHARES[name] for name in names])
    name = generator.choice(names, p=shares / shares.sum())
    return MICROARCHITECTURES[str(name)].configuration


def _network(generator: np.random.Generator, number: int) -> Network:
    draw = generator.integers
    layers: list[dict[str, Any]] = []
    # Without a convolution too, so that a layer of charges and one of activations are told apart.
    if generator.random() >= DENSE_ONLY:
        side = int(draw(2, 4))
        layers.append(
            {
                "kind": "conv2d",
                "name": "conv",
                "filters": int(draw(1, 5)),
                "kernel": [side, side],
                "strides": [int(draw(2, 4))] * 2,
                **_types(generator),
            }
        )
    layers.append(
        {"kind": "dense", "name": "dense", "units": int(draw(3, 15)), **_types(generator)}
    )
    content = {
        "name": f"drawn-{number}",
        "arrangement": "8x8",
        "input": f"ufixed<{draw(5, 10)},1,TRN,SAT>",
        "layers": layers,
    }
    return validated(Network, content, "drawn network")


def _types(generator: np.random.Generator) -> dict[str, Any]:
    bits = int(generator.integers(3, 9))
    weight = f"fixed<{bits},1>"
    return {
        "weight": weight,
        "bias": weight,
        "output": f"ufixed<{generator.integers(5, 11)},1>",
        "relu": True,
    }
