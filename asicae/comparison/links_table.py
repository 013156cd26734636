"""Links needed, as text."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from asicae.comparison.links_record import (
    CHIP,
    ENDLESS,
    FIXED,
    TOWERS,
    Code,
    CodePoint,
    LinksRecord,
    Needed,
    encoders_in_words,
)
from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.foundation.aligned import aligned

FIDELITIES: Final = {
    "threshold_sum_endless": "Threshold Sum's, endless buffer",
    "threshold_sum_chip": "Threshold Sum's, chip's buffer",
}
"""A distance or an error of towers in words; the others are a figure."""
BUFFERS: Final = {CHIP: "chip's", ENDLESS: "endless"}


def told(record: LinksRecord) -> Iterator[str]:
    """What was measured, links by class and fidelity, and what the best code saves."""
    modules = sum(each.modules for each in record.classes)
    yield (
        f"public link map, one sector: {modules:,} full modules with {record.sector_links:,} links;"
        f" pileup 200, {record.events:,} crossings a class, seed {record.seed}"
        + encoders_in_words(record.encoders, record.hybrids)
    )
    yield ""
    yield "mean EMD with the links that a class has (adjacent cell = 2)"
    yield from aligned(_own_links(record, lambda point: point.emd))
    yield ""
    if all(p.tower_error is not None for each in record.classes for p in each.points):
        yield (
            "error of tower energies with the links that a class has, % (sum of absolute"
            " differences over energy; towers of its modules, whole crossings)"
        )
        yield from aligned(_own_links(record, lambda point: 100 * (point.tower_error or 0.0)))
        yield ""
    yield (
        "links that a class needs, by the fidelity wanted; - is at no number of links. In the sums"
        " a class keeps its links there, and where Threshold Sum has its own fidelity with fewer"
    )
    yield from aligned(_needed(record))
    yield ""
    yield from verdicts(record)


def verdicts(record: LinksRecord) -> Iterator[str]:
    """One sentence a fidelity: the code of fixed rate that needs the fewest links.

    Of equals the one that gets there in more classes; one that does in none keeps all links, and
    is named only where all are so.
    """
    for fidelity in dict.fromkeys(each.fidelity for each in record.needed):
        fixed = [n for n in record.needed if n.fidelity == fidelity and n.code.buffer == FIXED]
        if fixed:
            reached = [each for each in fixed if len(_lacking(each)) < len(each.by_class)]
            best = min(reached or fixed, key=lambda each: (each.sector_links, len(_lacking(each))))
            yield (
                f"{measure_of(fidelity)} {words_of(fidelity)}: of the codes of fixed rate"
                f" {label_of(best.code)} needs the fewest links, {best.sector_links:,} of"
                f" {record.sector_links:,}"
                f" ({_saved(best.sector_links, record.sector_links)}), of the modules with 3 and"
                f" more {best.busy_links:,} of {record.busy_links:,}"
                f" ({_saved(best.busy_links, record.busy_links)}){_unreached(best)}"
            )


def label_of(code: Code) -> str:
    """A code for people, with its rate."""
    label = ALGORITHMS[code.algorithm].label if code.algorithm in ALGORITHMS else code.algorithm
    if code.buffer == FIXED:
        return label
    return f"{label} (variable rate, {BUFFERS[code.buffer]} buffer)"


def measure_of(fidelity: str) -> str:
    """What a fidelity is one of."""
    return "tower energy" if fidelity.startswith(TOWERS) else "EMD"


def words_of(fidelity: str) -> str:
    """A fidelity for people."""
    if fidelity.removeprefix(TOWERS) in FIDELITIES:
        return FIDELITIES[fidelity.removeprefix(TOWERS)]
    if fidelity.startswith(TOWERS):
        return f"{100 * float(fidelity.removeprefix(TOWERS)):g} %"
    return fidelity.removeprefix("emd_")


def _own_links(record: LinksRecord, figure: Callable[[CodePoint], float]) -> list[list[str]]:
    codes = list(dict.fromkeys(point.code for each in record.classes for point in each.points))
    rows = [["class", "modules", "events", *map(label_of, codes)]]
    for each in record.classes:
        cells = []
        for code in codes:
            points = [point for point in each.of(code) if point.links <= each.links]
            cells.append(_figure(points[-1:], each.links, figure))
        events = each.events - each.excluded
        rows.append([str(each.links), f"{each.modules:,}", f"{events:,}", *cells])
    return rows


def _figure(points: Sequence[CodePoint], own: int, figure: Callable[[CodePoint], float]) -> str:
    """Figure of a code, with the links that were enough for everything where these are fewer."""
    if not points:
        return "-"
    (point,) = points
    lost = f" ({100 * point.charge_lost:.0f} % lost)" if point.code.buffer == CHIP else ""
    fewer = f" at {point.links}" if point.links < own else ""
    return f"{figure(point):.3f}{fewer}{lost}"


def _needed(record: LinksRecord) -> list[list[str]]:
    classes = [str(each.links) for each in record.classes]
    rows = [["fidelity", "code", *classes, "sector", "saved", "3 and more", "saved"]]
    for each in record.needed:
        by_class = [each.by_class[name] for name in classes]
        rows.append(
            [
                f"{measure_of(each.fidelity)} {words_of(each.fidelity)}",
                label_of(each.code),
                *("-" if many is None else str(many) for many in by_class),
                *(f"{each.sector_links:,}", _saved(each.sector_links, record.sector_links)),
                *(f"{each.busy_links:,}", _saved(each.busy_links, record.busy_links)),
            ]
        )
    return rows


def _saved(links: int, own: int) -> str:
    """Share of the links that are there, below them or above."""
    share = 100 * (links - own) / own if own else 0.0
    return f"{share:+.1f} %"


def _unreached(needed: Needed) -> str:
    classes = _lacking(needed)
    return f"; not reached in class {', '.join(classes)}, which keeps its links" if classes else ""


def _lacking(needed: Needed) -> list[str]:
    """Classes in which the fidelity is not reached."""
    return [name for name, many in needed.by_class.items() if many is None]
