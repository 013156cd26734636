"""Runs that train an encoder."""

from collections.abc import Callable
from pathlib import Path

from asicae.chip.design import design_of
from asicae.concentrator.links import latent_bits
from asicae.network.named import network_of
from asicae.runs.encoders import NETWORK
from asicae.runs.inputs import check_inputs, input_files
from asicae.runs.settings import RunSettings
from asicae.runs.trained_sets import DEAD_CELL_SET
from asicae.training.record import set_name


def begin(settings: RunSettings) -> Callable[[Path], None]:
    """Check the settings; the network to train is to be written into a run folder.

    Raises:
        BadInput: a network or link counts of it that there are not; a chip that it cannot be; a
            file that is missing.
    """
    network = network_of(settings.network)
    design_of(network, settings.chip)
    for links in (*settings.links, settings.dead_cells_links):
        latent_bits(network, links)
    check_inputs(settings)

    def write(run: Path) -> None:
        network.save(run / NETWORK)

    return write


def files(settings: RunSettings, run: Path) -> list[Path]:
    """The user's readouts and library."""
    del run
    return input_files(settings)


def weight_sets(settings: RunSettings) -> tuple[str, ...]:
    """Most links, then dead cells."""
    return set_name(max(settings.links)), DEAD_CELL_SET
