"""A description as tables for the terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from asicae.foundation.printable import printable
from asicae.readout.description import Description, Figures
from asicae.readout.shape import Shape

if TYPE_CHECKING:
    from rich.table import Table

_MAX_SOURCES: Final = 3
_MAX_CHARACTERS: Final = 300


def tables(description: Description, title: str) -> "list[Table]":
    """Tables of everything, of the layers, and of how charge lies, about 100 columns wide."""
    return [_summary(description, title), _layers(description), _shapes(description)]


def _summary(description: Description, title: str) -> "Table":
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    heading = escape(printable(title))
    table = Table(title=heading, show_header=False, box=box.SIMPLE, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    low, high = description.eta_range
    total = description.total
    rows = {
        "modules": f"{total.modules:,}",
        "high density": _share(description.high_density, total.modules),
        "sensor, µm": _listed(description.per_wafer_type),
        "pileup (-1: unknown)": _listed(description.per_pileup),
        "lowest charge, LD and HD": ", ".join(map(_lowest, description.lowest)),
        "|eta|": f"{low:.2f} to {high:.2f}" if high else "unknown",
    }
    sources = [_shortened(printable(source)) for source in description.sources[:_MAX_SOURCES]]
    if len(description.sources) > _MAX_SOURCES:
        sources.append(f"and {len(description.sources) - _MAX_SOURCES} more")
    rows["source"] = "\n".join(sources)
    for key, value in rows.items():
        table.add_row(escape(key), escape(value))
    return table


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: _MAX_CHARACTERS - 3]}..."


def _layers(description: Description) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(
        title="By layer: occupancy in cells of 48, charges in CALQ units, 5 to 95 % in brackets",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for column in ("layer", "modules", "empty", "signal", "mean occupancy", "median charge",
                   "largest", "median module sum", "largest"):  # fmt: skip
        table.add_column(column, justify="right")
    for layer, figures in description.layers.items():
        table.add_row(str(layer), *_cells(figures))
    table.add_section()
    table.add_row("all", *_cells(description.total), style="bold")
    return table


def _lowest(charge: int) -> str:
    return "0" if charge == 0 else f"{charge} (the decoded code 0, which is empty)"


def _shapes(description: Description) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(
        title="How charge lies: cells above the lowest code, share of the hottest cell in the sum,"
        " correlations of cells that touch and of far ones",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for column in ("", "modules", "occupancy", "hottest cell", "touching", "far"):
        table.add_column(column, justify="right")
    for layer, shape in description.layer_shapes.items():
        table.add_row(f"layer {layer}", *_shape(shape))
    table.add_section()
    for eta, shape in description.eta_shapes.items():
        table.add_row(f"|eta| {eta}", *_shape(shape))
    table.add_section()
    table.add_row("all", *_shape(description.shape), style="bold")
    return table


def _shape(shape: Shape) -> list[str]:
    return [
        f"{shape.modules:,}",
        f"{shape.occupancy:.1f}",
        f"{100 * shape.hottest:.0f} %",
        *(f"{value:.2f}" if np.isfinite(value) else "-" for value in (shape.near, shape.far)),
    ]


def _cells(figures: Figures) -> list[str]:
    return [
        f"{figures.modules:,}",
        _share(figures.empty, figures.modules),
        _share(figures.with_signal, figures.modules),
        f"{figures.occupancy_mean:.1f} {_band(figures.occupancy_quantiles)}",
        f"{figures.charge_quantiles[1]:,.0f} {_band(figures.charge_quantiles)}",
        f"{figures.charge_max:,}",
        f"{figures.sum_quantiles[1]:,.0f} {_band(figures.sum_quantiles)}",
        f"{figures.sum_max:,}",
    ]


def _band(values: tuple[float, ...]) -> str:
    return f"({values[0]:,.0f} to {values[2]:,.0f})"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def _listed(counts: Mapping[int, int]) -> str:
    return ", ".join(f"{value}: {count:,}" for value, count in counts.items())
