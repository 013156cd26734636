"""From trained QKeras layers to raw integers, and the proof that both compute the same."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS
from asicae.network import golden
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.graph import INPUT
from asicae.network.importing.architecture import model_of
from asicae.network.importing.importer import ImportChoice, lower_model
from asicae.network.importing.model_file import StoredModel
from asicae.network.plan import LayerPlan, Parameter
from asicae.network.weights import Weights
from asicae.training.encoder import check_expressible, images

BATCH = 2048
SOURCE = "encoder"


@dataclass(frozen=True)
class Exactness:
    """QKeras against golden on a stimulus; one latent is one word.

    Attributes:
        words: latents compared.
        mismatches: latents that differ.
        nonzero_fraction: share of golden latents that are not zero.
        saturated_fraction: share of the rounded values of all layers at the top of their range.
        ties_fraction: share of the values of all layers that lay exactly between two codes.
    """

    words: int
    mismatches: int
    nonzero_fraction: float
    saturated_fraction: float
    ties_fraction: float


def lower(encoder: Any, network: Network, keep: npt.NDArray[np.uint16] | None = None) -> Weights:
    """The weight set of a QKeras encoder, in raw integers.

    Args:
        encoder: a model whose layers carry the names of the network's layers.
        network: what the weights are for.
        keep: mask of the latent bits, all ones unless given.

    Raises:
        BadInput: a layer is missing or does something else, or a quantised weight is not exactly
            representable in its type; a network that QKeras cannot express.
    """
    check_expressible(network)
    stored = StoredModel(
        model_of(json.loads(encoder.to_json()), SOURCE),
        {(layer.name,): {v.name: np.asarray(v) for v in layer.weights} for layer in encoder.layers},
    )
    choice = ImportChoice(input=network.input, arrangement=network.arrangement, name=network.name)
    found = lower_model(stored, choice, SOURCE, network.name)
    _check_layers(found.network, network)
    own = {array.name: array for array in found.network.parameters}
    arrays = {
        target.name: _converted(found.weights.arrays[target.name], own[target.name], target)
        for target in network.parameters
    }
    return Weights.checked(network, arrays, keep, SOURCE)


def exactness_codes(
    network: Network, codes: npt.NDArray[np.integer[Any]], events: int, seed: int
) -> Any:
    """Codes [events,48] for ``qkeras_against_golden``: real events, and corners that these miss.

    The first half repeats ``codes``; the rest is in equal parts evenly random codes (these
    saturate), sparse ones, and single cells at every level with the others at zero or at the top.
    """
    generator = np.random.default_rng(seed)
    top = network.input.raw_max
    real = np.resize(codes, (events // 2, N_CELLS))
    third = (events - len(real)) // 3
    dense = generator.integers(0, top + 1, (third, N_CELLS))
    sparse = generator.integers(0, top + 1, (third, N_CELLS))
    sparse *= generator.random((third, N_CELLS)) < 0.1
    single = np.zeros((events - len(real) - 2 * third, N_CELLS), dtype=np.int64)
    single[len(single) // 2 :] = top
    single[np.arange(len(single)), generator.integers(0, N_CELLS, len(single))] = (
        generator.integers(0, top + 1, len(single))
    )
    return np.concatenate([real, dense, sparse, single]).astype(np.uint16)


def qkeras_against_golden(
    model: Any, encoder: Encoder, codes: npt.NDArray[np.integer[Any]]
) -> Exactness:
    """Run QKeras and golden on the same codes and compare every latent, before the keep mask.

    Args:
        model: encoder in QKeras.
        encoder: what golden executes, normally the network of ``model`` with ``lower(model, ...)``.
        codes: [n,48] raw codes in AE order.
    """
    network = encoder.network
    words = mismatches = nonzero = 0
    values = saturated = ties = 0
    scale = 2.0**network.latent_type.fraction
    for start in range(0, len(codes), BATCH):
        chunk = codes[start : start + BATCH]
        floats = np.asarray(model(images(network, chunk), training=False), dtype=np.float64)
        exact = golden.encode(encoder, chunk)
        words += exact.size
        # Floats, not casts: a latent between two codes must count as a mismatch.
        mismatches += int((floats * scale != exact).sum())
        nonzero += int(np.count_nonzero(exact))
        count, top, half = _corners(encoder, chunk)
        values, saturated, ties = values + count, saturated + top, ties + half
    return Exactness(
        words,
        mismatches,
        nonzero / max(words, 1),
        saturated / max(values, 1),
        ties / max(values, 1),
    )


def _check_layers(found: Network, network: Network) -> None:
    """Refuse an encoder whose layers do something else than those of ``network``."""
    ours, theirs = ({plan.name: plan for plan in one.plans} for one in (found, network))
    if sorted(ours) != sorted(theirs):
        raise BadInput(f"{SOURCE}: QKeras layers {[*ours]}, {network.name} has {[*theirs]}")
    for name, plan in theirs.items():
        _check_layer(ours[name], plan, network.name)


def _check_layer(ours: LayerPlan, theirs: LayerPlan, network: str) -> None:
    for what in ("kind", "inputs", "input_shapes", "output_shape", "output_type", "clips"):
        mine, wanted = (_told(plan, what) for plan in (ours, theirs))
        if mine != wanted:
            raise BadInput(f"{SOURCE}: layer {ours.name}: {what} {mine}, {network} has {wanted}")
    same_taps = ours.layer.taps(ours.input_shapes).equals(theirs.layer.taps(theirs.input_shapes))
    if not same_taps or ours.layer.halvings != theirs.layer.halvings:
        raise BadInput(
            f"{SOURCE}: layer {ours.name}: {ours.layer.geometry()}, "
            f"{network} has {theirs.layer.geometry()}"
        )


def _told(plan: LayerPlan, what: str) -> Any:
    if what == "inputs":
        return [operand.name for operand in plan.operands]
    return getattr(plan, what)


def _converted(
    raw: npt.NDArray[np.int32], own: Parameter, target: Parameter
) -> npt.NDArray[np.int32]:
    """Raw integers of the encoder's type as those of the network's."""
    values = raw * own.type.lsb
    scaled = np.ldexp(values, target.type.fraction)
    inexact = values[scaled != np.rint(scaled)]
    if inexact.size:
        raise BadInput(f"{SOURCE}: {target.name} holds {inexact[0]}, not exact in {target.type}")
    low, high = target.type.raw_min, target.type.raw_max
    outside = values[(scaled < low) | (scaled > high)]
    if outside.size:
        raise BadInput(
            f"{SOURCE}: {target.name} holds {outside[0]}, {target.type} allows "
            f"{low * target.type.lsb} to {high * target.type.lsb}"
        )
    return np.asarray(scaled, dtype=np.int32)


def _corners(encoder: Encoder, codes: npt.NDArray[np.integer[Any]]) -> tuple[int, int, int]:
    """Values, values at the top of their range, and rounding ties over all layers."""
    network, weights = encoder.network, encoder.weights
    outputs = golden.activations(encoder, codes)
    known = {INPUT: network.image(codes)} | outputs
    values = saturated = ties = 0
    for plan in network.plans:
        output = outputs[plan.name].reshape(len(codes), -1)
        values += output.size
        saturated += int((output == plan.output_type.raw_max).sum())
        accumulators = plan.accumulators(weights.arrays, plan.joined(known))
        ties += int(plan.output_type.ties(accumulators, plan.accumulator_fraction).sum())
    return values, saturated, ties
