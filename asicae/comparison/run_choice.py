"""What a run found best on its validation events, read from its comparison."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from asicae.concentrator.settings import Algorithm, ConcentratorSettings
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json
from asicae.foundation.validation import validated

FORMAT: Final = "asicae-comparison-1"
OWN: Final = "test"
"""Name of the set of events that come from the run's own readouts."""
_Distance = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Point(BaseModel):
    """One point of a comparison file, as far as the choice goes; the rest is not looked at.

    Attributes:
        set: name of the set of events.
        algorithm: of the concentrator.
        links: 1 to 13.
        tried_on_validation: mean distance by ``[<setting>=<value> ...]<option>``.
    """

    model_config = ConfigDict(frozen=True)

    set: str
    algorithm: Algorithm
    links: int
    tried_on_validation: dict[str, _Distance]


class Comparison(BaseModel):
    """A comparison file, as far as the choice goes."""

    model_config = ConfigDict(frozen=True)

    format: Literal["asicae-comparison-1"]
    points: tuple[Point, ...]


def chosen_map(path: Path, settings: ConcentratorSettings) -> str:
    """Name of the map with the smallest validation distance for frames of these settings.

    Looked at is the point of this algorithm and number of links on the run's own events; of Super
    Trigger Cell, what was tried with this type.

    Args:
        path: ``comparison.json`` of a run.
        settings: of a classical algorithm.

    Raises:
        BadInput: no such file or another content, no such point.
    """
    points = validated(Comparison, read_json(path), str(path)).points
    own = [p for p in points if p.set == OWN and p.algorithm is settings.alg_type]
    tried: dict[str, float] = {}
    for point in own:
        if point.links == settings.links:
            tried |= _of_type(point, settings)
    if not tried:
        what = f"{settings.alg_type} at {settings.links} links"
        found = ", ".join(str(point.links) for point in own) or "none"
        raise BadInput(f"{path}: tells nothing of {what} (found: {found}); choose with --spread")
    return min(tried, key=lambda name: tried[name])


def _of_type(point: Point, settings: ConcentratorSettings) -> dict[str, float]:
    """Distance by name of the map, of what was tried with the type of these frames."""
    wanted = f"stc_type={settings.stc_type.value}"
    tried = {}
    for label, distance in point.tried_on_validation.items():
        *given, name = label.split(" ")
        if point.algorithm is not Algorithm.SUPER_TRIGGER_CELL or wanted in given:
            tried[name] = distance
    return tried
