"""What came of a library, as a page and in lines."""

from collections.abc import Sequence
from typing import Final

from asicae.library.record import LibraryRecord, LibrarySet

TABLE_FILE: Final = "library.md"
_HEAD: Final = (
    *("set", "condition", "links", "when", "modules", "test events"),
    *("base", "control", "adapted", "nearer than control"),
)


def table(record: LibraryRecord) -> str:
    """The page: a row a set."""
    rows = [_HEAD, ["---"] * len(_HEAD), *map(_row, record.sets)]
    lines = [
        f"# Weight sets of network {record.network}",
        "",
        "Mean earth mover's distance (half trigger-cell pitches) of test events that no training",
        "saw: with the set that all began with, with one that had as many further steps on the",
        "events of the base, and with the one that was tuned. The error is that of the difference.",
        "",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def line_of(entry: LibrarySet) -> str:
    """What came of one set."""
    begin = f"set {entry.name}: {len(entry.modules)} modules"
    gain = entry.gain
    if gain is None:
        return begin
    return (
        f"{begin}; EMD {gain.adapted:.4f} on {gain.events} events, base {gain.base:.4f}, "
        f"control {gain.control:.4f}: {_nearer(entry)} nearer than the control"
    )


def _row(entry: LibrarySet) -> Sequence[str]:
    gain = entry.gain
    measured = ["", "", "", "", ""]
    if gain is not None:
        means = [f"{mean:.4f}" for mean in (gain.base, gain.control, gain.adapted)]
        measured = [str(gain.events), *means, _nearer(entry)]
    words = [entry.name, entry.condition, str(entry.links), entry.when, str(len(entry.modules))]
    return [cell.replace("|", "\\|") for cell in (*words, *measured)]


def _nearer(entry: LibrarySet) -> str:
    gain = entry.gain
    if gain is None:
        return ""
    share = 100 * gain.beyond_control / gain.control if gain.control else 0.0
    return f"{gain.beyond_control:.4f} ± {gain.error:.4f} ({share:.1f} %)"
