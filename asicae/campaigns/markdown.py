"""Parts that pages about measurements have in common, as lines of Markdown."""

from collections.abc import Iterable, Sequence

from asicae.campaigns.record import Record


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; every row has as many cells as the head."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def what_must_not_be(found: Record) -> list[str]:
    """The violations of a record, with a title and a free line before it; nothing without any."""
    if not found.violations:
        return []
    return ["", "## What must not be", "", *(f"* {text}" for text in found.violations)]
