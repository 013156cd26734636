"""In phases: each layer takes a bunch crossing, a part of it in each clock of a faster one.

The first rank stands behind the normaliser; behind each layer but the last stand its outputs, and a
rank with the module sum beside them; the last rank stands behind the keep mask.
"""

from asicae.chip.blocks import (
    Block,
    code_words,
    folded,
    kept_words,
    layers,
    normaliser,
    packer,
    rank,
    sum_words,
)
from asicae.chip.configuration import PHASED as NAME
from asicae.chip.configuration import Configuration
from asicae.chip.encoders.pipeline import Pipeline
from asicae.chip.phased import PhasedLayer, require_reuse
from asicae.network.description import Network


def _data_path(network: Network, configuration: Configuration) -> tuple[Block, ...]:
    require_reuse(network.plans, configuration.reuse)
    chain = layers(network)
    if configuration.folds:
        chain = folded(chain)
    total = sum_words()
    found = [
        normaliser(network),
        rank(1, (code_words(network), total), clear=False),
    ]
    before = (None, *network.plans)
    rows = zip(chain, network.plans, before, strict=False)
    for number, (block, plan, ahead) in enumerate(rows, 2):
        made = PhasedLayer(plan, configuration.reuse, ahead)
        found += made.blocks(block)
        if plan is not network.plans[-1]:
            found += [made.held(), rank(number, (total,), clear=False)]
    last = len(network.plans) + 1
    return (*found, packer(network), rank(last, (kept_words(network), total), clear=True))


PHASED = Pipeline(
    NAME,
    latency_bx=2,
    interval_bx=1,
    data_path=_data_path,
    kinds=frozenset(("conv2d", "dense")),
    layer_bx=1,
)
