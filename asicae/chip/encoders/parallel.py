"""Fully parallel: a multiplier for each weight of each output, the whole encoder in one clock.

The first rank stands behind the normaliser, the second behind the keep mask; a barrier halves the
clock between them.
"""

from asicae.chip.blocks import (
    Block,
    code_words,
    kept_words,
    normaliser,
    packer,
    rank,
    sum_words,
)
from asicae.chip.configuration import PARALLEL as NAME
from asicae.chip.configuration import Configuration
from asicae.chip.encoders.pipeline import Pipeline
from asicae.chip.folding import folded
from asicae.chip.layer_blocks import layers, with_barrier
from asicae.foundation.errors import BadInput
from asicae.network.description import Network


def _data_path(network: Network, configuration: Configuration) -> tuple[Block, ...]:
    if configuration.barrier and not network.is_chain:
        raise BadInput(
            f"barrier: found true with network {network.name}, whose layers are no chain, so that "
            "data would pass beside it; allowed is false"
        )
    chain = layers(network)
    if configuration.folds:
        chain = folded(chain)
    total = sum_words()
    return (
        normaliser(network),
        # Held, not cleared: the layers behind do not toggle while nothing arrives.
        rank(1, (code_words(network), total), clear=False),
        *(with_barrier(chain) if configuration.barrier else chain),
        packer(network),
        # Cleared: what leaves the chip is zero whenever valid_o is low.
        rank(2, (kept_words(network), total), clear=True),
    )


PARALLEL = Pipeline(NAME, latency_bx=2, interval_bx=1, data_path=_data_path, hides=True)
