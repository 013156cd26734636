"""Runs that train an encoder."""

from collections.abc import Callable
from pathlib import Path

from asicae.chip.design import design_of
from asicae.concentrator.algorithms.table import HYBRID_CHOICE
from asicae.concentrator.links import bits_in, latent_bits
from asicae.network.named import network_of
from asicae.runs.allowed_code import refuse_in_runs
from asicae.runs.encoders import NETWORK
from asicae.runs.inputs import check_inputs, input_files
from asicae.runs.settings import RunSettings
from asicae.runs.trained_sets import DEAD_CELL_SET, asked_network
from asicae.training.dead_cells import are_any
from asicae.training.own_code import is_own
from asicae.training.record import set_name


def begin(settings: RunSettings) -> Callable[[Path], None]:
    """Check the settings; the network to train is to be written into a run folder.

    Raises:
        BadInput: a network or link counts of it that there are not; a chip that it cannot be; a
            file that is missing; a model or a loss of the user's own that cannot be used, or lies
            in a run folder.
    """
    refuse_in_runs(settings.train.own_code)
    network = asked_network(settings)
    design_of(network, settings.chip)
    for links in (*settings.links, settings.dead_cells_links):
        latent_bits(network, links)
    for links, name in settings.hybrid.by_links.items() if settings.hybrid else ():
        bits_in(HYBRID_CHOICE.settings(links=links).latent_word.room, network_of(name), links)
    check_inputs(settings)
    if is_own(settings.train.loss):
        from asicae.training.own_loss import own_loss  # loads TensorFlow

        own_loss(settings.train.loss)

    def write(run: Path) -> None:
        network.save(run / NETWORK)

    return write


def files(settings: RunSettings, run: Path) -> list[Path]:
    """The user's readouts and library."""
    del run
    return input_files(settings)


def weight_sets(settings: RunSettings) -> tuple[str, ...]:
    """Most links, then dead cells."""
    tuned = (DEAD_CELL_SET,) if are_any(settings.dead_cells) else ()
    return set_name(max(settings.links)), *tuned
