"""Stimulus of the chip benches: given events plus directed ones, and what they reach."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.chip.normaliser import normalise
from asicae.foundation.errors import BadInput
from asicae.module.codes import CALQ_BITS, CALQ_MAX
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.golden import activations
from asicae.network.graph import INPUT
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights

SEARCH_EVENTS = 4000
"""Random events that are searched for saturations and ties."""
KEPT_PER_GOAL = 4
Calq = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Coverage:
    """What a stimulus reaches in one layer; counts are (event, output) pairs."""

    saturations: int
    ties: int


def with_directed(encoder: Encoder, calq: Calq, seed: int) -> Calq:
    """Given events followed by directed ones, int32 (events, 48) in AE order.

    Directed are: an empty module, every single hot cell, all cells at 2**22 - 1, one count in one
    cell, and events found by a seeded search that saturate or tie in each layer.
    """
    found = _search(encoder, np.random.default_rng(seed))
    return np.concatenate([calq, corner_events(), found])


def corner_events() -> Calq:
    """The directed events that need no weights, int32 (events, 48)."""
    empty = np.zeros((1, N_CELLS), dtype=np.int32)
    hot = np.eye(N_CELLS, dtype=np.int32)
    full = np.full((1, N_CELLS), CALQ_MAX, dtype=np.int32)
    ramp = (np.int32(1) << (np.arange(N_CELLS) % CALQ_BITS)).astype(np.int32)[None, :]
    return np.concatenate([empty, hot * CALQ_MAX, full, hot[:1], full * hot[-1:], ramp, empty])


def coverage(encoder: Encoder, calq: Calq) -> dict[str, Coverage]:
    """Values outside the range and rounding ties that ``calq`` (events, 48) reaches.

    A value below the range counts where it is not what ReLU makes zero anyway; a tie counts where
    its rounding can be told from the other at the layer's output.
    """
    return {
        name: Coverage(int(saturated.sum()), int(tied.sum()))
        for name, (saturated, tied) in _goals(encoder, calq).items()
    }


def missing_goals(network: Network, reached: Mapping[str, Coverage]) -> list[str]:
    """What the stimulus should reach and does not: ties in every layer, saturated latents.

    Latents count as saturated whatever the overflow mode makes of them; they are not asked for
    where no accumulator can leave the range.
    """
    missing = [f"a tie in {plan.name}" for plan in network.plans if _missed_tie(plan, reached)]
    last = network.plans[-1]
    if _can_saturate(last) and not reached[last.name].saturations:
        missing.append("a saturated latent")
    return missing


def stress_weights(network: Network, seed: int) -> Weights:
    """Random weights whose first filter or unit of each layer has the largest values.

    Trained weights may never saturate a latent; these do, on every not too small event.
    """
    arrays = {name: array.copy() for name, array in Weights.random(network, seed).arrays.items()}
    for parameter in network.parameters:
        arrays[parameter.name][..., 0] = parameter.type.raw_max
    return Weights.checked(network, arrays)


def check_calq(calq: npt.NDArray[np.integer], events: int) -> Calq:
    """The first ``events`` rows of ``calq``.

    Raises:
        BadInput: there are fewer, or ``events`` is not positive.
    """
    if events < 1:
        raise BadInput(f"events: found {events}, allowed are 1 and more")
    if len(calq) < events:
        raise BadInput(f"CALQ: found {len(calq)} events, {events} are to be streamed")
    return np.ascontiguousarray(calq[:events], dtype=np.int32)


def _missed_tie(plan: LayerPlan, reached: Mapping[str, Coverage]) -> bool:
    can_tie = plan.shift > 0 and not plan.output_type.rounding.truncates
    return can_tie and not reached[plan.name].ties


def _can_saturate(plan: LayerPlan) -> bool:
    whole = plan.output_type.rounded(plan.accumulator_range, plan.accumulator_fraction)
    return bool(_outside(whole, plan.output_type, plan.relu).any())


def _outside(whole: npt.NDArray[np.int64], kind: FixedPoint, relu: bool) -> npt.NDArray[np.bool_]:
    low, high = kind.limits
    clipped_anyway = kind.overflow is not Overflow.WRAP and (relu or not kind.signed)
    return (whole > high) | ((whole < low) & (not clipped_anyway))


def _tied(accumulators: npt.NDArray[np.int64], plan: LayerPlan) -> npt.NDArray[np.bool_]:
    """Where a half is rounded, and one way gives another output than the other."""
    kind, fraction = plan.output_type, plan.accumulator_fraction
    if kind.rounding.truncates:
        return np.zeros(accumulators.shape, dtype=bool)
    down = accumulators >> plan.shift
    ways = [kind.cast(down + up, kind.fraction) for up in (0, 1)]
    if plan.relu:
        ways = [np.maximum(way, 0) for way in ways]
    return np.asarray(kind.ties(accumulators, fraction) & (ways[0] != ways[1]))


def _search(encoder: Encoder, generator: np.random.Generator) -> Calq:
    events = _random_events(generator)
    chosen: list[npt.NDArray[np.int64]] = []
    for reached in _goals(encoder, events).values():
        for goal in reached:
            count = goal.reshape(len(events), -1).sum(axis=1)
            best = np.argsort(-count, kind="stable")[:KEPT_PER_GOAL]
            chosen.append(best[count[best] > 0])
    return events[np.unique(np.concatenate(chosen))]


def _random_events(generator: np.random.Generator) -> Calq:
    """Sparse and dense patterns, small and large charges, so that the sums cover all binades."""
    shape = (SEARCH_EVENTS, N_CELLS)
    hot = generator.random(shape) < generator.choice([0.03, 0.1, 0.3, 1.0], size=(shape[0], 1))
    limit = 2.0 ** generator.uniform(3, CALQ_BITS, size=(shape[0], 1))
    return (generator.random(shape) * limit * hot).astype(np.int32)


def _goals(
    encoder: Encoder, calq: Calq
) -> dict[str, tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    network, weights = encoder.network, encoder.weights
    codes = normalise(calq, network.input)
    known = {INPUT: network.image(codes)} | activations(encoder, codes)
    goals = {}
    for plan in network.plans:
        accumulators = plan.accumulators(weights.arrays, plan.joined(known))
        whole = plan.output_type.rounded(accumulators, plan.accumulator_fraction)
        saturated = _outside(whole, plan.output_type, plan.relu)
        goals[plan.name] = (saturated, _tied(accumulators, plan))
    return goals
