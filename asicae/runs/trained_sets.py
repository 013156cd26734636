"""The weight sets that a run trains, and the settings that decide about them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import one_line
from asicae.network.description import Network
from asicae.network.named import is_file, network_of
from asicae.runs.encoders import NETWORK, load_network
from asicae.training.dead_cells import are_any
from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings

DEAD_CELL_SET = "dead_cells"
"""The set that is tuned for modules with dead cells."""
CONTROL_SET = "dead_cells_control"
"""The set that has the same further epochs on intact modules."""


def set_names(settings: "RunSettings") -> list[str]:
    """Names of all sets that a run trains."""
    tuned = (DEAD_CELL_SET, CONTROL_SET) if are_any(settings.dead_cells) else ()
    return [*map(set_name, sorted(set(settings.links))), *tuned]


def asked_network(settings: "RunSettings") -> Network:
    """The network that settings name, or the one that the user's function builds in its place.

    Raises:
        BadInput: see ``network_of`` and ``network_of_own``.
    """
    network = network_of(settings.network)
    if settings.train.model is None:
        return network
    from asicae.training.own_model import network_of_own  # loads TensorFlow

    return network_of_own(settings.train.model, network)


def named_network(settings: "RunSettings", run: Path) -> Network:
    """The network of a run, which has to be the one that its settings name.

    The file of a network of one's own may be gone; the run has a copy.

    Raises:
        BadInput: it is another one.
    """
    network, name = load_network(run), settings.network
    gone = is_file(name) and not Path(name).exists()
    if not gone and asked_network(settings) != network:
        asked = one_line(settings.train.model or name, 300)
        named = f"the network {asked} that the settings of the run name"
        again = f"`asicae run {run} --settings FILE --force` begins it again"
        raise BadInput(f"{run / NETWORK}: is not {named}; {again}")
    return network


def training_settings(settings: "RunSettings") -> Mapping[str, Any]:
    """What decides about the trained sets, as JSON values."""
    deciding = {"train", "links", "dead_cells", "dead_cells_links", "dead_cells_seed"}
    return settings.model_dump(mode="json", include=deciding)
