"""Words between the blocks of layers in phases: their values by golden, a row a phase."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import PIXELS, layer_words
from asicae.chip.phased import AHEAD, NOW, PhasedLayer, phase_words
from asicae.network.plan import WeightedPlan
from asicae.network.weights import Weights

BY_PHASE: Final = "{} by phase"
"""Under which values of words are named that are another in each phase, where those have others."""
Integers = npt.NDArray[np.integer[Any]]


def phase_rows(phases: int, crossings: int) -> Integers:
    """The lines that tell the phase, in each of so many crossings: (crossings * phases, phases)."""
    return np.tile(np.eye(phases, dtype=np.int64), (crossings, 1))


def phased_values(
    plans: Sequence[WeightedPlan], phases: int, words: Mapping[str, Integers], weights: Weights
) -> dict[str, Integers]:
    """Values (events * phases, count) of all words that are another in each phase, by name.

    ``words``: those of whole events (events, count), of a first layer that sees ``pixels``.
    """
    events = len(next(iter(words.values())))
    found: dict[str, Integers] = {phase_words(phases).name: phase_rows(phases, events)}
    source, before = words[PIXELS], None
    for plan in plans:
        made, output = PhasedLayer(plan, phases, before), words[layer_words(plan).name]
        found |= _outputs(made, output)
        found |= _windows(made, source) if made.is_window else _weights(made, source, weights)
        source, before = output, plan
    return found


def _outputs(made: PhasedLayer, output: Integers) -> dict[str, Integers]:
    """The parts of a layer's outputs, and what its stages make of them."""
    events, rows = len(output), len(output) * made.phases
    repeated = output.reshape(events, len(made.live), -1)
    part = repeated[:, made.live].reshape(rows, -1)
    # Each part is there from its phase on for a crossing; before the first there is nothing.
    past = np.concatenate([np.zeros((made.phases, part.shape[1]), part.dtype), part])
    late = [past[n + 1 : n + 1 + rows] for n in range(made.phases)]
    whole = np.zeros((rows, len(made.live), repeated.shape[2]), part.dtype)
    whole[:, made.live] = np.concatenate(late, axis=1).reshape(rows, made.repeats, -1)
    found = {made.parts[0].name: part}
    if made.has_still:
        still = repeated[:, ~made.live][:, 0]
        found[made.parts[1].name] = np.repeat(still, made.phases, axis=0)
        whole[:, ~made.live] = found[made.parts[1].name][:, None]
    return found | {BY_PHASE.format(layer_words(made.plan).name): whole.reshape(rows, -1)}


def _windows(made: PhasedLayer, source: Integers) -> dict[str, Integers]:
    """What a convolution sees of its inputs (events, inputs)."""
    events, rows = len(source), len(source) * made.phases
    data = np.concatenate([source, np.zeros((events, 1), np.int64)], axis=1)
    windows = np.zeros((rows, made.windows.count), np.int64)
    windows[:, : made.sources[0].size] = data[:, made.sources].reshape(rows, -1)
    return {made.windows.name: windows}


def _weights(made: PhasedLayer, source: Integers, weights: Weights) -> dict[str, Integers]:
    """What a dense layer is given, of the phase and of the one that follows, whatever comes."""
    plan, still = made.plan, np.flatnonzero(made.still)
    kernel = weights.arrays[plan.kernel.name].reshape(plan.inputs, plan.channels)
    bias = weights.arrays[plan.bias.name].astype(np.int64)
    constants = source[0, still].astype(np.int64) @ kernel[still].astype(np.int64)
    constants = (constants << plan.product_shift) + (bias << plan.bias_shift)
    found: dict[str, Integers] = {}
    for words, array in (
        (made.kernel_of, kernel),
        (made.bias_of, bias[None]),
        (made.constants_of, constants[None]),
    ):
        parts = array.reshape(-1, made.phases, made.units).swapaxes(0, 1)
        parts = parts.reshape(made.phases, -1)
        for when, rows in ((NOW, parts), (AHEAD, np.roll(parts, -1, axis=0))):
            found[words(when).name] = np.tile(rows, (len(source), 1))
    return found
