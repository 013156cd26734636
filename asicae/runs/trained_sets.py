"""The weight sets that a run trains, and the settings that decide about them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings

DEAD_CELL_SET = "dead_cells"
"""The set that is tuned for a module with dead cells."""


def set_names(settings: "RunSettings") -> list[str]:
    """Names of all sets that a run trains."""
    return [*map(set_name, sorted(set(settings.links))), DEAD_CELL_SET]


def training_settings(settings: "RunSettings") -> Mapping[str, Any]:
    """What decides about the trained sets, as JSON values."""
    deciding = {"train", "links", "dead_cells", "dead_cells_links", "dead_cells_seed"}
    return settings.model_dump(mode="json", include=deciding)
