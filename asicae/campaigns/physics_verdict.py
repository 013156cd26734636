"""Who is nearest where over the seeds of a campaign, in words; codes that are trained plainly."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from asicae.campaigns.physics_row import WHOLE, Row
from asicae.comparison.links_record import LinksRecord
from asicae.comparison.links_table import measure_of, words_of
from asicae.comparison.verdict import (
    Key,
    Placed,
    in_words,
    is_fixed,
    rated_label,
    regime_words,
)


def placed(rows: Iterable[Row], regime: Key) -> list[Placed]:
    """Who is nearest of the codes of fixed rate, by links, among rows of one kind of modules.

    Level with the smallest mean are those that are not farther in every seed.
    """
    found = []
    for links, many in _by_links(_fixed(rows, regime)):
        best = min(many, key=lambda row: row.mean)
        others = sorted((row for row in many if row is not best), key=lambda row: row.mean)
        level = [row.algorithm for row in others if not _always_farther(row, best)]
        found.append(Placed(links, (best.algorithm, *level)))
    return found


def _always_farther(row: Row, best: Row) -> bool:
    return all(mine > its for mine, its in zip(row.emd, best.emd, strict=True))


def sentences(rows: Sequence[Row]) -> Iterator[str]:
    """One sentence a kind of modules: who is nearest in which regime."""
    for modules, many in groupby(rows, lambda row: row.modules):
        mine = list(many)
        said = in_words({regime: placed(mine, regime) for regime in occupancies(mine)})
        if said:
            yield f"{modules}: {said}."


def occupancies(rows: Iterable[Row]) -> list[Key]:
    """Regimes by occupancy, in their order."""
    return list(dict.fromkeys((r.breakdown, r.regime) for r in rows if r.breakdown == "occupancy"))


def about(rows: Sequence[Row], algorithm: str) -> Iterator[str]:
    """Where an algorithm is nearest, where it is level, and what it is elsewhere that it is."""
    wins: dict[bool, list[str]] = {True: [], False: []}
    others = 0
    for modules, many in groupby(rows, lambda row: row.modules):
        mine = list(many)
        there = {
            (row.breakdown, row.regime, row.links) for row in mine if row.algorithm == algorithm
        }
        for regime in occupancies(mine):
            for each in placed(mine, regime):
                if (*regime, each.links) not in there:
                    continue
                if algorithm in each.algorithms:
                    where = f"{modules}, {regime_words(*regime)}, {_links(each.links)}"
                    wins[each.algorithms[0] == algorithm].append(where)
                else:
                    others += 1
    yield f"Nearest of the codes of fixed rate: {'; '.join(wins[True]) or 'nowhere'}."
    yield f"Level with the nearest: {'; '.join(wins[False]) or 'nowhere'}."
    yield f"Farther than another one in every seed: the other {others} cases of cells and links."


def beside_nearest(rows: Sequence[Row], algorithm: str) -> Iterator[list[str]]:
    """Cells of a table: an algorithm and the nearest other code of fixed rate, all events."""
    yield ["modules", "links", rated_label(algorithm).lower(), "nearest other", "its", "ratio"]
    for modules, many in groupby(rows, lambda row: row.modules):
        for links, here in _by_links(_fixed(many, WHOLE)):
            mine = [row for row in here if row.algorithm == algorithm]
            rest = [row for row in here if row.algorithm != algorithm]
            if mine and rest:
                best = min(rest, key=lambda row: row.mean)
                yield [
                    *(modules, str(links), f"{mine[0].mean:.3f}", rated_label(best.algorithm)),
                    *(f"{best.mean:.3f}", _ratio(mine[0].mean, best.mean)),
                ]


def links_of(record: LinksRecord, algorithm: str) -> Iterator[str]:
    """A sentence a fidelity: where a code of fixed rate needs fewer links, and where it never has
    it.
    """
    for each in record.needed:
        if each.code.algorithm != algorithm:
            continue
        found = dict(sorted((int(name), many) for name, many in each.by_class.items()))
        groups = {
            "saves links in": [n for n, many in found.items() if many is not None and many < n],
            "takes what they have in": [n for n, many in found.items() if many == n],
            "needs more in": [n for n, many in found.items() if many is not None and many > n],
            "never has it in": [n for n, many in found.items() if many is None],
        }
        said = [f"{what} class {', '.join(map(str, in_))}" for what, in_ in groups.items() if in_]
        yield f"Links, {measure_of(each.fidelity)} {words_of(each.fidelity)}: {'; '.join(said)}."


def _ratio(mine: float, its: float) -> str:
    return f"{mine / its:.2f}" if its else "–"


def _fixed(rows: Iterable[Row], regime: Key) -> list[Row]:
    return [
        row
        for row in rows
        if is_fixed(row.algorithm) and not row.behind and (row.breakdown, row.regime) == regime
    ]


def _by_links(rows: Iterable[Row]) -> list[tuple[int, list[Row]]]:
    ordered = sorted(rows, key=lambda row: row.links)
    return [(links, list(many)) for links, many in groupby(ordered, lambda row: row.links)]


def _links(links: int) -> str:
    return f"{links} link" + ("s" if links > 1 else "")
