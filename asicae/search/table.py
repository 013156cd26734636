"""A search as lines for people, and as a page."""

from collections.abc import Iterator

from asicae.foundation.printable import printable
from asicae.search.record import ALL, SearchRecord, SearchRow

TABLE_FILE = "search.md"
MAX_REASON = 90
"""Characters of a reason in a line; the record has all of it."""


def line_of(row: SearchRow, objectives: tuple[str, ...]) -> str:
    """A trial in a line."""
    choices = ", ".join(f"{name} {word}" for name, word in row.choices.items())
    return f"trial {row.number}: {choices}: {_told(row, objectives)}"


def _told(row: SearchRow, objectives: tuple[str, ...]) -> str:
    outcome = row.outcome
    values = outcome.values(objectives)
    if values is None:
        return f"none: {printable(outcome.reason)[:MAX_REASON]}"
    *distances, area, energy = values
    names = objectives[: len(distances)]
    emd = ", ".join(
        f"EMD {'' if name == ALL else f'{name} '}{value:.3f}"
        for name, value in zip(names, distances, strict=True)
    )
    return f"{emd}, {area:.3g} mm2, {energy:.3g} nJ{' *' if row.pareto else ''}"


def told(record: SearchRecord) -> Iterator[str]:
    """What a search tells on a terminal: with what, trials that no other one beats, notes."""
    front = [row for row in record.rows if row.pareto]
    none = sum(row.outcome.values(record.objectives) is None for row in record.rows)
    yield (
        f"{record.network} at {record.links} links, {len(record.rows)} trials, {none} of them "
        f"without figures; EMD on {record.test_events} test events; area and energy by the fast "
        f"model ({record.library}), scaled to 65 nm, pre-layout; * no other trial is better"
    )
    yield from (line_of(row, record.objectives) for row in front)
    yield from (f"note: {note}" for note in record.notes)


def table(record: SearchRecord) -> str:
    """The page: all trials, those first that no other one beats."""
    rows = sorted(record.rows, key=lambda row: (not row.pareto, row.number))
    names = [*record.regimes, "mm² at 65 nm", "nJ at 65 nm"]
    head = ["", *record.axes, *(f"EMD {n}" if n in record.regimes else n for n in names), "front"]
    lines = [
        f"# Search: {record.network} at {record.links} links",
        "",
        f"EMD: mean over {record.test_events} held-out events, half trigger-cell pitches. Area and",
        "dynamic energy an inference: fast model, scaled to 65 nm, before layout, drawn weights.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(_cells(record, row))} |" for row in rows),
        "",
        *(f"* {note}" for note in record.notes),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _cells(record: SearchRecord, row: SearchRow) -> list[str]:
    values = row.outcome.values(record.objectives)
    own = [str(row.number), *row.choices.values()]
    if values is None:
        reason = printable(row.outcome.reason).replace("|", "/")[:MAX_REASON]
        return [*own, f"none: {reason}", *[""] * len(record.objectives)]
    *distances, area, energy = values
    figures = [*(f"{each:.3f}" for each in distances), f"{area:.3g}", f"{energy:.3g}"]
    return [*own, *figures, "*" if row.pareto else ""]
