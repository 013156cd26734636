"""Panels of the training: losses, distances, response."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from asicae.report import figures
from asicae.report.run_data import Panel, Run
from asicae.training.history import HISTORY_FILE, read_history
from asicae.training.record import evaluation_file, set_name


def training_panels(run: Run) -> Iterator[Panel]:
    """Loss curves, distance by links, distributions."""
    path = run.folder / HISTORY_FILE
    if path.is_file():
        caption = "Thick: validation, thin: training. One weight set per link count."
        yield Panel("Loss", figures.svg(figures.loss_curves(_curves(path, run))), caption)
    m = run.metrics
    if run.links and {"emd.mean_image", "emd.untrained"} <= m.keys():
        distances = [float(m[f"emd.autoencoder.{n}links"]) for n in run.links]
        baselines = {
            "mean image": float(m["emd.mean_image"]),
            "untrained": float(m["emd.untrained"]),
        }
        figure = figures.distance_by_links(run.links, distances, baselines)
        caption = (
            "Exact optimal transport on the hexagonal cell centres, held-out events; "
            f"{m.get('emd.events_excluded', 0):g} events without charge are left out."
        )
        yield Panel("Distance by link count", figures.svg(figure), caption)
    files = {_in_words(n): run.evaluation(evaluation_file(n)) for n in run.links}
    found = {name: held_out for name, held_out in files.items() if held_out is not None}
    if found:
        distance = {name: held_out.distances for name, held_out in found.items()}
        high = float(np.quantile(np.concatenate(list(distance.values())), 0.99))
        figure = figures.histograms(distance, "EMD (adjacent cell = 2)", 0.0, high)
        yield Panel("Distance, event by event", figures.svg(figure), "Last bin: overflow.")
        response = {name: held_out.hottest_cell_ratios for name, held_out in found.items()}
        figure = figures.histograms(response, "hottest cell, decoded / true charge", 0.0, 2.0)
        caption = (
            "The module sum travels as 5E4M code beside the latents (response in the table "
            "below); this is the charge of each event's hottest trigger cell."
        )
        yield Panel("Response of the hottest cell", figures.svg(figure), caption)


def _in_words(links: int) -> str:
    return f"{links} link" if links == 1 else f"{links} links"


def _curves(path: Path, run: Run) -> dict[str, tuple[figures.Floats, figures.Floats]]:
    """Training and validation loss by epoch, by weight set in words."""
    words = {set_name(n): _in_words(n) for n in run.provenance["settings"]["links"]}
    return {
        words.get(name, name.replace("_", " ")): (
            np.array([epoch.train_loss for epoch in epochs]),
            np.array([epoch.validation_loss for epoch in epochs]),
        )
        for name, epochs in read_history(path).items()
    }
