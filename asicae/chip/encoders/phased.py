"""In phases: each layer takes a bunch crossing, a part of it in each clock of a faster one.

The first rank stands behind the normaliser; behind each layer but the last stand its outputs, and a
rank with the module sum beside them; the last rank stands behind the keep mask.
"""

from typing import get_args

from asicae.chip.blocks import (
    Block,
    code_words,
    kept_words,
    normaliser,
    packer,
    rank,
    sum_words,
)
from asicae.chip.configuration import PHASED as NAME
from asicae.chip.configuration import Configuration, Reuse
from asicae.chip.encoders.pipeline import Pipeline
from asicae.chip.folding import folded
from asicae.chip.layer_blocks import layers
from asicae.chip.phased import PhasedLayer
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.plan import WeightedPlan


def _data_path(network: Network, configuration: Configuration) -> tuple[Block, ...]:
    plans = network.weighted  # all that there are: one after the other
    _require_reuse(plans, configuration.reuse)
    chain = layers(network)
    if configuration.folds:
        chain = folded(chain)
    total = sum_words()
    found = [
        normaliser(network),
        rank(1, (code_words(network), total), clear=False),
    ]
    before = (None, *plans)
    rows = zip(chain, plans, before, strict=False)
    for number, (block, plan, ahead) in enumerate(rows, 2):
        made = PhasedLayer(plan, configuration.reuse, ahead)
        found += made.blocks(block)
        if plan is not plans[-1]:
            found += [made.held(), rank(number, (total,), clear=False)]
    last = len(plans) + 1
    return (*found, packer(network), rank(last, (kept_words(network), total), clear=True))


def _require_reuse(plans: tuple[WeightedPlan, ...], phases: int) -> None:
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


PHASED = Pipeline(
    NAME,
    latency_bx=2,
    interval_bx=1,
    data_path=_data_path,
    kinds=frozenset(("conv2d", "dense")),
    layer_bx=1,
    hides=True,
)
