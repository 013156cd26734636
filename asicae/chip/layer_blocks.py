"""The blocks of a network's layers, joined as the layers name their inputs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from asicae.chip.blocks import Block, Words, array_words, layer_words, pixel_words, registered
from asicae.network.description import Network
from asicae.network.graph import INPUT
from asicae.network.plan import LayerPlan, WeightedPlan


def layers(network: Network) -> tuple[Block, ...]:
    """One block a layer, each behind those that it sees; ``input`` is the image of the codes.

    Layers that only put inputs side by side are wires, and no blocks.
    """
    known = {INPUT: pixel_words(network)}
    made: list[Block] = []
    for plan in network.plans:
        known[plan.name] = output = layer_words(plan)
        if plan.wiring is not None:
            continue
        arrays = {}
        if isinstance(plan, WeightedPlan):
            arrays = {"kernel_i": (array_words(plan.kernel),), "bias_i": (array_words(plan.bias),)}
        made.append(
            Block(
                f"u_{output.name}",
                plan.kind,
                inputs={"data_i": seen_words(plan, [known[own.name] for own in plan.operands])},
                stored=arrays,
                outputs={"data_o": (output,)},
                layer=plan,
            )
        )
    return tuple(made)


def seen_words(plan: LayerPlan, operands: Sequence[Words]) -> tuple[Words, ...]:
    """What a layer sees of the words of its operands: those of another type made wider."""
    return tuple(wide_words(plan, place) or words for place, words in enumerate(operands))


def wide_words(plan: LayerPlan, place: int) -> Words | None:
    """An operand in the type in which the layer sees all of them, where it has another."""
    operand = plan.operands[place]
    if operand.type.exact == plan.input_type.exact:
        return None
    return Words(f"wide{place}_{plan.name}", plan.input_type.width, len(operand.live))


def with_barrier(chain: tuple[Block, ...]) -> tuple[Block, ...]:
    """The layers with a barrier in front of the one that would glitch most, if there are two.

    That is the one of which an output sums most products, the first of equals: an adder tree
    multiplies the changes that enter it, and all that a barrier holds back is saved behind it.
    The first layer needs none, since a rank stands in front of it. Each layer of ``chain`` sees the
    one in front of it.
    """
    plans = [block.layer for block in chain if block.layer is not None]
    if len(plans) < 2:
        return chain
    products = [plan.tap_counts.max() * isinstance(plan, WeightedPlan) for plan in plans]
    place = 1 + int(np.argmax(products[1:]))
    plan = plans[place - 1]
    barrier = registered("u_barrier", "barrier", layer_words(plan), plan.tap_counts > 0)
    return (*chain[:place], replace(barrier, edge="falling"), *chain[place:])
