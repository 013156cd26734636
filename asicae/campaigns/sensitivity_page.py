"""The page about what each bit of the weights is worth."""

from typing import Any

from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record
from asicae.training.sensitivity_table import BY_BIT, ByBit, cells_of

LAST = """\
One network, one weight set, one source: `asicae weights sensitivity RUN` ranks the bits of
your own. The chip that is exported stores every bit three times; this says what a bank with
fewer copies would lose."""


def page(found: Record) -> str:
    """Markdown: by bit, what protection buys, and the first bits by name."""
    figures: Any = found.figures
    lines = [
        "# What each bit of the weights is worth",
        "",
        *_about(found, figures),
        "",
        *_by_bit(figures),
        "",
        "Of what all bits together add, so much is in the first of the ranking: copies of these",
        "alone would take it away.",
        "",
        *_protected(figures),
        "",
        f"The first {len(figures['first'])}:",
        "",
        *_first(figures),
        "",
        LAST,
        *what_must_not_be(found),
    ]
    return "\n".join(lines) + "\n"


def _about(found: Record, figures: Any) -> list[str]:
    settings: Any = found.settings
    trained = f"{figures['network']}, trained for {settings['links']} links"
    distance, events = f"{figures['emd']:.3f}", f"{figures['events']:,}"
    bits, untouched = f"{figures['bits']:,}", f"{figures['untouched']:,}"
    return [
        f"Written by `{found.command}`: {trained}",
        f"on the synthetic source (EMD {distance} of {events} test events). Each of its {bits}",
        "weight bits was turned over by itself, as an upset does that nothing corrects; events",
        "were encoded by golden, and decoded by a decoder that does not know. A wrong bit adds",
        f"{figures['mean']:.4f} to the EMD in the mean; {untouched} bits change no latent of any.",
    ]


def _by_bit(figures: Any) -> list[str]:
    rows = [cells_of(ByBit(**values)) for values in figures["by_bit"]]
    return markdown_table(BY_BIT, [(f"`{parameter}`", *rest) for parameter, *rest in rows])


def _protected(figures: Any) -> list[str]:
    rows = [
        (f"{row['share']:.0%}", f"{row['bits']:,}", f"{row['bits'] / figures['bits']:.1%}")
        for row in figures["protected"]
    ]
    return markdown_table(("share", "bits", "of all"), rows)


def _first(figures: Any) -> list[str]:
    head = ("parameter", "element", "bit", "bit of the image", "adds")
    rows = [
        (
            *(f"`{row['parameter']}`", ", ".join(map(str, row["index"])), str(row["bit"])),
            *(f"{row['place']:,}", f"{row['change']:.4f} ± {row['error']:.4f}"),
        )
        for row in figures["first"]
    ]
    return markdown_table(head, rows)
