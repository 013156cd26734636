"""Blocks of a chip whose layers are computed in phases: a part of each in every fast clock.

A convolution repeats output positions, a dense layer units. In phase p of N the p-th of N equal
parts of them is computed by the same adders, which see other data in each phase (the windows of
other positions) or other weights (those of other units). Weights are chosen in the clock before the
one that uses them, and what follows from them alone is computed there.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import (
    BETWEEN,
    RESETS,
    Block,
    Sized,
    Words,
    layer_words,
    mask_of,
    registered,
)
from asicae.chip.folding import still_positions
from asicae.network.ops.conv2d import Conv2D
from asicae.network.plan import LayerPlan, WeightedPlan

PHASE_PORT = "phase_i"
NOW: Final = "of_phase"
AHEAD: Final = "of_next_phase"
"""What words of weights are of, in their names."""
PHASE_CHAIN = "u_phase_chain"
"""The instance that tells the layers which phase it is."""


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
    """A layer in ``phases`` parts; ``before`` it stands another, or none.

    ``phases`` divides what the layer repeats.
    """

    plan: WeightedPlan
    phases: int
    before: LayerPlan | None = None

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
    def constants(self) -> str:
        """Instance of what sums up the bias and what else the weights alone decide."""
        return f"u_still_{self.plan.name}"

    @property
    def weight_rank(self) -> str:
        """Instance of what keeps the weights of a phase."""
        return f"u_rank_weights_{self.plan.name}"

    @property
    def bias_rank(self) -> str:
        """Instance of what keeps the biases of a phase, with what was summed up."""
        return f"u_rank_biases_{self.plan.name}"

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
    def units(self) -> int:
        """Units of a phase."""
        return self.plan.channels // self.phases

    def kernel_of(self, when: str) -> Words:
        """Weights of a phase."""
        kernel = self.plan.kernel
        return Words(f"{kernel.name}_{when}", kernel.type.width, kernel.count // self.phases)

    def bias_of(self, when: str) -> Words:
        """Biases of a phase."""
        bias = self.plan.bias
        return Words(f"{bias.name}_{when}", bias.type.width, bias.count // self.phases)

    def constants_of(self, when: str) -> Words:
        """Biases of a phase with all that the weights alone decide, in the accumulator's format."""
        return Words(f"still_{self.plan.name}_{when}", self.plan.accumulator_width, self.units)

    # -- blocks ----------------------------------------------------------------------------------

    def blocks(self, layer: Block) -> tuple[Block, ...]:
        """What chooses, the adders of ``layer``, and what collects their outputs."""
        made = self._windowed(layer) if self.is_window else self._weighted(layer)
        return (*made, self._stages(layer))

    def _windowed(self, layer: Block) -> tuple[Block, Block]:
        numbers, kernel = window_numbers(self.plan), self.plan.input_type.width
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
                "LIVE": mask_of(np.asarray(self.plan.live)),
            },
            inputs={PHASE_PORT: (phase_words(self.phases),), **layer.inputs},
            outputs={"data_o": (self.windows,)},
            active={"valid_i": 1},
            fast=True,
            group=layer.label,
        )
        seen = np.zeros(self.windows.count, np.bool_)
        seen[: self.sources[0].size] = (self.sources >= 0).any(axis=0).ravel()
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
            parameters={**layer.parameters, **geometry, "LIVE": mask_of(seen)},
            inputs={"data_i": (self.windows,)},
            outputs={"data_o": self.parts},
            fast=True,
        )
        return select, adders

    def _weighted(self, layer: Block) -> tuple[Block, ...]:
        plan, still = self.plan, self.still & ("STILL" in layer.parameters)
        kernel, bias = self.kernel_of(AHEAD), self.bias_of(AHEAD)
        select = Block(
            self.select,
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
        used = np.repeat(np.asarray(plan.live, np.bool_) & ~still, self.units)
        weights = layer_rank(self.weight_rank, kernel, used, self.kernel_of(NOW))
        summed = still.any()
        biases, current = (
            (self.constants_of(AHEAD), self.constants_of(NOW))
            if summed
            else (bias, self.bias_of(NOW))
        )
        own: dict[str, int | Sized] = {}
        if summed:
            own = {
                "BIAS_WIDTH": current.width,
                "BIAS_SIGNED": 1,
                "BIAS_SHIFT": 0,
                "LIVE": mask_of(plan.live & ~still),
                "STILL": mask_of(np.zeros(still_positions(plan, self.before).size, np.bool_)),
            }
        adders = replace(
            layer,
            parameters={**layer.parameters, "UNITS": self.units, **own},
            inputs={**layer.inputs, "kernel_i": (self.kernel_of(NOW),), "bias_i": (current,)},
            stored={},
            outputs={"data_o": self.parts},
            fast=True,
        )
        every = np.ones(biases.count, np.bool_)
        return (
            select,
            weights,
            *([self._constants(layer)] if summed else []),
            layer_rank(self.bias_rank, biases, every, current),
            adders,
        )

    @cached_property
    def still(self) -> npt.NDArray[np.bool_]:
        """Its inputs that the weights alone decide."""
        places = still_positions(self.plan, self.before)
        return np.repeat(places, self.plan.inputs // places.size)

    def _constants(self, layer: Block) -> Block:
        plan = self.plan
        return Block(
            self.constants,
            "still_units",
            {
                "INPUTS": plan.inputs,
                "UNITS": self.units,
                "INPUT_WIDTH": plan.input_type.width,
                "INPUT_SIGNED": int(plan.input_type.signed),
                "WEIGHT_WIDTH": plan.kernel.type.width,
                "WEIGHT_SIGNED": int(plan.kernel.type.signed),
                "BIAS_WIDTH": plan.bias.type.width,
                "BIAS_SIGNED": int(plan.bias.type.signed),
                "PRODUCT_SHIFT": plan.product_shift,
                "BIAS_SHIFT": plan.bias_shift,
                "ACC_WIDTH": plan.accumulator_width,
                **layer.parameters,
            },
            inputs={
                **layer.inputs,
                "kernel_i": (self.kernel_of(AHEAD),),
                "bias_i": (self.bias_of(AHEAD),),
            },
            outputs={"acc_o": (self.constants_of(AHEAD),)},
            fast=True,
            group=layer.label,
        )

    def _stages(self, layer: Block) -> Block:
        return Block(
            self.stages,
            "phase_stages",
            {
                "PHASES": self.phases,
                "POSITIONS": len(self.live),
                "WIDTH": self.word,
                "LIVE": mask_of(self.live),
                "SLOTS": self.slots,
                "WORDS": self.rows,
            },
            inputs={"data_i": self.parts},
            outputs=layer.outputs,
            control_bits=(self.phases - 1) * self.slots * self.word,
            storage="plain",
            fast=True,
            group=BETWEEN,
        )

    def held(self) -> Block:
        """The outputs of the layer for a whole crossing."""
        return layer_rank(self.rank, layer_words(self.plan), self.plan.tap_counts > 0)


def layer_rank(
    instance: str,
    words: Words,
    moving: npt.NDArray[np.bool_],
    following: Words | None = None,
) -> Block:
    """Plain registers of words; those that no event changes pass.

    ``following``: what the words are called behind it where each phase has others.
    """
    block = registered(instance, "layer_rank", words, moving)
    if following is None:
        return block
    return replace(block, outputs={"data_o": (following,)}, fast=True)


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
        group=BETWEEN,
    )
