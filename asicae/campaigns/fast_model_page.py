"""Table of how far the fast model is off."""

from collections.abc import Callable, Sequence

import numpy as np

from asicae.campaigns.fast_model_row import Compared, FarRow, FastRow
from asicae.campaigns.markdown import markdown_table
from asicae.campaigns.record import Record
from asicae.scan.fast.model import way_of

Errors = list[float]


def page(rows: Sequence[FastRow], far: Sequence[FarRow], made: Record) -> str:
    """Markdown: errors by way to build, chip by chip, and of what is far away."""
    settings = made.settings
    drawn = len({row.network.name for row in rows})
    lines = [
        "# Fast model",
        "",
        f"Written by `{made.command}`.",
        "",
        f"{drawn} drawn networks were synthesised, built in several ways, and simulated with gate",
        f"delays ({settings['library']}; {settings['timed_events']} events,",
        "drawn weights). Of each chip the model says what it was fitted to say without any chip of",
        "its network. Area and dynamic energy of an inference are at the library's node, before",
        "layout; errors are shares of what was estimated.",
        "",
        *markdown_table(
            ("", "chips", "area: median", "largest", "energy: median", "largest"),
            [
                _errors_row(name, some)
                for name, some in (*_by_way(rows).items(), ("all", list(rows)))
            ],
        ),
        "",
        "## Far away",
        "",
        "Not fitted, and far larger; estimated in [silicon.md](silicon.md) with other events.",
        "",
        *markdown_table(HEAD, [(row.network, row.built, *_figures(row)) for row in far]),
        "",
        "## Chip by chip",
        "",
        *markdown_table(HEAD, [(_described(row), row.built, *_figures(row)) for row in rows]),
    ]
    return "\n".join(lines) + "\n"


HEAD = ("", "built", "area mm²", "fast", "error", "energy pJ", "fast", "error")


def _by_way(rows: Sequence[FastRow]) -> dict[str, list[FastRow]]:
    found: dict[str, list[FastRow]] = {}
    for row in rows:
        found.setdefault(way_of(row.configuration), []).append(row)
    return found


def _errors_row(name: str, rows: Sequence[FastRow]) -> tuple[str, ...]:
    told = [name, str(len(rows))]
    of: tuple[Callable[[FastRow], Compared], ...] = (
        lambda row: row.area_um2,
        lambda row: row.dynamic_fj,
    )
    for figure in of:
        errors = [abs(figure(row).error) for row in rows]
        told += [f"{float(np.median(errors)):.1%}", f"{max(errors):.1%}"]
    return tuple(told)


def _described(row: FastRow) -> str:
    """A description in a few words: bits of codes and, layer by layer, of weights and outputs."""
    layers = [
        f"{plan.kind} {'x'.join(map(str, plan.output_shape))} w{plan.kernel.type.width} "
        f"o{plan.output_type.width}"
        for plan in row.network.weighted
    ]
    return (
        f"{row.network.name}: {row.network.arrangement} i{row.network.input.width}, "
        + ", ".join(layers)
    )


def _figures(row: FastRow | FarRow) -> tuple[str, ...]:
    area, energy = row.area_um2, row.dynamic_fj
    return (
        f"{area.estimated * 1e-6:.4f}",
        f"{area.predicted * 1e-6:.4f}",
        f"{area.error:+.1%}",
        f"{energy.estimated * 1e-3:.1f}",
        f"{energy.predicted * 1e-3:.1f}",
        f"{energy.error:+.1%}",
    )
