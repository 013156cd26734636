"""A trained encoder of QKeras or HGQ2 as a network and its weights, the same in every bit.

What the hardware cannot do exactly is refused; the message names layer and value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes
from asicae.foundation.validation import Exact, one_line, short, validated
from asicae.module.geometry import N_CELLS
from asicae.network.description import SILICON_INPUT, Network
from asicae.network.fixed_point import FixedPoint
from asicae.network.graph import INPUT
from asicae.network.importing import fields
from asicae.network.importing.bounds import require_inside
from asicae.network.importing.codes import Codes
from asicae.network.importing.frozen.graph import Graph
from asicae.network.importing.frozen.layers import frozen_model
from asicae.network.importing.frozen.proof import prove
from asicae.network.importing.hgq.steps import as_qkeras
from asicae.network.importing.model_file import MAX_FILE_BYTES, StoredModel, read_model
from asicae.network.importing.read_layer import Origin
from asicae.network.importing.reading import Reading
from asicae.network.importing.walk import SHOWN, Step, conditions, walk
from asicae.network.importing.weighted import WeightedLayer
from asicae.network.ops.base import LAYER_NAME, RESERVED_NAMES
from asicae.network.plan import FLOAT32_EXACT_BITS
from asicae.network.weights import Weights

FROZEN = ".pb"
"""Ending of a frozen graph of TensorFlow."""
MAX_MESSAGE = 1000
"""Characters of a refusal, whatever stands in the file."""


class ImportChoice(Exact):
    """What a model file leaves open.

    Attributes:
        encoder: nested model to take, the whole model without it.
        latent: layer to end at, the output of the model without it.
        input: type of the codes, where the model does not quantise its input.
        arrangement: of the 48 cells, where the shape of the input does not tell.
        name: of the network, the name of the file without it.
    """

    encoder: str | None = None
    latent: str | None = None
    input: FixedPoint | None = None
    arrangement: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Imported:
    """A model that was read.

    Attributes:
        network: its description.
        weights: its weights; all latent bits are kept but those that the model itself clears.
        origins: the layer of the model that each layer of the network was.
        notes: what a user should know, one line each.
    """

    network: Network
    weights: Weights
    origins: dict[str, str]
    notes: tuple[str, ...]


def import_model(
    path: Path,
    choice: ImportChoice | None = None,
    weights: Path | None = None,
    told: Mapping[Path, str] | None = None,
) -> Imported:
    """Read a model file; see ``read_model`` for the formats and ``ImportChoice`` for the options.

    A frozen graph (``.pb``) is read as well: what stands in it, and nothing of it is run.

    ``told``: what to call a file in messages, where it is not called by its path.

    Raises:
        BadInput: unreadable or hostile contents, or an encoder that cannot be reproduced exactly;
            one printable line.
    """
    try:
        source = (told or {}).get(path, str(path))
        if path.suffix == FROZEN and weights is None:
            return _frozen(path, choice or ImportChoice(), source)
        stored = read_model(path, weights, told or {})
        return lower_model(stored, choice or ImportChoice(), source, path.stem)
    except BadInput as error:
        raise BadInput(one_line(str(error), MAX_MESSAGE)) from error


def _frozen(path: Path, choice: ImportChoice, source: str) -> Imported:
    graph = Graph.read(read_bytes(path, MAX_FILE_BYTES), source)
    if choice.encoder is not None:
        raise BadInput(f"{source}: a frozen graph has no models in it, allowed is --latent NODE")
    model = frozen_model(graph, choice.latent)
    rest = choice.model_copy(update={"latent": None})
    found = lower_model(model.stored, rest, source, path.stem)
    for plan in found.network.plans:
        rounding = model.roundings.get(found.origins[plan.name])
        if rounding is not None:
            prove(plan, rounding, source)
    return found


def lower_model(stored: StoredModel, choice: ImportChoice, source: str, name: str) -> Imported:
    """Network and weights of a model that was read; ``source`` names it in messages.

    Raises:
        BadInput: an encoder that cannot be reproduced exactly.
    """
    steps = walk(stored.model, choice.encoder, choice.latent, source)
    stored, steps = as_qkeras(stored, steps, source)
    half = bool(choice.encoder or choice.latent)
    reading = Reading.of(steps, source, stored.arrays_of, half_is_chosen=half)
    origins = dict(
        zip(
            _safe_names([layer.step.node.name for layer in reading.layers]),
            [layer.step.node.name for layer in reading.layers],
            strict=True,
        )
    )
    notes = [*reading.notes, *_conditions(stored, steps[0], source)]
    network = _network(reading, list(origins), choice, source, name, notes)
    arrays: dict[str, npt.NDArray[np.int32]] = {}
    for layer, own in zip(reading.layers, origins, strict=True):
        if isinstance(layer, WeightedLayer):
            stored_arrays = stored.arrays_of(layer.step.path, layer.step.node.name)
            raws = layer.raw_arrays(stored_arrays, source, notes)
            arrays |= {f"{own}.{array}": raw for array, raw in raws.items()}
    require_inside(reading.layers, network, arrays, source)
    keep = reading.keep
    if keep is not None:
        notes.append(_cut(network, keep))
    masks = None if keep is None else np.full(network.latents, keep, dtype=np.uint16)
    weights = Weights.checked(network, arrays, masks, source)
    return Imported(network, weights, origins, (*notes, *_inexact(network, origins)))


def _network(
    reading: Reading,
    names: list[str],
    choice: ImportChoice,
    source: str,
    name: str,
    notes: list[str],
) -> Network:
    kind = _input_type(reading.codes, choice.input, source)
    if kind is None:
        kind = SILICON_INPUT
        notes.append(f"the model does not quantise its input: {kind} as in the silicon is taken")
    content = {
        "name": choice.name or _network_name(name),
        "arrangement": reading.codes.arrangement(choice.arrangement),
        "input": kind,
        "layers": _descriptions(reading, names, kind, source, notes),
    }
    network = validated(Network, content, source)
    for plan in network.plans:
        read = reading.layers[names.index(plan.name)]
        if plan.output_shape != read.shape:
            raise BadInput(
                f"{source}: layer {short(read.step.node.name)}: outputs of {read.shape}, which are "
                f"{plan.output_shape} in the network"
            )
    if network.latents >= N_CELLS and not reading.half_is_chosen:
        notes.append(
            f"{network.latents} latents of {N_CELLS} cells compress nothing; if this is a whole "
            "autoencoder, choose the last layer of its encoder with --latent"
        )
    return network


def _input_type(codes: Codes, chosen: FixedPoint | None, source: str) -> FixedPoint | None:
    """Type of the codes; None where neither the model nor the user says it."""
    if chosen is not None and codes.output not in (None, chosen):
        raise BadInput(f"{source}: the model brings its input to {codes.output}, not {chosen}")
    kind = codes.output or chosen
    if kind is not None and kind.signed and codes.relu:
        raise BadInput(
            f"{source}: a ReLU on the input leaves no sign, allowed is ufixed, not {kind}"
        )
    return kind


def _descriptions(
    reading: Reading, names: list[str], kind: FixedPoint, source: str, notes: list[str]
) -> list[dict[str, Any]]:
    """Of all layers; ``kind`` is the type of the codes."""
    called: dict[Origin, str] = {reading.codes: INPUT}
    types: dict[Origin, FixedPoint] = {reading.codes: kind}
    found = []
    for layer, name in zip(reading.layers, names, strict=True):
        rounds = layer.output is not None
        types[layer] = layer.type_of([types[each] for each in layer.operands], source)
        if layer.output is not None and not rounds:
            notes.append(
                f"layer {short(layer.step.node.name)}: no quantiser behind it, so it keeps all "
                f"bits: {layer.output}"
            )
        called[layer] = name
        inputs = tuple(called[each] for each in layer.operands)
        found.append(layer.description(name, inputs, source))
    return found


def _cut(network: Network, keep: int) -> str:
    kind = network.latent_type
    return (
        f"the model cuts its latents to {keep.bit_count()} of {kind.width} bits: the keep mask of"
        f" the weights, {keep:#0{2 + -(-kind.width // 4)}x} of each, does so"
    )


def _conditions(stored: StoredModel, first: Step, source: str) -> list[str]:
    """A note on what the decoder takes beside the latents."""
    told = [
        f"{short(node.name)} of {fields.input_shape(source, node)}"
        for node in conditions(stored.model, first)
    ]
    if not told:
        return []
    return [f"inputs that do not reach the latents are the decoder's: {', '.join(told[:SHOWN])}"]


def _inexact(network: Network, origins: Mapping[str, str]) -> list[str]:
    return [
        f"layer {short(origins[plan.name])}: accumulator of {plan.accumulator_width} bits; Keras "
        f"computes in float32, exact up to {FLOAT32_EXACT_BITS}, and may itself be off"
        for plan in network.plans
        if plan.accumulator_width > FLOAT32_EXACT_BITS
    ]


def _safe_names(names: list[str]) -> list[str]:
    """Names of layers as the description allows them, each once."""
    safe: list[str] = []
    for name in names:
        own = re.sub(r"[^a-z0-9_]", "_", name.lower()).strip("_")[:24] or "layer"
        if not LAYER_NAME.fullmatch(own) or own in RESERVED_NAMES:
            own = f"layer_{own}"
        number = 2
        unique = own
        while unique in safe:
            unique, number = f"{own}_{number}", number + 1
        safe.append(unique)
    return safe


def _network_name(name: str) -> str:
    safe = re.sub(r"[^a-z0-9_-]", "-", name.lower()).strip("-_")[:40]
    return safe if re.match("[a-z]", safe) else f"model-{safe}"[:40].rstrip("-")
