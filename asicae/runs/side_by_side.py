"""Runs side by side: in which settings they differ, and what each of them measured."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from asicae.foundation.aligned import aligned
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import one_line, short
from asicae.runs.flat_settings import Value, flat
from asicae.runs.job import Job

HEADLINES: Final = (
    "emd.autoencoder.*links",
    "emd.class*.autoencoder.*links",
    "hottest_found.autoencoder.*links",
    "exact.*.mismatches",
    "rtl.latency_bx",
    "weights.bits",
    "weights.load_ms_1mhz",
    "area.mm2_65nm.nominal",
    "energy.nj_65nm.nominal",
    "timing.slack_ns_65nm",
    "train.epochs",
    "train.seconds",
)
"""Metrics that are told unless others are asked for, as globs."""
NOT_THERE: Final = "-"
WIDEST: Final = 40
"""Characters of a value in a table."""
_CURVE: Final = re.compile(r"emd\.(?:(class\d+)\.)?autoencoder\.(\d+)links")


@dataclass(frozen=True)
class Row:
    """A setting or a metric, and its value in each run; None where a run has none."""

    name: str
    values: tuple[Value | None, ...]


@dataclass(frozen=True)
class SideBySide:
    """Runs in the order they were named.

    Attributes:
        runs: their folders.
        settings: all settings that any of them has, tables as dotted keys.
        metrics: all metrics that any of them has.
    """

    runs: tuple[str, ...]
    settings: tuple[Row, ...]
    metrics: tuple[Row, ...]

    @property
    def differing(self) -> tuple[Row, ...]:
        """Settings that are not alike in all runs."""
        return tuple(row for row in self.settings if len(set(map(repr, row.values))) > 1)

    def chosen(self, globs: Sequence[str]) -> tuple[Row, ...]:
        """Metrics that a glob takes, in the order of the globs, numbers in names as numbers.

        Raises:
            BadInput: one that takes none.
        """
        found: dict[str, Row] = {}
        for glob in globs:
            taken = {row.name: row for row in self.metrics if fnmatchcase(row.name, glob)}
            if not taken:
                raise BadInput(
                    f"--metric: found {short(glob)}, which is none of the {len(self.metrics)} "
                    "metrics of these runs; metrics.json of a run lists them"
                )
            found |= {name: taken[name] for name in sorted(taken, key=_numbered)}
        return tuple(found.values())

    @property
    def headlines(self) -> tuple[Row, ...]:
        """Those of ``HEADLINES`` that any run has."""
        there = [g for g in HEADLINES if any(fnmatchcase(row.name, g) for row in self.metrics)]
        return self.chosen(there)

    def curves(self) -> dict[str, dict[str, dict[int, float]]]:
        """Distance of the autoencoder by run and links, for all modules ("") and each class."""
        found: dict[str, dict[str, dict[int, float]]] = {}
        for row in self.metrics:
            if (match := _CURVE.fullmatch(row.name)) is None:
                continue
            of_class = found.setdefault(match[1] or "", {})
            for run, value in zip(self.runs, row.values, strict=True):
                if isinstance(value, float | int):
                    of_class.setdefault(run, {})[int(match[2])] = float(value)
        return found


def side_by_side(folders: Sequence[Path]) -> SideBySide:
    """Settings and metrics of two runs or more, as their stages left them.

    Raises:
        BadInput: fewer than two, one twice, no run, or a record that is not as it was left.
    """
    places = [folder.resolve() for folder in folders]
    twice = [str(f) for f, place in zip(folders, places, strict=True) if places.count(place) > 1]
    if len(folders) < 2 or twice:
        found = f"{twice[0]} twice" if twice else f"{len(folders)} run"
        raise BadInput(f"found {found}, allowed are two runs or more, each once")
    settings, metrics = [], []
    for folder in folders:
        job = Job.open(folder)
        job.require_records()
        settings.append(flat(job.settings))
        metrics.append(job.folder.metrics())
    return SideBySide(tuple(map(str, folders)), _rows(settings), _rows(metrics))


def told(found: SideBySide, globs: Sequence[str] = ()) -> Iterator[str]:
    """What differs in the settings, and the metrics asked for, as text.

    Raises:
        BadInput: as ``SideBySide.chosen``.
    """
    figures = found.chosen(globs) if globs else found.headlines
    differing = found.differing
    yield f"settings that differ, {len(differing)} of {len(found.settings)}"
    yield from _table(found.runs, differing)
    yield ""
    yield "metrics"
    yield from _table(found.runs, figures)


def as_csv(found: SideBySide) -> str:
    """All settings and metrics, a row each and a column for each run; empty where it has none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["kind", "name", *found.runs])
    for kind, rows in (("setting", found.settings), ("metric", found.metrics)):
        for row in rows:
            writer.writerow([kind, row.name, *("" if v is None else v for v in row.values)])
    return text.getvalue()


def _table(runs: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        yield from aligned([["", *runs], *([row.name, *map(_shown, row.values)] for row in rows)])


def _shown(value: Value | None) -> str:
    if value is None:
        return NOT_THERE
    return f"{value:.4g}" if isinstance(value, float) else one_line(str(value), WIDEST)


def _rows(of_runs: Sequence[Mapping[str, Value]]) -> tuple[Row, ...]:
    names = {name: None for each in of_runs for name in each}
    return tuple(Row(name, tuple(each.get(name) for each in of_runs)) for name in names)


def _numbered(name: str) -> list[tuple[int, str]]:
    """For sorting: 5 links before 10."""
    return [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", name) if p]
