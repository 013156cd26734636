"""Held-out distances of the weight sets, exactness of QKeras against golden, speed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from asicae.chip import golden
from asicae.chip.normaliser import normalise
from asicae.concentrator.links import compression
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.readout.readouts import Readouts
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network
from asicae.runs.readouts import ALL_PARTS, load_part
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.runs.trained_sets import CONTROL_SET, DEAD_CELL_SET, training_settings
from asicae.training.dead_cells import are_any, chosen_cells
from asicae.training.record import (
    DEAD_CELLS_BASE,
    DEAD_CELLS_TUNED,
    EVALUATION_FOLDER,
    evaluation_file,
    set_name,
)
from asicae.training.sanity import check_learned

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings
    from asicae.training.trained import Trained

EXACTNESS_EVENTS = 20_000


def evaluate(run: RunView) -> Metrics:
    """Evaluate every trained set.

    Raises:
        CheckFailed: QKeras and golden differ, a set that has learned nothing.
    """
    from asicae.training.evaluate import evaluate_all, evaluate_dead_cells
    from asicae.training.trained import Trained

    s, network, folder = run.settings, load_network(run.path), run.path / EVALUATION_FOLDER
    training, test = load_part(run.path, "train"), load_part(run.path, "test")

    def load(name: str, links: int) -> Trained:
        return Trained.load(run.path, name, network, links, s.train.model)

    sets = {n: load(set_name(n), n) for n in s.links}
    metrics: dict[str, float | int | str] = dict(
        evaluate_all(sets, network, s.train, training, test, folder=folder)
    )
    every = list(sets.values())
    if are_any(s.dead_cells):
        tuned, control = (load(name, s.dead_cells_links) for name in (DEAD_CELL_SET, CONTROL_SET))
        cells = chosen_cells(s.dead_cells, s.dead_cells_seed)
        base = sets[s.dead_cells_links]
        metrics |= evaluate_dead_cells(base, tuned, control, network, test, cells, folder)
        every += [tuned, control]
    best = sets[max(s.links)]
    metrics.update(_exactness(every, network, test, s.train.seed))
    metrics["speed.golden_per_s"] = golden.speed(Encoder(network, best.weights), test.calq)
    metrics.update(compression(s.links))
    if not s.allow_worse_than_mean:
        check_learned(metrics, s.links)
    return metrics


def _exactness(
    sets: Sequence["Trained"], network: Network, test: Readouts, seed: int
) -> dict[str, float | int | str]:
    """QKeras against golden, on test events and on codes drawn with ``seed``."""
    from asicae.training.lowering import exactness_codes, qkeras_against_golden

    codes = normalise(test.calq, network.input)
    events = exactness_codes(network, codes, EXACTNESS_EVENTS, seed)
    results = [qkeras_against_golden(t.encoder, Encoder(network, t.weights), events) for t in sets]
    mismatches = sum(result.mismatches for result in results)
    if mismatches:
        raise CheckFailed(f"QKeras and golden differ in {mismatches} words")
    return {
        "exact.qkeras_vs_golden.words": sum(result.words for result in results),
        "exact.qkeras_vs_golden.mismatches": mismatches,
        "exact.qkeras_vs_golden.nonzero": min(r.nonzero_fraction for r in results),
        "exact.qkeras_vs_golden.saturated": min(r.saturated_fraction for r in results),
        "exact.qkeras_vs_golden.ties": min(r.ties_fraction for r in results),
    }


def _settings(settings: "RunSettings") -> dict[str, Any]:
    return {**training_settings(settings), "worse": settings.allow_worse_than_mean}


def _required(run: RunView) -> list[str]:
    files = [*map(evaluation_file, run.settings.links)]
    if are_any(run.settings.dead_cells):
        files += [DEAD_CELLS_BASE, DEAD_CELLS_TUNED]
    return [f"{EVALUATION_FOLDER}/{file}" for file in files]


STAGE = Stage(
    name="evaluate",
    title="held-out distances, exactness of QKeras against golden, speed",
    action=evaluate,
    settings=_settings,
    code=lambda s: s.train.own_code,
    inputs=(NETWORK, *ALL_PARTS, WEIGHTS, "model/*"),
    outputs=(f"{EVALUATION_FOLDER}/*.npz",),
    required=_required,
)
