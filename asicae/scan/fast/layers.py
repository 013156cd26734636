"""Features of a layer: what its outputs are made of, and what moves in them.

An output multiplies and adds up. What changes in its sum is told by a binary tree over products:
a node changes where one of its products does. All of this is exact for the events at hand; that
real adders are others, and glitch, is what the coefficients are for.

Behind a layer without registers between, inputs chatter, whatever they come to: the more often the
more nodes change in the tree of theirs, with its square root, since changes meet, and the wider its
products are.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import Block
from asicae.network.plan import WeightedPlan
from asicae.scan.fast.moves import Floats, Integers, changed_bits

Features = dict[str, float]
DIGIT_BITS: Final = 2
"""Of a digit of a weight: the multipliers of both kinds take weights in radix 4."""


def digits(weight_bits: int) -> int:
    """How many digits a signed weight of that width has."""
    return -(-weight_bits // DIGIT_BITS)


def nonzero_digits(weights: Integers, weight_bits: int) -> npt.NDArray[np.int64]:
    """How many digits of each raw signed weight are not zero.

    Digits are -1 to 2 and the highest is -2 to 2, as in ``rtl/radix4_digit.v``.
    """
    count = digits(weight_bits)
    rest = weights.astype(np.int64)
    found = np.zeros(rest.shape, dtype=np.int64)
    for _ in range(count - 1):
        digit = (rest + 1) % 4 - 1  # the one of -1, 0, 1, 2 that leaves a multiple of four
        found += digit != 0
        rest = (rest - digit) // 4
    return np.asarray(found + (rest != 0))


@dataclass(frozen=True)
class Unrest:
    """How the outputs of a layer chatter.

    Attributes:
        nodes: (outputs,) nodes of the tree of each that change in a clock.
        digits: of a weight.
    """

    nodes: Floats
    digits: int


@dataclass(frozen=True)
class Sums:
    """The products of a layer while events stream, and what they are added up to.

    Attributes:
        plan: the layer.
        kernel: its raw weights, flat.
        inputs: its raw inputs (events, inputs).
        before: how the inputs chatter; None where they come from registers.
    """

    plan: WeightedPlan
    kernel: Integers
    inputs: Integers
    before: Unrest | None = None

    @cached_property
    def _taps(self) -> tuple[Integers, Integers, Integers]:
        """Input, weight and output of each product, output by output, in each by input."""
        taps = self.plan.taps
        order = np.lexsort((taps.source, taps.output))
        weights = self.kernel[taps.weight[order]].astype(np.int64)
        return taps.source[order], weights, taps.output[order]

    @property
    def _digits(self) -> int:
        return digits(self.plan.kernel.type.width)

    @cached_property
    def _changes(self) -> npt.NDArray[np.bool_]:
        """Which products (clocks, products) change."""
        source, weight, _ = self._taps
        inputs = self.inputs[:, source]
        return np.asarray((inputs[1:] != inputs[:-1]) & (weight != 0))

    @cached_property
    def unrest(self) -> Unrest:
        """How the outputs would chatter, were the inputs to change once in a clock."""
        counts = self.plan.tap_counts
        begins = np.cumsum(counts) - counts
        nodes = np.zeros(len(counts))
        for count in np.unique(counts[counts > 1]):
            chosen = np.flatnonzero(counts == count)
            level = self._changes[:, begins[chosen][:, None] + np.arange(count)]
            while level.shape[2] > 1:
                level = np.logical_or.reduceat(level, np.arange(0, level.shape[2], 2), axis=2)
                nodes[chosen] += level.mean(axis=0).sum(axis=1)
        return Unrest(nodes, self._digits)

    @property
    def moves(self) -> Features:
        """What the energy of its data is linear in."""
        return self._settled() if self.before is None else self._chattering(self.before)

    def _settled(self) -> Features:
        source, weight, output = self._taps
        data, bits = self.plan.input_type.width, self.plan.kernel.type.width
        changed = changed_bits(self.inputs.astype(np.int64)[:, source] * weight, data + bits)
        depth = np.log2(self.plan.tap_counts[output] + 1)
        multiplied = float(self._changes.mean(axis=0).sum())
        return {
            "multiplied": multiplied * self._digits * (data + 1),
            "passed_on": float(np.sum(changed * depth)),
            "summed": self.plan.accumulator_width * float(self.unrest.nodes.sum()),
        }

    def _chattering(self, before: Unrest) -> Features:
        source, weight, output = self._taps
        often = np.sqrt(before.nodes)[source]
        live = nonzero_digits(weight, self.plan.kernel.type.width)
        depth = np.log2(self.plan.tap_counts[output])
        width = self.plan.accumulator_width * before.digits
        return {
            "chatter": float(np.sum(often * live)),
            "chatter_summed": width * float(np.sum(often * depth)),
        }


def made_of(block: Block) -> Features:
    """What the outputs of a layer consist of.

    Raises:
        ValueError: the block computes no layer with weights.
    """
    if not isinstance(block.layer, WeightedPlan):
        raise ValueError(block.instance)
    plan = block.layer
    data, weight = plan.input_type.width, plan.kernel.type.width
    products = plan.macs
    found = {"still_bits": 0.0}
    held, channels = _still(block)
    if held:
        # One product a channel of the sum of the weights of all still positions.
        outputs = plan.outputs
        products -= held * channels * outputs
        wide = weight + (held - 1).bit_length()
        found["still_bits"] = outputs * channels * (digits(wide) * (data + 1) + held * weight)
    return found | {
        "array_bits": products * weight * data,
        "digit_bits": products * digits(weight) * (data + 1),
        "weight_bits": products * weight,
        "sum_bits": plan.outputs * plan.accumulator_width,
    }


def _still(block: Block) -> tuple[int, int]:
    """Positions whose inputs no event moves, which are summed ahead, and their channels."""
    numbers = block.numbers
    return numbers.get("STILL", 0).bit_count(), numbers.get("CHANNELS", 1)
