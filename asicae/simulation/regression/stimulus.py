"""What a regression streams: given events with directed ones behind, for every weight set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip.design import Design
from asicae.export.case import NamedWeights, PreparedSet, prepare_set, write_case
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.simulation import directed_events
from asicae.simulation.regression.mutation import Mutation, mutated

MIN_NONZERO = 0.2
STRESS_SET = "stress"


@dataclass(frozen=True)
class Stimulus:
    """Weight sets with their events and expected words; ``figures`` say what they reach."""

    sets: tuple[PreparedSet, ...]
    figures: dict[str, Any]

    def write(self, design: Design, folder: Path) -> None:
        """Lay down what chip benches read; see ``write_case``."""
        folder.mkdir(parents=True, exist_ok=True)
        write_case(design, self.sets, folder)


def prepare(
    network: Network,
    weight_sets: Sequence[NamedWeights],
    calq: npt.NDArray[np.integer],
    *,
    events: int,
    seed: int = 1,
    mutate: Mutation | None = None,
) -> Stimulus:
    """The first ``events`` of ``calq`` (n, 48) in AE order for each set, directed ones behind.

    When the given sets reach no saturated latent or no rounding tie, a set of large weights named
    "stress" comes behind. ``mutate`` plants one error in the first set.

    Raises:
        BadInput: fewer CALQ than ``events``, or no weight set.
        CheckFailed: a stimulus that would prove too little.
    """
    if not weight_sets:
        raise BadInput("weight sets: found none, at least one is to be loaded")
    given = directed_events.check_calq(calq, events)
    sets, figures = _prepared(network, weight_sets, given, seed)
    if mutate is not None:
        sets[0] = mutated(network, sets[0], mutate, seed)
    return Stimulus(tuple(sets), figures)


def _prepared(
    network: Network, weight_sets: Sequence[NamedWeights], calq: directed_events.Calq, seed: int
) -> tuple[list[PreparedSet], dict[str, Any]]:
    chosen = list(weight_sets)
    figures: dict[str, Any] = {}
    totals = {plan.name: directed_events.Coverage(0, 0) for plan in network.plans}
    prepared: list[PreparedSet] = []
    index = 0
    while index < len(chosen):
        name, weights = chosen[index]
        events = directed_events.with_directed(Encoder(network, weights), calq, seed + index)
        for layer, reached in directed_events.coverage(Encoder(network, weights), events).items():
            before = totals[layer]
            totals[layer] = directed_events.Coverage(
                before.saturations + reached.saturations, before.ties + reached.ties
            )
        ready = prepare_set(network, chosen[index], events)
        figures[f"stimulus.nonzero.{name}"] = _nonzero(ready)
        prepared.append(ready)
        index += 1
        if index == len(chosen) == len(weight_sets) and directed_events.missing_goals(
            network, totals
        ):
            chosen.append((STRESS_SET, directed_events.stress_weights(network, seed)))
    missing = directed_events.missing_goals(network, totals)
    if missing:
        raise CheckFailed(f"the stimulus proves too little: it lacks {', '.join(missing)}")
    for layer, total in totals.items():
        figures[f"stimulus.saturations.{layer}"] = total.saturations
        figures[f"stimulus.ties.{layer}"] = total.ties
    return prepared, figures


def _nonzero(prepared: PreparedSet) -> float:
    share = float(np.count_nonzero(prepared.latents) / prepared.latents.size)
    if share < MIN_NONZERO:
        raise CheckFailed(
            f"weight set {prepared.name}: {share:.1%} of the expected words are not zero, "
            f"at least {MIN_NONZERO:.0%} are needed for a proof"
        )
    return share
