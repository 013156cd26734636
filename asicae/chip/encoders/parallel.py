"""Fully parallel: a multiplier for each weight of each output, the whole encoder in one clock.

The first rank stands behind the normaliser, the second behind the keep mask.
"""

from asicae.chip.blocks import (
    Block,
    code_words,
    kept_words,
    layers,
    normaliser,
    packer,
    rank,
    sum_words,
)
from asicae.chip.configuration import Configuration
from asicae.chip.encoders.pipeline import Pipeline
from asicae.network.description import Network


def _data_path(network: Network, configuration: Configuration) -> tuple[Block, ...]:
    del configuration
    total = sum_words()
    return (
        normaliser(network),
        # Held, not cleared: the layers behind do not toggle while nothing arrives.
        rank(1, (code_words(network), total), clear=False),
        *layers(network),
        packer(network),
        # Cleared: what leaves the chip is zero whenever valid_o is low.
        rank(2, (kept_words(network), total), clear=True),
    )


PARALLEL = Pipeline("parallel", latency_bx=2, interval_bx=1, data_path=_data_path)
