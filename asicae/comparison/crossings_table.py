"""What codes leave of whole crossings, as text."""

from collections.abc import Iterator

from asicae.comparison.crossings_record import CrossingPoint, CrossingsRecord, ShowerFigures
from asicae.comparison.links_record import encoders_in_words
from asicae.comparison.links_table import label_of
from asicae.foundation.aligned import aligned


def told(record: CrossingsRecord) -> Iterator[str]:
    """What was measured, and three tables."""
    low, high = record.pt_gev
    links = "those of its class in the public map" if record.links is None else str(record.links)
    yield (
        f"whole crossings of one sector at pileup 200, seed {record.seed}: {record.events:,} each"
        f" of electrons and pions of {low:g} to {high:g} GeV; links of a module: {links}"
        + (f"; layers {', '.join(map(str, record.layers))}" if record.layers else "")
        + encoders_in_words(record.encoders, record.hybrids)
    )
    yield ""
    yield (
        f"trigger towers of {2 * record.whole:,} crossings: error is the sum of absolute"
        " differences over all energy, response and resolution are of those with 1 GeV and more"
    )
    yield from aligned(
        [
            ["code", "links", "error", "towers", "response", "resolution"],
            *(_towers(point) for point in record.points),
        ]
    )
    yield ""
    yield (
        "showers beside those of the charges before the code: share with one within 10 mm, distance"
        " that 68 % are within, decoded over true energy"
    )
    head = ["found", "68 % within", "response", "resolution"]
    yield from aligned(
        [
            ["code", "particles", "events", *head],
            *([label_of(p.code), *_shower(each)] for p in record.points for each in p.showers),
        ]
    )
    yield ""
    yield "electrons against pions by width, depth and hadronic share of the shower"
    yield from aligned(
        [
            ["code", "area under the curve", "pions left with 95 % of the electrons"],
            *(
                [name, f"{each.area:.3f} ± {each.error:.3f}", f"{100 * each.pions:.0f} %"]
                for name, each in [
                    ("before any code", record.undecoded),
                    *((label_of(point.code), point.separation) for point in record.points),
                ]
            ),
        ]
    )


def _towers(point: CrossingPoint) -> list[str]:
    each = point.towers
    return [
        *(label_of(point.code), f"{point.mean_links:.2f}", f"{100 * each.error:.1f} %"),
        f"{each.towers:,}",
        *("-" if value is None else f"{value:.3f}" for value in (each.response, each.resolution)),
    ]


def _shower(each: ShowerFigures) -> list[str]:
    return [
        *(each.kind, f"{each.events:,}", f"{100 * each.found:.0f} %", f"{each.nearer_mm:.1f} mm"),
        *(f"{each.response:.3f}", f"{each.resolution:.3f}"),
    ]
