"""Settings of Adaptive Choice fitted to readouts of any size, as a file for runs and encoding."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from asicae.concentrator.algorithms.adaptive_choice import (
    FITTED_EVENTS,
    AdaptiveChoice,
    AdaptiveChoiceSettings,
)
from asicae.foundation.errors import BadInput
from asicae.foundation.files import refuse_existing, write_text
from asicae.foundation.progress import track
from asicae.readout.occupancy import occupied_cells
from asicae.readout.options import Options
from asicae.readout.reading import stream
from asicae.readout.readouts import Readouts, concatenate
from asicae.readout.rejected import Rejected
from asicae.readout.selection import Selection

USUAL_LINKS: Final = (1, 2, 3, 4, 5)
FEWEST: Final = 100
"""Modules that a fit needs."""
TABLE: Final = ("compare", "given")
"""Where settings by algorithm and links stand in the settings of a run."""


@dataclass(frozen=True)
class Fitted:
    """Settings of Adaptive Choice by links.

    Attributes:
        modules: to which they were fitted.
        found: modules that they were drawn from.
        settings: one a number of links.
    """

    modules: int
    found: int
    settings: tuple[AdaptiveChoiceSettings, ...]

    def told(self) -> Iterator[str]:
        """What was found, a line a number of links."""
        for each in self.settings:
            values = AdaptiveChoice().chosen_values(each)
            words = ", ".join(f"{name} {value}" for name, value in values.items())
            yield f"{each.links} links: {words}"
        yield f"fitted to {self.modules} of {self.found} modules"

    def save(self, path: Path) -> Path:
        """Write a table of a run's settings, TOML."""
        algorithm = AdaptiveChoice()
        lines = [f"# Fitted to {self.modules} of {self.found} modules."]
        for each in self.settings:
            where = ".".join((*TABLE, algorithm.name, str(each.links)))
            values = algorithm.chosen_values(each).items()
            lines += ["", f"[{where}]", *(f"{name} = {_toml(value)}" for name, value in values)]
        write_text(path, "\n".join(lines) + "\n")
        return path


def fit_files(
    paths: Sequence[str],
    out: Path,
    links: Sequence[int],
    cells: int,
    seed: int,
    options: Options,
    selection: Selection,
    rejected: Rejected,
    force: bool,
) -> Fitted:
    """Fit to the modules of files, see ``fit``, and write ``out``.

    Args:
        paths: readouts in any format, files or globs.
        out: name ending in ``.toml``.
        links: numbers of links.
        cells: above the lowest code that a module has at least.
        seed: of the draw.
        options: how the files are read.
        selection: which modules are wanted.
        rejected: what to do with bad modules.
        force: replace ``out``.

    Raises:
        BadInput: another name, readouts that cannot be used, and what ``fit`` raises.
    """
    if out.suffix != ".toml":
        raise BadInput(f"{out}: found {out.suffix or 'no ending'}, allowed is .toml")
    refuse_existing(out, force)
    chunks = stream(paths, options, selection, rejected=rejected)
    found = fit(track(chunks, "reading"), links, cells, seed)
    found.save(out)
    return found


def fit(chunks: Iterable[Readouts], links: Sequence[int], cells: int, seed: int) -> Fitted:
    """Fit to modules drawn evenly from readouts.

    Args:
        chunks: the readouts.
        links: numbers of links.
        cells: above the lowest code that a module has at least.
        seed: of the draw.

    Raises:
        BadInput: links that the algorithm has not, fewer than ``FEWEST`` such modules.
    """
    algorithm = AdaptiveChoice()
    allowed = algorithm.link_counts({})
    for count in links:
        if count not in allowed:
            raise BadInput(
                f"links is {count}, {algorithm.name} is defined at {allowed[0]} to {allowed[-1]}"
            )
    kept, found = _drawn(chunks, cells, seed)
    if found < FEWEST:
        raise BadInput(
            f"{algorithm.name}: {found} modules with {cells} or more cells above the lowest code,"
            f" {FEWEST} are needed to fit to"
        )
    (drawn,) = kept
    shown = track(sorted(set(links)), "fitting by links")
    fitted = tuple(algorithm.candidates(count, drawn.calq)[0] for count in shown)
    return Fitted(len(drawn), found, fitted)


def _drawn(chunks: Iterable[Readouts], cells: int, seed: int) -> tuple[list[Readouts], int]:
    """At most ``FITTED_EVENTS`` of the modules with so many cells, if any; how many there are."""
    generator, found = np.random.default_rng(seed), 0
    kept: list[Readouts] = []
    keys = np.empty(0)
    for chunk in chunks:
        here = chunk.select(occupied_cells(chunk) >= cells)
        if not len(here):
            continue
        found += len(here)
        joined = concatenate([*kept, here])
        every = np.concatenate([keys, generator.random(len(here))])
        # The smallest keys of all are an even draw, whatever the chunks.
        chosen = np.sort(np.argsort(every, kind="stable")[:FITTED_EVENTS])
        kept, keys = [joined.select(chosen)], every[chosen]
    return kept, found


def given_in(values: Mapping[str, Any], algorithm: str, links: int, source: str) -> dict[str, Any]:
    """Settings of an algorithm at a number of links from the settings of a run.

    Raises:
        BadInput: none are there.
    """
    place = (*TABLE, algorithm, str(links))
    found: Any = values
    for name in place:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, dict):
        raise BadInput(f"{source}: {'.'.join(place)}: missing, it is needed beside other tables")
    return found


def _toml(value: int | str) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'
