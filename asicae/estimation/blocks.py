"""What each block of the chip sees and must answer: source events through the golden model.

A block is an instance directly in the top module.  Its stimulus is what the golden integers say
its inputs are, event after event; its outputs must equal what they say next.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import (
    CLOCK,
    Block,
    Words,
    charge_words,
    code_words,
    hidden_words,
    kept_words,
    layer_words,
    pixel_words,
    shown_words,
    sum_words,
)
from asicae.chip.design import Design
from asicae.chip.golden import Hidden
from asicae.chip.layer_blocks import wide_words
from asicae.chip.normaliser import module_sum, normalise
from asicae.estimation.evaluation import delayed, pack, pack_bits, unpack
from asicae.estimation.logic import ALL_ONES, Bits
from asicae.estimation.netlist import Flat
from asicae.estimation.phased import BY_PHASE, phase_rows, phased_values
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.golden import GoldenEncoder
from asicae.network.graph import INPUT
from asicae.network.weights import Weights

RESET_EVENTS = 64
"""A word of events in which idle blocks settle after reset; it is not measured."""
IDLE_EVENTS = RESET_EVENTS + 64
Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Stimulus:
    """Packed inputs by port, and the packed outputs that must follow, by clocks of the block.

    ``words`` gives the compared words of each expected port, lowest bits first; ``from_ports`` the
    inputs that a timing path enters by (the others are static); ``state_ones`` as in ``energy``.
    """

    events: int
    inputs: dict[str, Bits]
    expected: dict[str, Bits] = field(default_factory=dict)
    words: dict[str, tuple[Words, ...]] = field(default_factory=dict)
    from_ports: tuple[str, ...] = ()
    state_ones: float | None = None


def stimuli(
    design: Design,
    weights: Weights,
    calq: npt.NDArray[np.int32],
    instances: Collection[str],
    hidden: Hidden | None = None,
) -> dict[str, Stimulus]:
    """Stimulus of each instance in the top.

    ``calq``: (events, 48) in AE order, one event a crossing; ``hidden``: the cells, likewise, that
    a design hides.

    Raises:
        CheckFailed: the RTL lacks an instance of the data path, or has one that is not known.
    """
    missing = {block.instance for block in design.data_path} - set(instances)
    if missing:
        raise CheckFailed(f"the RTL has no instance {min(missing)}, which the network needs")
    unknown = set(instances) - set(design.blocks)
    if unknown:
        raise CheckFailed(f"the RTL has an instance {min(unknown)}, which the design has not")
    values = _Values(design, weights, calq, hidden)
    return {instance: values.stimulus(design.blocks[instance]) for instance in instances}


class _Values:
    """What the golden integers say of all words between the blocks."""

    def __init__(
        self,
        design: Design,
        weights: Weights,
        calq: npt.NDArray[np.int32],
        hidden: Hidden | None,
    ) -> None:
        self.design, self.weights, self.events = design, weights, len(calq)
        self.words = event_words(design.network, weights, calq, hidden)
        self.phased: dict[str, Integers] = {}
        if design.phases > 1:
            plans = design.network.weighted
            self.phased = phased_values(plans, design.phases, self.words, weights)

    def stimulus(self, block: Block) -> Stimulus:
        if not block.inputs:
            return self.chain(block) if block.fast else self.idle(block)
        inputs = {port: self.packed(words, block) for port, words in block.inputs.items()}
        # A register gives on what entered, whatever it is called then.
        source = block.inputs if block.registered else block.outputs
        given = zip(block.outputs, source.values(), strict=True)
        expected = {port: self.packed(words, block, True) for port, words in given}
        # A barrier gives an event on within the clock in which it came.
        if block.registered and block.edge == "rising":
            expected = {port: _registered(block, bits) for port, bits in expected.items()}
        return Stimulus(
            self.events * (self.design.phases if block.fast else 1),
            inputs | standing(block, self.weights),
            expected,
            dict(block.outputs),
            tuple(block.inputs),
        )

    def idle(self, block: Block) -> Stimulus:
        """Nothing happens on the bus; what it holds stays."""
        ones = None
        if block.holds:
            stored = _stored(self.weights)
            held = [_bits(stored[words.name], words.width) for words in block.holds]
            ones = float(np.concatenate(held).mean())
        return Stimulus(IDLE_EVENTS, standing(block, self.weights), state_ones=ones)

    def chain(self, block: Block) -> Stimulus:
        """What tells the phases, in clocks of the layers; the first crossing comes after reset."""
        phases = self.design.phases
        (port, words), *_ = block.outputs.items()
        told = phase_rows(phases, IDLE_EVENTS // phases)
        told[:phases] = 0
        return Stimulus(
            IDLE_EVENTS,
            standing(block, self.weights) | {CLOCK: crossing_clock(IDLE_EVENTS, phases)},
            {port: pack(told, 1)},
            {port: words},
        )

    def packed(self, words: Iterable[Words], block: Block, leaving: bool = False) -> Bits:
        return np.concatenate([pack(self.seen(w, block, leaving), w.width) for w in words])

    def seen(self, words: Words, block: Block, leaving: bool) -> Integers:
        """Values of words that enter or leave a block, a row a clock of its own."""
        if not block.fast:
            return self.words[words.name]
        for name in (BY_PHASE.format(words.name) if leaving else words.name, words.name):
            if name in self.phased:
                return self.phased[name]
        return np.repeat(self.words[words.name], self.design.phases, axis=0)


def crossing_clock(clocks: int, phases: int) -> Bits:
    """The chip's clock in so many of the layers, (1, words): a one where its edge ends one."""
    return pack_bits((np.arange(clocks)[:, None] % phases == phases - 1).astype(np.uint8))


def _registered(block: Block, bits: Bits) -> Bits:
    """Outputs of a block whose inputs these bits are, an event later and zeros before; words that
    no event changes pass.
    """
    found = delayed(bits, np.zeros((len(bits), 1), np.uint64))
    if not block.still_bits:
        return found
    live = block.numbers["LIVE"] >> np.arange(block.numbers["COUNT"]).astype(object) & 1
    return np.where(np.repeat(live == 1, block.numbers["WIDTH"])[:, None], found, bits)


def standing(block: Block, weights: Weights) -> dict[str, Bits]:
    """What stays the same at ports of a block while events stream, (bits, 1): the words of weights
    and keep mask that it sees, and ones where it is active.
    """
    stored = _stored(weights)
    held = {
        port: np.concatenate([_constant(stored[part.name], part.width) for part in words])
        for port, words in block.stored.items()
    }
    return held | {port: np.full((bits, 1), ALL_ONES) for port, bits in block.active.items()}


def _stored(weights: Weights) -> dict[str, Integers]:
    """All that the registers hold, by the names of words."""
    return {**weights.arrays, "keep": weights.keep}


def event_words(
    network: Network,
    weights: Weights,
    calq: npt.NDArray[np.int32],
    hidden: Hidden | None = None,
) -> dict[str, Integers]:
    """Values (events, count) of the words of the data path by name, of CALQ (events, 48).

    ``hidden`` (events, 48): cells that the network sees as empty; none unless given.
    """
    codes = normalise(calq, network.input)
    unseen = np.zeros(calq.shape, np.bool_) if hidden is None else hidden
    shown = np.where(unseen, 0, codes)
    pixels = np.zeros((len(calq), network.live_inputs.size), np.int64)
    pixels[:, network.cells.pixels] = shown
    layers: dict[str, Integers] = {
        name: values.reshape(len(calq), -1)
        for name, values in GoldenEncoder(Encoder(network, weights)).activations(shown).items()
    }
    latents = network.latent_type.unsigned_bits(layers[network.plans[-1].name])
    known: dict[str, Integers] = {
        charge_words().name: calq,
        code_words(network).name: codes,
        hidden_words().name: unseen.astype(np.int64),
        shown_words(network).name: shown,
        sum_words().name: module_sum(calq)[:, None],
        pixel_words(network).name: pixels,
        kept_words(network).name: latents & weights.keep,
    }
    values = {INPUT: pixels, **layers}
    for plan in network.plans:
        known[layer_words(plan).name] = layers[plan.name]
        for place, operand in enumerate(plan.operands):
            wide = wide_words(plan, place)
            if wide is not None:
                known[wide.name] = values[operand.name] << plan.input_shifts[place]
    return known


def _bits(values: npt.ArrayLike, width: int) -> npt.NDArray[np.int64]:
    flat = np.asarray(values, np.int64).reshape(-1)
    result: npt.NDArray[np.int64] = (flat[:, None] >> np.arange(width)) & 1
    return result.reshape(-1)


def _constant(values: npt.ArrayLike, width: int) -> Bits:
    """Packed bits (n, 1) of values that stay the same in all events."""
    return np.where(_bits(values, width)[:, None] == 1, ALL_ONES, np.uint64(0))


def check_words(name: str, flat: Flat, values: Bits, stimulus: Stimulus) -> int:
    """Compare the outputs of an evaluated block with golden; return the number of words compared.

    Outputs of instances that were left out of ``flat`` are skipped.

    Raises:
        CheckFailed: a word differs.
    """
    driven = flat.driven.copy()
    for port in flat.inputs:
        driven[flat.ports[port]] = True
    total = 0
    for port, expected in stimulus.expected.items():
        nets, start = flat.ports[port], 0
        if len(expected) != len(nets):
            raise CheckFailed(f"{name}: {port} has {len(nets)} bits, golden has {len(expected)}")
        for words in stimulus.words[port]:
            width, part = words.width, slice(start, start + words.bits)
            start = part.stop
            known = driven[nets[part]].reshape(-1, width).all(axis=1).repeat(width)
            found = unpack(values[nets[part][known]], width, stimulus.events)
            wanted = unpack(expected[part][known], width, stimulus.events)
            _require_equal(f"{name}.{port}", found, wanted)
            total += found.size
    return total


def _require_equal(name: str, found: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> None:
    wrong = np.argwhere(found != wanted)
    if len(wrong):
        event, word = wrong[0]
        raise CheckFailed(
            f"{name}: {len(wrong)} of {found.size} words differ from golden; first: event {event}, "
            f"word {word}: {found[event, word]}, expected {wanted[event, word]}"
        )
