"""Who is nearest in which regime, in words, from the record of a comparison."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from asicae.comparison.record import (
    OWN,
    PILEUP,
    ComparedPoint,
    ComparisonRecord,
    RegimeDistance,
    links_of_set,
)
from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.module.link_map import class_links

WORDS: Final = {
    "occupancy": "{} cells",
    "class": "class of {} links",
    "layer": "layers {}",
    "eta": "|eta| {}",
    "pileup": "pileup {}",
}
"""A regime in words, by its breakdown."""
LEADING: Final = ("occupancy", "class")
"""Breakdowns that the summary has; the others are in tables only."""
NO_CLASS: Final = "in no class of the map"

Key = tuple[str, str]
"""Breakdown and name of a regime."""


@dataclass(frozen=True)
class Placed:
    """Who is nearest of the algorithms of fixed rate, in a regime at some links.

    Attributes:
        links: of 32 bits per crossing.
        algorithms: the one with the smallest mean, and then those that are level with it.
    """

    links: int
    algorithms: tuple[str, ...]


@dataclass(frozen=True)
class Nearest(Placed):
    """Likewise by the bands of one comparison: level are those whose bands overlap.

    Attributes:
        distance: the smallest.
    """

    distance: RegimeDistance


def set_names(record: ComparisonRecord, settings: Mapping[str, Any]) -> dict[str, str]:
    """What people call the sets of a record, from the settings of the run as JSON values."""
    if settings["data"]:
        own, of_class = "own readouts", settings.get("reading", {}).get("module_class")
    else:
        source = settings.get("source", {})
        own, of_class = source.get("mixture", "signal"), source.get("links")
        own = {"signal": "signal mixture", "pileup": "pileup 200"}.get(own, own)
    words = f", class of {class_links(str(of_class))} links" if of_class else ""
    known = {OWN: own + words, PILEUP: "pileup 200" + words}
    for about in record.sets:
        if links := links_of_set(about.name):
            known[about.name] = f"class of {links} links (networks trained on the {own})"
    return {about.name: known.get(about.name, about.name) for about in record.sets}


def regime_words(breakdown: str, name: str) -> str:
    """A regime for people."""
    if (breakdown, name) == ("class", "none"):
        return NO_CLASS
    return WORDS.get(breakdown, breakdown + " {}").format(name)


def regimes_in(points: Sequence[ComparedPoint]) -> list[Key]:
    """The regimes of points of one set, in their order."""
    return list(dict.fromkeys((r.breakdown, r.name) for point in points for r in point.regimes))


def distance_in(point: ComparedPoint | None, regime: Key) -> RegimeDistance | None:
    """The distance of a point in a regime."""
    return _found(point.regimes if point else (), regime)


def distance_behind(point: ComparedPoint | None, regime: Key) -> RegimeDistance | None:
    """The same behind a buffer that ends, of an algorithm that has one."""
    return _found(point.buffered.regimes if point and point.buffered else (), regime)


def _found(regimes: Iterable[RegimeDistance], regime: Key) -> RegimeDistance | None:
    return next((r for r in regimes if (r.breakdown, r.name) == regime), None)


def is_fixed(algorithm: str) -> bool:
    """Whether an algorithm competes at a fixed rate: no variable frames, no reference."""
    known = ALGORITHMS.get(algorithm)
    return known is None or not (known.variable_rate or known.is_reference)


def rated_label(algorithm: str) -> str:
    """An algorithm for people, marked where its frames differ in length."""
    known = ALGORITHMS.get(algorithm)
    if known is None:
        return algorithm
    return f"{known.label} (variable rate)" if known.variable_rate else known.label


def nearest(points: Sequence[ComparedPoint], regime: Key) -> list[Nearest]:
    """Who is nearest in a regime, by links."""
    found = []
    for links, many in _by_links(point for point in points if is_fixed(point.algorithm)):
        here = [(d, p.algorithm) for p in many if (d := distance_in(p, regime)) is not None]
        if here:
            here.sort(key=lambda each: each[0].emd)
            best = here[0][0]
            level = tuple(name for distance, name in here if distance.low <= best.high)
            found.append(Nearest(links, level, best))
    return found


def verdict(record: ComparisonRecord, name: str, shown: str) -> str:
    """One sentence on a set of events; empty where nothing was measured by regime.

    Args:
        record: of the comparison.
        name: of the set.
        shown: what people call it.
    """
    points = [point for point in record.points if point.set == name]
    regimes = [key for key in regimes_in(points) if key[0] == "occupancy"] or regimes_in(points)
    if not regimes:
        return ""
    placed = {key: nearest(points, key) for key in regimes}
    return f"Nearest of the codes of fixed rate, {shown}: {in_words(placed)}{_variable(points)}."


def in_words(placed: Mapping[Key, Sequence[Placed]]) -> str:
    """Who is nearest at which links, regime by regime; those alike are said once."""
    clauses = [(key, _clause(many)) for key, many in placed.items()]
    return "; ".join(
        f"{regime_words(keys[0][0], _listed([name for _, name in keys]))}: {clause}"
        for clause, keys in _joined(clauses)
    )


def _joined(clauses: Sequence[tuple[Key, str]]) -> Iterator[tuple[str, list[Key]]]:
    """Regimes of one breakdown beside each other of which the same is to be said."""
    for (clause, _), many in groupby(clauses, lambda each: (each[1], each[0][0])):
        yield clause, [key for key, _ in many]


def summary(record: ComparisonRecord, names: Mapping[str, str]) -> list[str]:
    """Lines for the end of a comparison: of each set a sentence, and the nearest by regime.

    ``names``: what people call the sets.
    """
    lines = []
    for name, shown in names.items():
        points = [point for point in record.points if point.set == name]
        said = verdict(record, name, shown)
        lines += [said] if said else []
        shown_regimes = [key for key in regimes_in(points) if key[0] in LEADING]
        lines += [f"  {_figures(points, key)}" for key in shown_regimes]
    return lines


def _figures(points: Sequence[ComparedPoint], regime: Key) -> str:
    """The smallest distance of a fixed rate by links."""
    found = nearest(points, regime)
    events = f"{found[0].distance.events:,}" if found else "no"
    each = [f"{n.links} {_label(n.algorithms[0])} {n.distance.emd:.3f}" for n in found]
    return f"{regime_words(*regime)} ({events} events), EMD by links: {', '.join(each)}"


def _clause(placed: Sequence[Placed]) -> str:
    """As in ``Autoencoder at 1, Adaptive Choice at 2 to 5 links``."""
    parts = []
    for (first, *level), many in groupby(placed, lambda each: each.algorithms):
        names = _label(first)
        if level:
            names += f" (level with {_listed([_label(other) for other in level])})"
        parts.append(f"{names} at {_span([each.links for each in many])}")
    return f"{', '.join(parts)} links" if parts else "none"


def _variable(points: Sequence[ComparedPoint]) -> str:
    """Where an algorithm of variable rate has a smaller mean over all events."""
    clauses = []
    for name in dict.fromkeys(point.algorithm for point in points):
        known = ALGORITHMS.get(name)
        if known is None or not known.variable_rate:
            continue
        endless = _below(points, {p.links: p.emd for p in points if p.algorithm == name})
        clause = f"; {known.label}, of variable rate, is below them {endless} in the mean"
        behind = {p.links: p.buffered for p in points if p.algorithm == name and p.buffered}
        if behind:
            ends = _below(points, {links: each.emd for links, each in behind.items()})
            lost = max(each.charge_lost for each in behind.values())
            clause += (
                f" with an endless buffer, and {ends} with the chip's, in which up to"
                f" {100 * lost:.0f} % of the charge is lost"
            )
        clauses.append(clause)
    return "".join(clauses)


def _below(points: Sequence[ComparedPoint], mine: Mapping[int, float]) -> str:
    """Where these means by links are below those of all codes of fixed rate."""
    fixed = _by_links(point for point in points if is_fixed(point.algorithm))
    least = {links: min(point.emd for point in many) for links, many in fixed}
    below = [links for links in sorted(mine) if links in least and mine[links] < least[links]]
    return f"at {_span(below)} links" if below else "nowhere"


def _by_links(points: Iterable[ComparedPoint]) -> list[tuple[int, list[ComparedPoint]]]:
    ordered = sorted(points, key=lambda point: point.links)
    return [(links, list(many)) for links, many in groupby(ordered, lambda point: point.links)]


def _label(algorithm: str) -> str:
    return ALGORITHMS[algorithm].label if algorithm in ALGORITHMS else algorithm


def _span(links: Sequence[int]) -> str:
    """``2``, ``2 to 5``, or ``1, 3 and 5``."""
    if len(links) > 2 and list(links) == list(range(links[0], links[-1] + 1)):
        return f"{links[0]} to {links[-1]}"
    return _listed([str(each) for each in links])


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
