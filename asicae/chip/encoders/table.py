"""The pipelines that there are, and the one that a network gets."""

from asicae.chip.encoders.parallel import PARALLEL
from asicae.chip.encoders.phased import PHASED
from asicae.chip.encoders.pipeline import Pipeline
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.description import Network

PIPELINES: dict[str, Pipeline] = {made.name: made for made in (PARALLEL, PHASED)}


def pipeline_for(network: Network, name: str) -> Pipeline:
    """The pipeline of that name.

    Raises:
        BadInput: there is none, or it cannot hold a layer of ``network``; names those that can.
    """
    able = ", ".join(row.name for row in PIPELINES.values() if not row.lacks(network))
    if name not in PIPELINES:
        raise BadInput(f"pipeline: found {short(name)}, allowed are {able}")
    lacking = PIPELINES[name].lacks(network)
    if lacking:
        raise BadInput(
            f"pipeline {name} cannot hold a layer of kind {min(lacking)}, which network "
            f"{network.name} has; allowed are {able}"
        )
    return PIPELINES[name]
