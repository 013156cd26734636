"""Panels of single events: what went in, the latents, what came out."""

from collections.abc import Iterator

import numpy as np

from asicae.report import figures
from asicae.report.run_data import Panel, Run
from asicae.training.record import DEAD_CELLS_BASE, DEAD_CELLS_TUNED, evaluation_file

EVENTS_SHOWN = (0.3, 0.6, 0.9)


def event_panels(run: Run) -> Iterator[Panel]:
    """Events at fixed quantiles of the distance, so that none is picked by eye."""
    if not run.links:
        return
    links = run.links[-1]
    held_out = run.evaluation(evaluation_file(links))
    if held_out is None:
        return
    order = np.argsort(np.where(held_out.kept, held_out.emd, np.inf))
    kept = int(held_out.kept.sum())
    for quantile in EVENTS_SHOWN:
        k = int(order[int(quantile * (kept - 1))])
        figure = figures.event(
            held_out.reference[k].astype(float),
            held_out.latents[k],
            held_out.reconstructed[k].astype(float),
            int(held_out.latents.max()),
        )
        share = f"{100 * quantile:.0f} % of the held-out events are closer"
        caption = f"EMD {held_out.emd[k]:.2f} at {links} links; {share}. Colour: log of charge."
        yield Panel(f"Event {k}", figures.svg(figure), caption)


def dead_cell_panels(run: Run) -> Iterator[Panel]:
    """A module with dead trigger cells under the base weights and under the tuned ones."""
    base, tuned = map(run.evaluation, (DEAD_CELLS_BASE, DEAD_CELLS_TUNED))
    if base is None or tuned is None:
        return
    lost = (base.reference - base.calq).sum(axis=1)
    hurt = base.kept & (lost > 0) & base.calq.any(axis=1)
    if not hurt.any():
        return
    order = np.argsort(np.where(hurt, lost / base.reference.sum(axis=1).clip(1), np.inf))
    seen, true = base.calq.any(axis=0), base.reference.any(axis=0)
    of_all = np.flatnonzero(true & ~seen)
    means = [float(np.mean(each.distances)) for each in (base, tuned)]
    share = 100 * float(hurt.mean())
    for quantile in EVENTS_SHOWN:
        k = int(order[int(quantile * (int(hurt.sum()) - 1))])
        arrays = (base.reference, base.calq, base.reconstructed, tuned.reconstructed)
        images = [array[k].astype(float) for array in arrays]
        # Where each module has dead cells of its own, those of this one that lost charge.
        of_one = np.flatnonzero(images[0] > images[1])
        dead = [int(cell) for cell in (of_all if of_all.size else of_one)]
        figure = figures.dead_event(images[0], images[1], images[2], images[3], dead)
        caption = (
            f"{len(dead)} dead cells (crosses) took {100 * lost[k] / images[0].sum():.0f} % of the "
            f"charge. EMD {base.emd[k]:.2f} with the base weights, {tuned.emd[k]:.2f} with "
            f"the tuned ones; means over the held-out events of such modules {means[0]:.3f} and "
            f"{means[1]:.3f} ({share:.0f} % of them lose charge)."
        )
        yield Panel(f"Dead cells, event {k}", figures.svg(figure), caption)
