"""A chip as parts that the fast model weighs: by what a block is made of and what moves in it.

Features are sums over what a block holds: bits, products, changes. So a model that is linear in
them goes on for a block of a hundred outputs as for one of ten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import Block, code_words
from asicae.chip.configuration import Configuration
from asicae.chip.design import Design, design_of
from asicae.estimation.blocks import event_words
from asicae.estimation.figures import TOP
from asicae.estimation.timed.chain import warm_up
from asicae.network.plan import WeightedPlan
from asicae.scan.fast.layers import Features, Sums, Unrest, made_of
from asicae.scan.fast.moves import Moves
from asicae.simulation.drawn import DrawnChip

CODE_BITS: Final = (4, 5, 8)
"""Widths of a code between which what the normaliser and the rank behind it spend is a line: there
are 38 % more from 4 to 5 bits, and 3 % from 5 to 8."""
ONE: Final = "one"
"""The feature of what every such block has once."""


@dataclass(frozen=True)
class Part:
    """A block, or what lies beside the blocks in the top.

    Attributes:
        instance: its name in the top.
        label: under which its figures are told.
        built: what it is; parts of one kind share coefficients of area, leakage and clock.
        size: what these are linear in.
        moved: likewise for the energy of data.
        moves: what that is linear in; nothing where nothing moves.
    """

    instance: str
    label: str
    built: str
    size: Features
    moved: str
    moves: Features


def parts_of(chip: DrawnChip, calq: npt.NDArray[np.int32], clocks: int) -> tuple[Part, ...]:
    """All parts of a chip through which CALQ (events, 48) stream.

    Of the events those move it that an estimate simulates with delays in ``clocks`` clocks.
    """
    design = design_of(chip.network, chip.configuration)
    first, weights = warm_up(design), chip.encoder.weights
    span = calq[first - 1 : first + clocks]
    moves = Moves(event_words(chip.network, weights, span), weights)
    found = [_slow(block, chip.configuration) for block in design.slow_control]
    return (*found, *_data_path(design, moves), _top(design))


def _top(design: Design) -> Part:
    """What lies beside the blocks: constants for pixels that no cell is on, and little else."""
    network = design.network
    dead = int(np.count_nonzero(~network.live_inputs)) * network.input.width
    return Part(TOP, TOP, TOP, {ONE: 1.0, "dead_bits": float(dead)}, TOP, {})


def kinds(design: Design) -> set[str]:
    """What the blocks of a chip are: ``Part.built`` of each."""
    return {_kind(block, design.configuration) for block in design.blocks.values()}


def _kind(block: Block, configuration: Configuration) -> str:
    if block.layer is not None:
        return f"{configuration.mac} sums"  # all kinds of layers multiply and add up
    numbers = block.numbers
    if not block.inputs:
        # The choice of a bank is one of all registers that stand still.
        voters = f", voters {numbers['VOTERS']}" if "VOTERS" in numbers else ""
        return f"{block.module}{voters}, bank {configuration.bank}"
    return f"{block.module}{', cleared' if numbers.get('CLEAR') else ''}"


def _slow(block: Block, configuration: Configuration) -> Part:
    """A block that stands still while events stream."""
    numbers, kind = block.numbers, _kind(block, configuration)
    size = {ONE: 1.0}
    for name in ("KEEP_BITS", "BITS"):
        if name in numbers:
            size[name.lower()] = float(numbers[name])
    return Part(block.instance, block.label, kind, size, kind, {})


def _data_path(design: Design, moves: Moves) -> Iterator[Part]:
    """The blocks that events stream through, each with what the one in front lets it see."""
    unrest: Unrest | None = None
    for block in design.data_path:
        if block.layer is None:
            restless = 0.0 if unrest is None else float(unrest.nodes.sum())
            yield _other(block, design, moves, restless)
            unrest = None if block.registered else unrest
        else:
            sums = _sums(block, moves, unrest)
            yield _layer(block, design.configuration, sums)
            unrest = sums.unrest


def _sums(block: Block, moves: Moves, before: Unrest | None) -> Sums:
    plan = block.layer
    if not isinstance(plan, WeightedPlan):
        raise ValueError(block.instance)
    (words,) = block.inputs["data_i"]
    kernel = moves.weights.arrays[plan.kernel.name].reshape(-1)
    return Sums(plan, kernel, moves.words[words.name], before)


def _layer(block: Block, configuration: Configuration, sums: Sums) -> Part:
    """A layer, with the inputs that the block in front lets it see."""
    kind = _kind(block, configuration)
    moved = f"{kind} behind {'registers' if sums.before is None else 'a layer'}"
    return Part(block.instance, block.label, kind, made_of(block), moved, sums.moves)


def _other(block: Block, design: Design, moves: Moves, restless: float) -> Part:
    """Normaliser, ranks, barrier, packer."""
    changed = moves.changed(words for port in block.outputs.values() for words in port)
    bits = block.register_bits
    if bits is None:
        bits = sum(words.bits for port in block.outputs.values() for words in port)
    network, kind = design.network, _kind(block, design.configuration)
    size = {ONE: 1.0, "bits": float(bits)}
    if any(code_words(network) in port for port in block.outputs.values()):
        shares = _between(network.input.width)
        found = {f"changed_{bits}": changed * share for bits, share in shares.items()}
    else:
        found = size | {"changed": changed, "restless": restless}
    return Part(block.instance, block.label, kind, size, kind, found)


def _between(width: int) -> dict[int, float]:
    """Shares of the nearest of ``CODE_BITS`` in a width between them, or of the last one."""
    shares = np.interp(width, CODE_BITS, range(len(CODE_BITS)))
    return {k: max(0.0, 1 - abs(float(shares) - place)) for place, k in enumerate(CODE_BITS)}
