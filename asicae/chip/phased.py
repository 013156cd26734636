"""Blocks of a chip whose layers are computed in phases: a part of each in every fast clock.

A convolution repeats output positions, a dense layer units. In phase p of N the p-th of N equal
parts of them is computed by the same adders, which see other data in each phase (the windows of
other positions) or other weights (those of other units).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import PIXELS, RESETS, Block, Sized, Words, layer_words
from asicae.chip.configuration import Reuse
from asicae.foundation.errors import BadInput
from asicae.network.ops.conv2d import Conv2D
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights

PHASE_PORT = "phase_i"
BY_PHASE: Final = "{} by phase"
"""Under which values of words are named that are another in each phase, where those have others."""
PHASE_CHAIN = "u_phase_chain"
"""The instance that tells the layers which phase it is."""
GROUP = "pipeline_registers"
Integers = npt.NDArray[np.integer[Any]]


def phase_words(phases: int) -> Words:
    """One bit a phase, of which one is high at a time."""
    return Words("phase", 1, phases)


def window_numbers(plan: LayerPlan) -> dict[str, int]:
    """Geometry of a convolution, by parameter of its module.

    Raises:
        TypeError: the layer is of another kind.
    """
    layer = plan.layer
    if not isinstance(layer, Conv2D):
        raise TypeError(f"{plan.name} is no convolution")
    window = layer.window(plan.input_shape)
    return {
        "IN_ROWS": window.image[0],
        "IN_COLS": window.image[1],
        "IN_CHANNELS": window.image[2],
        "KERNEL_ROWS": window.kernel[0],
        "KERNEL_COLS": window.kernel[1],
        "FILTERS": window.filters,
        "STRIDE_ROWS": window.strides[0],
        "STRIDE_COLS": window.strides[1],
        "PAD_TOP": window.pads[0][0],
        "PAD_LEFT": window.pads[1][0],
        "OUT_ROWS": window.outputs[0],
        "OUT_COLS": window.outputs[1],
    }


@dataclass(frozen=True)
class PhasedLayer:
    """A layer in ``phases`` parts.

    Raises:
        BadInput: ``phases`` does not divide what the layer repeats (see ``require_reuse``).
    """

    plan: LayerPlan
    phases: int

    @property
    def is_window(self) -> bool:
        """Whether it repeats positions; else units."""
        return isinstance(self.plan.layer, Conv2D)

    @property
    def word(self) -> int:
        """Bits of what it repeats: all filters of a position, or a unit."""
        return self.plan.output_type.width * (self.plan.channels if self.is_window else 1)

    @cached_property
    def live(self) -> npt.NDArray[np.bool_]:
        """Of all that it repeats, what an event can change."""
        if not self.is_window:
            return np.ones(self.plan.outputs, np.bool_)
        live: npt.NDArray[np.bool_] = self.plan.tap_counts.reshape(-1, self.plan.channels)[:, 0] > 0
        return live

    @property
    def repeats(self) -> int:
        """How many there are of those."""
        return int(np.count_nonzero(self.live))

    @property
    def slots(self) -> int:
        """How many of them a phase computes."""
        return self.repeats // self.phases

    @property
    def has_still(self) -> bool:
        """Whether there are positions that see nothing, whose outputs are computed once beside."""
        return self.repeats < len(self.live)

    @cached_property
    def sources(self) -> npt.NDArray[np.int64]:
        """Input that each tap of each window sees, (phases, slots, taps of a window); -1: none."""
        taps, filters = self.plan.taps, self.plan.channels
        one = taps.output % filters == 0
        window = self.plan.kernel.count // filters
        found = np.full((len(self.live), window), -1, np.int64)
        found[taps.output[one] // filters, taps.weight[one] // filters] = taps.source[one]
        return found[self.live].reshape(self.phases, self.slots, window)

    # -- names -----------------------------------------------------------------------------------

    @property
    def select(self) -> str:
        """Instance of what chooses what the adders see."""
        return f"u_{'windows' if self.is_window else 'weights'}_{self.plan.name}"

    @property
    def stages(self) -> str:
        """Instance of what collects the parts of its outputs."""
        return f"u_stages_{self.plan.name}"

    @property
    def rank(self) -> str:
        """Instance of what keeps its outputs for a crossing."""
        return f"u_rank_{self.plan.name}"

    # -- words -----------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """Windows at once: of a phase, and one that sees nothing where there are some that do."""
        return self.slots + self.has_still

    @property
    def windows(self) -> Words:
        """What they see."""
        taps = self.sources.shape[2]
        width = self.plan.input_type.width
        return Words(f"windows_{self.plan.name}", width, self.rows * taps)

    @property
    def parts(self) -> tuple[Words, ...]:
        """Outputs of a phase, and those of a position that sees nothing where there are some."""
        width = self.plan.output_type.width
        per = self.word // width
        part = Words(f"part_{self.plan.name}", width, per * self.slots)
        return (part, Words(f"still_{self.plan.name}", width, per)) if self.has_still else (part,)

    @property
    def part_arrays(self) -> dict[str, Words]:
        """Weights of a phase, by what they are of."""
        plan = self.plan
        return {
            array.name: Words(
                f"{array.name}_of_phase", array.type.width, array.count // self.phases
            )
            for array in (plan.kernel, plan.bias)
        }

    # -- blocks ----------------------------------------------------------------------------------

    def blocks(self, layer: Block) -> tuple[Block, ...]:
        """What chooses, the adders of ``layer``, and what collects their outputs."""
        made = self._windowed(layer) if self.is_window else self._weighted(layer)
        return (*made, self._stages(layer))

    def _windowed(self, layer: Block) -> tuple[Block, Block]:
        numbers, kernel = window_numbers(self.plan), self.plan.input_type.width
        live = sum(1 << int(place) for place in np.flatnonzero(self.plan.live))
        filters = numbers.pop("FILTERS")
        select = Block(
            self.select,
            "window_select",
            {
                "PHASES": self.phases,
                "SLOTS": self.slots,
                "WINDOWS": self.rows,
                **numbers,
                "WIDTH": kernel,
                "LIVE": Sized(live, self.plan.inputs),
            },
            inputs={PHASE_PORT: (phase_words(self.phases),), **layer.inputs},
            outputs={"data_o": (self.windows,)},
            active={"valid_i": 1},
            fast=True,
            group=layer.label,
        )
        seen = (self.sources >= 0).any(axis=0).ravel()
        mask = sum(1 << int(place) for place in np.flatnonzero(seen))
        # The layer's own module, on windows that lie one below the other.
        geometry = numbers | {
            "FILTERS": filters,
            "IN_ROWS": self.rows * numbers["KERNEL_ROWS"],
            "IN_COLS": numbers["KERNEL_COLS"],
            "STRIDE_ROWS": numbers["KERNEL_ROWS"],
            "STRIDE_COLS": numbers["KERNEL_COLS"],
            "PAD_TOP": 0,
            "PAD_LEFT": 0,
            "OUT_ROWS": self.rows,
            "OUT_COLS": 1,
        }
        adders = replace(
            layer,
            parameters={**layer.parameters, **geometry, "LIVE": Sized(mask, self.windows.count)},
            inputs={"data_i": (self.windows,)},
            outputs={"data_o": self.parts},
            fast=True,
        )
        return select, adders

    def _weighted(self, layer: Block) -> tuple[Block, Block]:
        plan, parts = self.plan, self.part_arrays
        kernel, bias = parts[plan.kernel.name], parts[plan.bias.name]
        select = Block(
            f"u_weights_{plan.name}",
            "unit_select",
            {
                "PHASES": self.phases,
                "INPUTS": plan.inputs,
                "UNITS": plan.channels,
                "WEIGHT_WIDTH": plan.kernel.type.width,
                "BIAS_WIDTH": plan.bias.type.width,
            },
            inputs={PHASE_PORT: (phase_words(self.phases),)},
            stored=layer.stored,
            outputs={"kernel_o": (kernel,), "bias_o": (bias,)},
            active={"valid_i": 1},
            fast=True,
            group=layer.label,
        )
        adders = replace(
            layer,
            parameters={**layer.parameters, "UNITS": plan.channels // self.phases},
            inputs={**layer.inputs, "kernel_i": (kernel,), "bias_i": (bias,)},
            stored={},
            outputs={"data_o": self.parts},
            fast=True,
        )
        return select, adders

    def _stages(self, layer: Block) -> Block:
        mask = sum(1 << int(place) for place in np.flatnonzero(self.live))
        return Block(
            self.stages,
            "phase_stages",
            {
                "PHASES": self.phases,
                "POSITIONS": len(self.live),
                "WIDTH": self.word,
                "LIVE": Sized(mask, len(self.live)),
                "SLOTS": self.slots,
                "WORDS": self.rows,
            },
            inputs={"data_i": self.parts},
            outputs=layer.outputs,
            control_bits=(self.phases - 1) * self.slots * self.word,
            storage="plain",
            fast=True,
            group=GROUP,
        )

    def held(self) -> Block:
        """The outputs of the layer for a whole crossing."""
        words, live = layer_words(self.plan), self.plan.tap_counts > 0
        mask = sum(1 << int(place) for place in np.flatnonzero(live))
        return Block(
            self.rank,
            "layer_rank",
            {"COUNT": words.count, "WIDTH": words.width, "LIVE": Sized(mask, words.count)},
            inputs={"data_i": (words,)},
            outputs={"data_o": (words,)},
            registered=True,
            storage="plain",
            still_bits=words.width * int(np.count_nonzero(~live)),
            group=GROUP,
        )

    # -- values ----------------------------------------------------------------------------------

    def values(
        self, words: Mapping[str, Integers], source: str, weights: Weights
    ) -> dict[str, Integers]:
        """Values of its words, a row a phase, from those of whole events, by name.

        ``source``: the words that the layer sees.
        """
        output = words[layer_words(self.plan).name]
        events, rows = len(output), len(output) * self.phases
        repeated = output.reshape(events, len(self.live), -1)
        part = repeated[:, self.live].reshape(rows, -1)
        # Each part is there from its phase on for a crossing; before the first there is nothing.
        past = np.concatenate([np.zeros((self.phases, part.shape[1]), part.dtype), part])
        late = [past[n + 1 : n + 1 + rows] for n in range(self.phases)]
        whole = np.zeros((rows, len(self.live), repeated.shape[2]), part.dtype)
        whole[:, self.live] = np.concatenate(late, axis=1).reshape(rows, self.repeats, -1)
        found = {self.parts[0].name: part}
        if self.has_still:
            still = repeated[:, ~self.live][:, 0]
            found[self.parts[1].name] = np.repeat(still, self.phases, axis=0)
            whole[:, ~self.live] = found[self.parts[1].name][:, None]
        found[BY_PHASE.format(layer_words(self.plan).name)] = whole.reshape(rows, -1)
        if not self.is_window:
            return found | self._weights(weights, events)
        data = np.concatenate([words[source], np.zeros((events, 1), np.int64)], axis=1)
        windows = np.zeros((rows, self.windows.count), np.int64)
        windows[:, : self.sources[0].size] = data[:, self.sources].reshape(rows, -1)
        found[self.windows.name] = windows
        return found

    def _weights(self, weights: Weights, events: int) -> dict[str, Integers]:
        found: dict[str, Integers] = {}
        for name, words in self.part_arrays.items():
            array = weights.arrays[name].reshape(-1, self.phases, self.slots)
            parts = np.swapaxes(array, 0, 1).reshape(self.phases, -1)
            found[words.name] = np.tile(parts, (events, 1))
        return found


def phased_values(
    plans: Sequence[LayerPlan], phases: int, words: Mapping[str, Integers], weights: Weights
) -> dict[str, Integers]:
    """Values (events * phases, count) of all words that are another in each phase, by name.

    ``words``: those of whole events (events, count), of a first layer that sees ``pixels``.
    """
    events = len(next(iter(words.values())))
    found: dict[str, Integers] = {
        phase_words(phases).name: np.tile(np.eye(phases, dtype=np.int64), (events, 1))
    }
    source = PIXELS
    for plan in plans:
        found |= PhasedLayer(plan, phases).values(words, source, weights)
        source = layer_words(plan).name
    return found


def require_reuse(plans: tuple[LayerPlan, ...], phases: int) -> None:
    """Refuse phases that do not divide what a layer repeats.

    Raises:
        BadInput: naming the layer and the nearest that divides what all layers repeat.
    """
    for plan in plans:
        made = PhasedLayer(plan, phases)
        if made.repeats and made.repeats % phases == 0:
            continue
        counts = [PhasedLayer(other, 1).repeats for other in plans]
        able = [n for n in get_args(Reuse) if all(c % n == 0 and c for c in counts)] or [1]
        nearest = min(able, key=lambda n: abs(n - phases))
        what = "positions that an event can change" if made.is_window else "units"
        raise BadInput(
            f"reuse: found {phases}, which does not divide the {made.repeats} {what} of layer "
            f"{plan.name}; the nearest that works is {nearest}"
        )


def phase_chain(phases: int) -> Block:
    """What tells the layers which phase it is."""
    return Block(
        PHASE_CHAIN,
        "phase_chain",
        {"PHASES": phases},
        outputs={"phase_o": (phase_words(phases),)},
        active=RESETS,
        control_bits=phases + 2,
        fast=True,
        group=GROUP,
    )
