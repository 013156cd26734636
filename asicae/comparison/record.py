"""What a comparison found, as ``compare/comparison.json`` of a run holds it.

The file is written, read and checked here only. No part of the kit that computes is needed for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from asicae.foundation.json_record import JsonRecord

COMPARISON_FILE: Final = "compare/comparison.json"
SPREADING_FILE: Final = "compare/spreading.keras"
"""Network for the cells that were not sent. Both places are relative to the run folder."""

OWN: Final = "test"
"""Name of the set of events that come from the run's own readouts."""
PILEUP: Final = "pileup200"
"""Name of the set of modules of pileup 200 without signal."""
_OF_CLASS: Final = "class"

Value = int | str
Count = Annotated[int, Field(ge=0)]
Figure = Annotated[float, Field(allow_inf_nan=False)]
Distance = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

EVERY: Final = "all"
"""Stands for the breakdown that parts nothing."""


@dataclass(frozen=True)
class Tried:
    """One combination that competed for a point.

    Attributes:
        settings: those that were fitted or chosen, by their names.
        decode: name of the decoding.
        emd: mean distance on the validation events.
    """

    settings: Mapping[str, Value]
    decode: str
    emd: float

    @property
    def label(self) -> str:
        """``[<setting>=<value> ...]<decoding>``, the key in the file; names hold no blank."""
        return " ".join(
            [*(f"{name}={value}" for name, value in self.settings.items()), self.decode]
        )

    @classmethod
    def labelled(cls, label: str, emd: float) -> Self:
        """From the key in the file and its distance."""
        *given, decode = label.split(" ")
        pairs = (text.partition("=") for text in given)
        values = {name: int(text) if text.isdecimal() else text for name, _, text in pairs}
        return cls(values, decode, emd)


def class_set(links: int) -> str:
    """Name of the set of modules of one class at pileup 200, by their trigger links."""
    return f"{_OF_CLASS}{links}"


def links_of_set(name: str) -> int | None:
    """Trigger links of the class of a set; None of other sets."""
    digits = name.removeprefix(_OF_CLASS)
    return int(digits) if digits.isdecimal() and name == class_set(int(digits)) else None


class RegimeDistance(JsonRecord):
    """Mean distance over the events of one regime (``metrics.regimes``).

    Attributes:
        breakdown: what the events are told apart by.
        name: of the part.
        events: how many have a distance.
        emd: their mean distance.
        low: lower end of its 68 % band.
        high: upper end.
    """

    breakdown: str
    name: str
    events: Count
    emd: Distance
    low: Distance
    high: Distance

    @property
    def key(self) -> str:
        """As in the keys of the metrics."""
        return f"{self.breakdown}_{self.name}"


class RegimeShape(JsonRecord):
    """What is left of the look of showers in one regime (``metrics.shape``).

    Attributes:
        breakdown: what the events are told apart by; ``EVERY`` for all events.
        name: of the part; empty for all events.
        events: how many.
        emd_by_charge: mean distance weighted by the charge of the module.
        hottest_found: share of events whose hottest cell is named.
        response_hottest: mean of decoded over true charge of the truly hottest cell.
        centroid: mean distance of the decoded from the true centroid.
        width: mean of decoded less true width.
        width_spread: standard deviation of that.
    """

    breakdown: str
    name: str
    events: Count
    emd_by_charge: Distance
    hottest_found: Share
    response_hottest: Figure
    centroid: Distance
    width: Figure
    width_spread: Distance


class BufferedDistance(JsonRecord):
    """An algorithm of variable rate behind its buffer (``comparison.buffered``).

    Attributes:
        emd: mean distance over all events.
        emd_error: its statistical error.
        truncated: events whose cells were lost in a full buffer.
        charge_lost: share of all charge that was in these.
        mean_bits: mean length of a frame.
        settings: those chosen, by class of the modules.
        regimes: distance by regime.
    """

    emd: Distance
    emd_error: Distance
    truncated: Count
    charge_lost: Share
    mean_bits: Figure
    settings: dict[str, dict[str, Value]]
    regimes: tuple[RegimeDistance, ...]


class ComparedEvents(JsonRecord):
    """A set of events.

    Attributes:
        name: ``OWN``, ``PILEUP``, or a ``class_set``.
        events: test events.
        excluded: those of them without charge, which have no distance.
        source: what the readouts say of where they come from.
        omitted: why a breakdown or a regime is left out.
    """

    name: str
    events: Count
    excluded: Count
    source: str
    omitted: dict[str, str] = Field(default_factory=dict)


class ComparedPoint(JsonRecord):
    """One algorithm at one number of links on one set of events.

    Attributes:
        set: name of the set.
        algorithm: of the concentrator, by the name of its register value.
        links: 1 to 13.
        emd: mean distance, half trigger-cell pitches (adjacent cells = 2.0).
        emd_error: its statistical error.
        response: mean of decoded over true module sum.
        resolution: standard deviation of that.
        response_hottest: mean of decoded over true charge of the hottest cell.
        resolution_hottest: standard deviation of that.
        mean_bits: mean length of a frame.
        max_bits: the longest frame.
        events_lost: events with charge whose frames tell of none.
        decode: name of the chosen decoding.
        settings: those that were fitted or chosen, by their names.
        tried_on_validation: mean validation distance by the label of a ``Tried``.
        regimes: distance by regime, those of a breakdown beside each other.
        shapes: of all events, and then by regime in the same order.
        buffered: the same algorithm behind a buffer that ends, where its frames differ in length;
            all else is with an endless one.
    """

    set: str
    algorithm: str
    links: int
    emd: Distance
    emd_error: Distance
    response: Figure
    resolution: Figure
    response_hottest: Figure
    resolution_hottest: Figure
    mean_bits: Figure
    max_bits: Count
    events_lost: Count
    decode: str
    settings: dict[str, Value]
    tried_on_validation: dict[str, Distance]
    regimes: tuple[RegimeDistance, ...] = ()
    shapes: tuple[RegimeShape, ...] = ()
    buffered: BufferedDistance | None = None

    @property
    def tried(self) -> list[Tried]:
        """What competed, in the order of the file."""
        return [Tried.labelled(label, emd) for label, emd in self.tried_on_validation.items()]


class ComparisonRecord(JsonRecord):
    """A comparison: its sets of events, and its points in the order in which they were measured.

    Files of the first format have no regimes, those of the second no shapes.
    """

    format: Literal["asicae-comparison-1", "asicae-comparison-2", "asicae-comparison-3"] = (
        "asicae-comparison-3"
    )
    sets: tuple[ComparedEvents, ...]
    points: tuple[ComparedPoint, ...]
