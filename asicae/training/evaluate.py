"""How well a trained pair does on readouts it has not seen, through the golden integers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.chip import golden
from asicae.foundation.errors import BadInput
from asicae.metrics.distances import Distances, emd
from asicae.metrics.images import mean_image
from asicae.metrics.response import EnergyScale, energy_scale
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.readout.readouts import Readouts
from asicae.training.dead_cells import DeadCells, are_damaged, with_dead_cells
from asicae.training.decoder import decode_latents
from asicae.training.fit import untrained
from asicae.training.record import (
    DEAD_CELLS_BASE,
    DEAD_CELLS_TUNED,
    EvaluationRecord,
    evaluation_file,
)
from asicae.training.settings import TrainSettings
from asicae.training.trained import Trained


@dataclass(frozen=True)
class Evaluation:
    """Held-out results of one weight set.

    Attributes:
        latents: uint16[n,latents] as they leave the chip, from the golden integers.
        sums: uint16[n], 5E4M module sums.
        reconstructed: float64[n,48] decoded charges, CALQ units, AE order.
        distances: EMD of the events against the reference.
        energy: response and resolution of the module sum.
        dead_latents: latents that have one value over all events.
    """

    latents: npt.NDArray[np.uint16]
    sums: npt.NDArray[np.uint16]
    reconstructed: npt.NDArray[np.float64]
    distances: Distances
    energy: EnergyScale
    dead_latents: int

    def save(self, path: Path, readouts: Readouts, reference: Readouts | None = None) -> Path:
        """Write an ``EvaluationRecord``; ``reference`` holds the true charges where they differ."""
        distance = np.full(len(self.distances.kept), np.nan)
        distance[self.distances.kept] = self.distances.values
        record = EvaluationRecord(
            readouts.calq,
            (readouts if reference is None else reference).calq,
            self.latents,
            self.sums,
            self.reconstructed.astype(np.float32),
            distance,
            self.distances.kept,
        )
        return record.save(path)


def evaluate(
    trained: Trained, network: Network, readouts: Readouts, reference: Readouts | None = None
) -> Evaluation:
    """Encode with the golden integers, decode, and compare.

    Args:
        trained: the weight set with its decoder.
        network: its description.
        readouts: what enters the concentrator.
        reference: the same events with the true charges where these differ (dead cells).

    Raises:
        BadInput: no event, another number of reference events.
    """
    truth = readouts if reference is None else reference
    if not len(readouts) or len(truth) != len(readouts):
        raise BadInput(f"evaluation: {len(readouts)} events, {len(truth)} reference events")
    encoded = golden.run(Encoder(network, trained.weights), readouts.calq)
    decoded = decode_latents(trained.decoder, network, encoded.latents, encoded.sums, readouts)
    constant = (encoded.latents == encoded.latents[0]).all(axis=0)
    return Evaluation(
        encoded.latents,
        encoded.sums,
        decoded,
        emd(truth.calq, decoded),
        energy_scale(truth.calq, decoded),
        int(constant.sum()),
    )


def evaluate_all(
    sets: Mapping[int, Trained],
    network: Network,
    settings: TrainSettings,
    train_readouts: Readouts,
    test_readouts: Readouts,
    *,
    folder: Path | None = None,
) -> dict[str, float]:
    """Metrics of one weight set per link count, with two baselines.

    ``emd.untrained`` is the same encoder and decoder at the initialisation from which training
    starts, at the highest link count. ``emd.mean_image`` sends nothing: the mean unit-sum image of
    the training events stands for every event. ``emd.events_excluded`` counts test events that
    have no distance, ``train.dead_latents`` the largest number of constant latents in any set.

    Args:
        sets: link count to weight set.
        network: description of all sets.
        settings: those of the training.
        train_readouts: for the mean image only.
        test_readouts: held out from training and validation.
        folder: where the files of ``evaluation_file`` go, if given.

    Raises:
        BadInput: no sets, no events.
    """
    if not sets:
        raise BadInput("evaluation: no weight sets, at least one is needed")
    metrics: dict[str, float] = {}
    results = {links: evaluate(trained, network, test_readouts) for links, trained in sets.items()}
    for links, result in sorted(results.items()):
        metrics |= _metrics(f"autoencoder.{links}links", result)
        if folder is not None:
            result.save(folder / evaluation_file(links), test_readouts)
    metrics["train.dead_latents"] = max(result.dead_latents for result in results.values())
    metrics["emd.events_excluded"] = max(r.distances.excluded for r in results.values())
    average = np.tile(mean_image(train_readouts.calq), (len(test_readouts), 1))
    metrics["emd.mean_image"] = emd(test_readouts.calq, average).mean
    start = untrained(network, settings, max(sets))
    metrics["emd.untrained"] = evaluate(start, network, test_readouts).distances.mean
    return metrics


def evaluate_dead_cells(
    base: Trained,
    tuned: Trained,
    control: Trained,
    network: Network,
    readouts: Readouts,
    cells: DeadCells,
    folder: Path,
) -> dict[str, float]:
    """Metrics of modules with dead ``cells``, under the base weights and under the tuned ones.

    Events of other modules tell nothing about them and are left out; ``emd.dead_cells_events``
    counts the rest. The charges of the intact modules are the reference.

    Args:
        base: weight set of intact modules.
        tuned: the set that was adapted to these cells.
        control: the set that had the same further epochs on intact modules.
        network: description of both.
        readouts: intact, held out from training and validation.
        cells: AE order, of all modules or of some.
        folder: where ``DEAD_CELLS_BASE`` and ``DEAD_CELLS_TUNED`` go.

    Raises:
        BadInput: see ``with_dead_cells`` and ``evaluate``.
    """
    readouts = readouts.select(are_damaged(readouts, cells))
    dead = with_dead_cells(readouts, cells)
    metrics: dict[str, float] = {"emd.dead_cells_events": len(readouts)}
    for name, file, trained in (
        ("base", DEAD_CELLS_BASE, base),
        ("tuned", DEAD_CELLS_TUNED, tuned),
    ):
        result = evaluate(trained, network, dead, readouts)
        result.save(folder / file, dead, readouts)
        metrics[f"emd.dead_cells_{name}.{base.links}links"] = result.distances.mean
    more = evaluate(control, network, dead, readouts)
    return metrics | {f"emd.dead_cells_control.{base.links}links": more.distances.mean}


def _metrics(name: str, result: Evaluation) -> dict[str, float]:
    """``emd.<name>``, ``response.<name>`` and ``resolution.<name>`` of a result."""
    return {
        f"emd.{name}": result.distances.mean,
        f"response.{name}": result.energy.response,
        f"resolution.{name}": result.energy.resolution,
    }
