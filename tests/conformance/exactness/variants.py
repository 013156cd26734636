"""One network in every mode: the same weight bits and code bits, read and rounded in every way."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd

from asicae.network.description import Network
from asicae.network.fixed_point import Overflow, Rounding
from asicae.network.ops.base import Layer, Rounded, Weighted
from asicae.network.ops.leaky_relu import LeakyRelu


@dataclass(frozen=True)
class Mode:
    """What differs between the variants of a network; widths and points never do."""

    rounding: Rounding
    overflow: Overflow
    signed_input: bool
    signed_output: bool
    relu: bool
    signed_weight: bool

    @property
    def signed_bias(self) -> bool:
        """Both signs meet both signs of the weights, with ReLU and without."""
        return self.signed_output != self.relu


FLAGS = tuple(itertools.product((False, True), repeat=4))
ALL_MODES = tuple(Mode(*m, *flags) for *m, flags in itertools.product(Rounding, Overflow, FLAGS))
QKERAS_MODES = tuple(
    Mode(Rounding.RND_CONV, overflow, *flags)
    for overflow, flags in (
        (Overflow.SAT, (False, True, False, True)),  # a linear layer of QKeras
        (Overflow.SAT, (True, False, True, True)),  # one with ReLU
        (Overflow.SAT_SYM, (False, False, False, False)),  # one without signs
    )
)


def some_modes(count: int, first: int) -> tuple[Mode, ...]:
    """A choice in which all values take turns: 8 have every rounding, 32 every pair of modes.

    Another ``first`` gives other pairs. Three that QKeras can express come on top.
    """
    roundings, overflows = tuple(Rounding), tuple(Overflow)
    chosen = [
        Mode(
            roundings[place % 8],
            overflows[(place + place // 8 + first) % 4],
            *FLAGS[(7 * place + first) % 16],
        )
        for place in range(count)
    ]
    return tuple(dict.fromkeys([*chosen, *QKERAS_MODES]))


def variants(network: Network, modes: Sequence[Mode], mixed: bool) -> tuple[Network, ...]:
    """``network`` in every one of ``modes``.

    All layers of a variant have its mode, or, where ``mixed``, each layer one far from its
    predecessor's: then every layer still meets all modes, and the layers of a variant differ.
    """
    made, step = [], _step(len(modes)) if mixed else 0
    for number in range(len(modes)):
        own = [modes[(number + step * k) % len(modes)] for k in range(len(network.layers))]
        made.append(
            Network(
                name=f"variant_{number}",
                arrangement=network.arrangement,
                input=replace(network.input, signed=own[0].signed_input),
                layers=tuple(map(_layer, network.layers, own)),
                masked_cells=network.masked_cells,
                image_order=network.image_order,
            )
        )
    return tuple(made)


def _step(modes: int) -> int:
    """Between the modes of neighbouring layers; neighbours in a list of modes are much alike."""
    return next(step for step in itertools.count(round(0.382 * modes)) if gcd(step, modes) == 1)


def _layer(layer: Layer, mode: Mode) -> Layer:
    changed: dict[str, object] = {}
    if isinstance(layer, Rounded):
        output = replace(
            layer.output,
            signed=mode.signed_output,
            rounding=mode.rounding,
            overflow=mode.overflow,
        )
        changed["output"] = output
        if not isinstance(layer, LeakyRelu):  # which is the activation itself
            changed["relu"] = mode.relu
    if isinstance(layer, Weighted):
        changed["weight"] = replace(layer.weight, signed=mode.signed_weight)
        changed["bias"] = replace(layer.bias, signed=mode.signed_bias)
    return layer.model_copy(update=changed)
