"""From trained QKeras layers to raw integers, and the proof that both compute the same."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.errors import BadInput
from asicae.network import golden
from asicae.network.description import Network
from asicae.network.plan import LayerPlan, Parameter
from asicae.network.weights import Weights
from asicae.readout.geometry import N_CELLS
from asicae.training.encoder import check_expressible, images

BATCH = 2048


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
        BadInput: a layer is missing, has another shape, or a quantised weight is not exactly
            representable in its type; a network that QKeras cannot express.
    """
    check_expressible(network)
    arrays: dict[str, npt.NDArray[np.int32]] = {}
    layers = {layer.name: layer for layer in encoder.layers}
    for plan in network.plans:
        layer = layers.get(plan.name)
        if layer is None or not hasattr(layer, "kernel_quantizer_internal"):
            raise BadInput(f"encoder: no QKeras layer {plan.name!r}, found {sorted(layers)}")
        for parameter, variable, quantiser in (
            (plan.kernel, layer.kernel, layer.kernel_quantizer_internal),
            (plan.bias, layer.bias, layer.bias_quantizer_internal),
        ):
            arrays[parameter.name] = _raw(parameter, variable, quantiser)
    return Weights.checked(network, arrays, keep, "encoder")


def stimulus(network: Network, codes: npt.NDArray[np.integer[Any]], events: int, seed: int) -> Any:
    """Codes [events,48] for ``compare``: real events, and corners that real events miss.

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


def compare(
    encoder: Any, network: Network, weights: Weights, codes: npt.NDArray[np.integer[Any]]
) -> Exactness:
    """Run QKeras and golden on the same codes and compare every latent, before the keep mask.

    Args:
        encoder: QKeras model.
        network: its description.
        weights: the weights golden uses, normally ``lower(encoder, network)``.
        codes: [n,48] raw codes in AE order.
    """
    words = mismatches = nonzero = 0
    values = saturated = ties = 0
    scale = 2.0**network.latent_type.fraction
    for start in range(0, len(codes), BATCH):
        chunk = codes[start : start + BATCH]
        floats = np.asarray(encoder(images(network, chunk), training=False), dtype=np.float64)
        exact = golden.encode(network, weights, chunk)
        words += exact.size
        # Floats, not casts: a latent between two codes must count as a mismatch.
        mismatches += int((floats * scale != exact).sum())
        nonzero += int(np.count_nonzero(exact))
        count, top, half = _corners(network, weights, chunk)
        values, saturated, ties = values + count, saturated + top, ties + half
    return Exactness(
        words,
        mismatches,
        nonzero / max(words, 1),
        saturated / max(values, 1),
        ties / max(values, 1),
    )


def _raw(parameter: Parameter, variable: Any, quantiser: Any) -> npt.NDArray[np.int32]:
    values = np.asarray(quantiser(variable), dtype=np.float64)
    if not np.isfinite(values).all():
        raise BadInput(f"encoder: {parameter.name} holds NaN or infinity")
    scaled = np.ldexp(values, parameter.type.fraction)
    inexact = scaled[scaled != np.rint(scaled)]
    if inexact.size:
        value = inexact[0] * parameter.type.lsb
        raise BadInput(f"encoder: {parameter.name} holds {value}, not exact in {parameter.type}")
    low, high = parameter.type.raw_min, parameter.type.raw_max
    outside = scaled[(scaled < low) | (scaled > high)]
    if outside.size:
        value = outside[0] * parameter.type.lsb
        raise BadInput(
            f"encoder: {parameter.name} holds {value}, {parameter.type} allows "
            f"{low * parameter.type.lsb} to {high * parameter.type.lsb}"
        )
    return scaled.astype(np.int32)


def _corners(
    network: Network, weights: Weights, codes: npt.NDArray[np.integer[Any]]
) -> tuple[int, int, int]:
    """Values, values at the top of their range, and rounding ties over all layers."""
    outputs = golden.activations(network, weights, codes)
    inputs = network.image(np.asarray(codes, dtype=np.float64)).reshape(len(codes), -1)
    values = saturated = ties = 0
    for plan in network.plans:
        output = outputs[plan.name].reshape(len(codes), -1)
        values += output.size
        saturated += int((output == plan.output_type.raw_max).sum())
        if plan.shift > 0:
            accumulator = _accumulator(plan, weights, inputs)
            ties += int((accumulator % (1 << plan.shift) == 1 << (plan.shift - 1)).sum())
        inputs = output.astype(np.float64)
    return values, saturated, ties


def _accumulator(
    plan: LayerPlan, weights: Weights, inputs: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    kernel = weights.arrays[plan.kernel.name].reshape(-1, plan.channels)
    sums = []
    for position in plan.positions:
        source, tap = plan.live_taps(*position)
        sums.append(inputs[:, source] @ kernel[tap].astype(np.float64))
    bias = np.ldexp(weights.arrays[plan.bias.name].astype(np.float64), plan.bias_shift)
    total = np.ldexp(np.stack(sums, axis=1), plan.product_shift) + bias
    return np.asarray(total.reshape(len(inputs), -1))
