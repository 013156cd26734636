"""The weight sets that a run has trained, with their decoders, to be compared elsewhere."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae.comparison.links_record import EncoderOrigin
from asicae.comparison.trained_encoders import TrainedEncoders
from asicae.foundation.errors import BadInput
from asicae.module.link_map import class_links
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network, weights_file
from asicae.runs.hybrids import FILES as HYBRID_FILES
from asicae.runs.hybrids import load_hybrid
from asicae.runs.job import Job
from asicae.runs.settings import RunSettings
from asicae.training.record import set_name


@dataclass(frozen=True, eq=False)
class StoredSet:
    """A weight set and its decoder, read from a run."""

    weights: Weights
    decoder: Any


def trained_encoders(run: Path) -> TrainedEncoders:
    """Network, weight sets and decoders of a run, Hybrid Choice where it trained it, and what they
    were trained on.

    Raises:
        BadInput: no run, one that trains no decoders, files that are not what its stages left.
    """
    # TensorFlow takes seconds to load, also for who has no run.
    from asicae.training.stored_networks import load_decoder

    job = Job.open(run)
    if job.settings.imported:
        raise BadInput(f"{run}: an imported encoder has no decoder, allowed is a run that trained")
    job.require_records()
    job.seal.require([NETWORK, WEIGHTS, "model/*", *(HYBRID_FILES if job.settings.hybrid else ())])
    network, sets = load_network(run), {}
    for links in job.settings.links:
        name = set_name(links)
        decoder = load_decoder(run / "model" / f"{name}_decoder.keras", network)
        sets[links] = StoredSet(Weights.load(run / weights_file(name), network), decoder)
    asked = job.settings.hybrid.links if job.settings.hybrid else ()
    hybrids = {links: load_hybrid(run, links) for links in sorted(asked)}
    return TrainedEncoders(network, sets, origin_of(network, job.settings), hybrids)


def origin_of(network: Network, settings: RunSettings) -> EncoderOrigin:
    """What a run with these settings trains a network on."""
    if settings.data:
        of_class = settings.reading.module_class
        module_class = None if of_class is None else class_links(of_class)
        return EncoderOrigin(
            network=network.identifier, own_readouts=True, module_class=module_class
        )
    return EncoderOrigin(
        network=network.identifier,
        own_readouts=False,
        module_class=settings.source.links,
        seed=settings.source.seed,
    )
