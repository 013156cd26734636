"""A description as a picture: modules, occupancy, charges, sums, and how charge lies, by layer."""

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS
from asicae.readout.description import Description
from asicae.readout.spectrum import EXACT, edges

SUFFIXES: Final = (".png", ".pdf", ".svg")
_COLOURS: Final = "viridis"
_BAND_COLOUR: Final = "#c44e00"
_MERGED: Final = 8  # bins of the spectra that are one row of the picture above 64
_FEWEST_LAYERS: Final = 6  # shown, so that a single one is not as wide as the picture

Floats = npt.NDArray[Any]


def check_picture(path: Path, force: bool) -> None:
    """Make sure that a picture can be written there.

    Raises:
        BadInput: the ending is not that of a picture, or the file exists (without force).
    """
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{path}: ending {path.suffix!r}, allowed are {', '.join(SUFFIXES)}")
    files.refuse_existing(path, force)


def draw(description: Description, path: Path) -> Path:
    """Write the picture, atomically; the ending says in which format."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 12.0), layout="constrained", dpi=120)
    panels = figure.subplots(3, 2)
    _modules(panels[0, 0], description)
    _occupancy(figure, panels[0, 1], description)
    spectra = description.spectra
    _spectrum(figure, panels[1, 0], description, spectra.charge, "charge of a cell")
    _spectrum(figure, panels[1, 1], description, spectra.total, "sum of a module")
    _by_eta(panels[2, 0], description)
    _correlations(panels[2, 1], description)
    total = description.total
    figure.suptitle(
        f"{total.modules:,} modules, {total.occupancy_mean:.1f} of 48 cells filled on average,"
        f" {100 * total.with_signal / total.modules:.1f} % with signal"
    )
    buffer = io.BytesIO()
    # Without its date a picture depends on the readouts only.
    ending = path.suffix.lower()
    metadata = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(ending)
    figure.savefig(buffer, format=ending[1:], metadata=metadata)
    return files.write_bytes(path, buffer.getvalue())


def _axis(panel: Any, description: Description) -> Floats:
    """Label the axis of layers; the edges of one bin a layer."""
    from matplotlib.ticker import MaxNLocator

    layers = np.array(list(description.layers))
    panel.set_xlabel("layer")
    margin = max(0.5, (_FEWEST_LAYERS - (layers.max() - layers.min())) / 2)
    panel.set_xlim(layers.min() - margin, layers.max() + margin)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=16, integer=True, min_n_ticks=1))
    return np.arange(layers.min(), layers.max() + 2, dtype=np.float64) - 0.5


def _modules(panel: Any, description: Description) -> None:
    _axis(panel, description)
    layers = list(description.layers)
    modules = np.array([figures.modules for figures in description.layers.values()])
    signal = np.array([figures.with_signal for figures in description.layers.values()])
    panel.bar(layers, modules, width=0.85, color="#b8c4d0", label="all modules")
    if signal.any():
        panel.bar(layers, signal, width=0.5, color="#2b5c8a", label="with simulated signal")
        panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    else:
        panel.set_title("Modules")
    if modules.max() > 50 * modules.min():
        panel.set_yscale("log")
    panel.set_ylabel("modules")


def _occupancy(figure: Any, panel: Any, description: Description) -> None:
    borders = _axis(panel, description)
    counts = _shown(description, description.spectra.occupancy)
    mesh = _mesh(panel, borders, np.arange(50.0) - 0.5, counts)
    figure.colorbar(mesh, ax=panel, label="share of the modules of the layer")
    mean = [figures.occupancy_mean for figures in description.layers.values()]
    panel.plot(list(description.layers), mean, ".", color=_BAND_COLOUR, label="mean")
    panel.legend(loc="upper right", framealpha=0.9)
    panel.set_ylabel("cells of 48 above the lowest code")
    panel.set_title("Occupancy")


def _spectrum(figure: Any, panel: Any, description: Description, counts: Any, what: str) -> None:
    borders = _axis(panel, description)
    values, merged = _merged(_shown(description, counts))
    merged[:, 0] = 0  # zero has no place on a logarithmic axis; the table tells empty modules
    used = np.flatnonzero(merged.sum(axis=0))
    if not used.size:
        panel.text(0.5, 0.5, "no charge", ha="center", transform=panel.transAxes)
        return
    mesh = _mesh(panel, borders, values, merged)
    of = "modules" if "sum" in what else "filled cells"
    figure.colorbar(mesh, ax=panel, label=f"share of the {of} of the layer, per bin")
    figures = description.layers.values()
    middle = [f.sum_quantiles[1] if "sum" in what else f.charge_quantiles[1] for f in figures]
    panel.plot(list(description.layers), middle, ".", color=_BAND_COLOUR, label="median")
    panel.legend(loc="upper right", framealpha=0.9)
    panel.set_yscale("log")
    panel.set_ylim(max(values[used.min()], 0.5) / 1.5, values[used.max() + 1] * 1.5)
    panel.set_ylabel(f"{what} (CALQ units)")
    panel.set_title(what.capitalize())


def _by_eta(panel: Any, description: Description) -> None:
    """Occupancy and share of the hottest cell, both as shares, by interval of pseudorapidity."""
    words, shapes = list(description.eta_shapes), list(description.eta_shapes.values())
    place = np.arange(len(words))
    occupancy = np.array([shape.occupancy / N_CELLS for shape in shapes])
    panel.bar(place - 0.2, occupancy, 0.4, color="#2b5c8a", label="cells filled")
    hottest = np.array([shape.hottest for shape in shapes])
    panel.bar(place + 0.2, hottest, 0.4, color=_BAND_COLOUR, label="charge in the hottest cell")
    panel.set_xticks(place, words, rotation=20)
    panel.set_xlabel("|eta|")
    panel.set_ylabel("mean share")
    panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)


def _correlations(panel: Any, description: Description) -> None:
    _axis(panel, description)
    layers, shapes = list(description.layer_shapes), description.layer_shapes.values()
    lines = {
        "cells that touch": ([shape.near for shape in shapes], "#2b5c8a"),
        "cells far apart": ([shape.far for shape in shapes], "#8a9aa8"),
        "share of the hottest cell": ([shape.hottest for shape in shapes], _BAND_COLOUR),
    }
    for label, (values, colour) in lines.items():
        panel.plot(layers, values, ".-", color=colour, label=label)
    panel.axhline(0.0, color="#b8c4d0", linewidth=0.8)
    panel.set_ylabel("correlation, and share")
    panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)


def _shown(description: Description, counts: Any) -> Floats:
    """Counts of the layers from the first to the last that is present."""
    layers = list(description.layers)
    return np.asarray(counts[layers[0] : layers[-1] + 1], dtype=np.float64)


def _merged(counts: Floats) -> tuple[Floats, Floats]:
    """Edges and counts with bins of similar width on a logarithmic axis."""
    borders = edges().astype(np.float64)
    # Below 8 every value is a bin; further up four bins make a factor of two.
    starts = [*range(8), *(round(edge) for edge in np.geomspace(8, EXACT, 13)[:-1])]
    starts = [*sorted({*starts}), *range(EXACT, counts.shape[1], _MERGED)]
    merged = np.add.reduceat(counts, starts, axis=1)
    values = np.concatenate([borders[starts], borders[-1:]])
    # An integer n stands for the interval around it, so that edges lie between the values.
    values[1:] -= 0.5
    values[0] = 0.0
    return values, merged


def _mesh(panel: Any, borders: Floats, values: Floats, counts: Floats) -> Any:
    from matplotlib.colors import LogNorm

    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0).T
    shown = np.ma.masked_less_equal(share, 0.0)
    norm = LogNorm(max(float(shown.min()), 1e-5), float(shown.max()))
    return panel.pcolormesh(borders, values, shown, norm=norm, cmap=_COLOURS, rasterized=True)
