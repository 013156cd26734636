"""Layers that are told which of their inputs the weights alone decide: these cost nothing."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import Block, Sized, mask_of
from asicae.network.ops.dense import Dense
from asicae.network.plan import LayerPlan, WeightedPlan


def folded(chain: tuple[Block, ...]) -> tuple[Block, ...]:
    """The layers, with the dense ones told which of their inputs the weights alone decide."""
    plans = {block.layer.name: block.layer for block in chain if block.layer is not None}
    return tuple(
        replace(block, parameters=_still(block.layer, plans.get(block.layer.operands[0].name)))
        if block.layer is not None and isinstance(block.layer.layer, Dense)
        else block
        for block in chain
    )


def still_positions(plan: LayerPlan, before: LayerPlan | None) -> npt.NDArray[np.bool_]:
    """The positions of a layer's input at which nothing depends on the event.

    There all outputs of the layer in front are without a product that can be non-zero: each is its
    channel's bias, the same at all of them. Where nothing else is, nothing is worth telling apart,
    and neither behind a layer without weights.
    """
    if not isinstance(before, WeightedPlan):
        return np.zeros(1, np.bool_)
    still = np.all(before.tap_counts.reshape(-1, before.channels) == 0, axis=1)
    return np.zeros_like(still) if still.all() else still


def _still(plan: LayerPlan, before: LayerPlan | None) -> dict[str, int | Sized]:
    still = still_positions(plan, before)
    return {"CHANNELS": plan.inputs // still.size, "STILL": mask_of(still)}
