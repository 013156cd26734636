"""Networks of a run, read as numbers only: the layers are our own, nothing in a file is run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.importing.model_file import StoredModel, named, read_model
from asicae.training.backend import keras
from asicae.training.decoder import CONDITIONS, build_decoder

Arrays = list[npt.NDArray[np.float32]]


def load_decoder(path: Path, network: Network, number: int = len(CONDITIONS)) -> Any:
    """The decoder of a run as ``build_decoder`` makes it, with the weights of a ``.keras`` file.

    ``number`` is that of its conditions.

    Raises:
        BadInput: missing or unreadable file, arrays that are no chain of dense layers from the
            latents and conditions to the cells.
    """
    plain, conditional = network.latents, network.latents + number
    arrays = dense_chain(path, conditional, plain)
    hidden = tuple(len(bias) for bias in arrays[1:-2:2])
    decoder = build_decoder(network, hidden, 0, len(arrays[0]) == conditional, number)
    decoder.set_weights(arrays)
    return decoder


def load_encoder(path: Path, encoder: Any) -> Any:
    """An encoder as it is built, with the weights of a file of a run.

    Raises:
        BadInput: missing or unreadable file, arrays of another network.
    """
    stored = _read(path)
    for models, layer in _layers(encoder):
        own, inside = _variables(layer)
        names, names_inside = ([variable.name for variable in part] for part in (own, inside))
        arrays = named(stored.arrays_of(models, layer.name), names, names_inside)
        expected = {variable.name: tuple(variable.shape) for variable in (*own, *inside)}
        found = {name: array.shape for name, array in arrays.items()}
        if found != expected:
            raise BadInput(f"{path}: {layer.name}: arrays {found}, allowed are {expected}")
        values = dict(zip(arrays, _finite(path, list(arrays.values())), strict=True))
        for variable in (*own, *inside):
            variable.assign(values[variable.name])
    return encoder


def _layers(model: Any, models: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Layers of a model and of those nested in it, with the names of these."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer, (*models, layer.name))
        else:
            yield models, layer


def _variables(layer: Any) -> tuple[list[Any], list[Any]]:
    """Its own variables and those of a layer inside it, in the order of a file."""
    inside = [v for inner in layer._flatten_layers(include_self=False) for v in inner.weights]
    known = {id(variable) for variable in inside}
    return [v for v in layer.weights if id(v) not in known], inside


def dense_chain(path: Path, *inputs: int) -> Arrays:
    """Kernels [in, out] and biases [out] of the dense layers of a model, in their order.

    Raises:
        BadInput: missing or unreadable file, arrays that are no chain of dense layers from as many
            values as one of ``inputs`` to the cells.
    """
    stored = _read(path)
    layers = [stored.arrays.get((name,), {}) for name in stored.model.nodes]
    arrays = [array for layer in layers for array in layer.values()]
    width = next((n for n in inputs if arrays and arrays[0].shape[:1] == (n,)), inputs[0])
    for kernel, bias in zip(arrays[::2], arrays[1::2], strict=False):
        if kernel.ndim != 2 or kernel.shape[0] != width or bias.shape != kernel.shape[1:]:
            raise BadInput(
                f"{path}: a layer of shapes {kernel.shape} and {bias.shape}, allowed are dense "
                f"layers on {width} inputs"
            )
        width = int(kernel.shape[1])
    if len(arrays) < 2 or len(arrays) % 2 or width != N_CELLS:
        raise BadInput(f"{path}: {len(arrays)} arrays that end in {width}, allowed is {N_CELLS}")
    return _finite(path, arrays)


def _read(path: Path) -> StoredModel:
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    return read_model(path)


def _finite(path: Path, arrays: Sequence[npt.NDArray[Any]]) -> Arrays:
    found = [array.astype(np.float32) for array in arrays]
    if not all(np.isfinite(array).all() for array in found):
        raise BadInput(f"{path}: holds NaN or infinity, allowed are finite numbers")
    return found
