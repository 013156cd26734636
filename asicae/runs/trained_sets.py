"""The weight sets that a run trains, and the settings that decide about them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import one_line
from asicae.network.description import Network
from asicae.network.named import is_file, network_of
from asicae.runs.encoders import NETWORK, load_network
from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings

DEAD_CELL_SET = "dead_cells"
"""The set that is tuned for a module with dead cells."""


def set_names(settings: "RunSettings") -> list[str]:
    """Names of all sets that a run trains."""
    return [*map(set_name, sorted(set(settings.links))), DEAD_CELL_SET]


def named_network(settings: "RunSettings", run: Path) -> Network:
    """The network of a run, which has to be the one that its settings name.

    The file of a network of one's own may be gone; the run has a copy.

    Raises:
        BadInput: it is another one.
    """
    network, name = load_network(run), settings.network
    if (not is_file(name) or Path(name).exists()) and network_of(name) != network:
        named = f"the network {one_line(name, 300)} that the settings of the run name"
        again = f"`asicae run {run} --settings FILE --force` begins it again"
        raise BadInput(f"{run / NETWORK}: is not {named}; {again}")
    return network


def training_settings(settings: "RunSettings") -> Mapping[str, Any]:
    """What decides about the trained sets, as JSON values."""
    deciding = {"train", "links", "dead_cells", "dead_cells_links", "dead_cells_seed"}
    return settings.model_dump(mode="json", include=deciding)
