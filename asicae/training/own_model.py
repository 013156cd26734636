"""An encoder that a function of the user builds, and what of it becomes a network."""

import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.description import Network
from asicae.network.importing.importer import ImportChoice, Imported, import_model
from asicae.network.weights import Weights
from asicae.training.backend import keras, save_model, seeded
from asicae.training.own_code import own_function
from asicae.training.pooling import repeat_gradients
from asicae.training.stored_networks import load_encoder

ARGUMENTS: Final = ("shape", "latents")
"""Of the function: shape (h, w, c) of the image, number of latents that was asked for."""


def network_of_own(name: str, asked: Network) -> Network:
    """The network that the encoder of function ``name`` is, found out without training it.

    Args:
        name: ``module:function``.
        asked: says the arrangement of the cells, and how many latents the function is asked for.

    Raises:
        BadInput: no such function; what it returns is no Keras model from the image to latents,
            does not lower (the layer is named with the reason), does not come back from a file, or
            is another network with other weights.
    """
    found = _lowered(name, build_own(name, asked, 0), asked.arrangement).network
    # From here on the function is asked for what it gave.
    model = build_own(name, found, 0)
    if _lowered(name, model, asked.arrangement).network != found:
        latents = found.latents
        raise BadInput(
            f"{name}: gives {latents} latents where {asked.latents} are asked for, and another "
            f"network where {latents} are; allowed is one that follows or ignores the number"
        )
    _check_trainable(name, model, found)
    return found


def _check_trainable(name: str, model: Any, network: Network) -> None:
    """Do at once with other weights what is done with those that a training finds.

    Raises:
        BadInput: a model that does not come back from its file, or that is another network.
    """
    drawn = np.random.default_rng(1)
    for variable in model.trainable_variables:
        change = drawn.uniform(-0.2, 0.2, (2, *variable.shape))
        variable.assign(np.asarray(variable) * (1 + change[0]) + change[1])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        save_model(model, path)
        try:
            back = load_encoder(path, build_own(name, network, 1))
        except BadInput as error:
            reason = str(error).removeprefix(f"{path}: ")
            raise BadInput(f"{name}: cannot be read back when it is stored: {reason}") from None
    for one, other in zip(model.weights, back.weights, strict=True):
        if not np.array_equal(np.asarray(one), np.asarray(other)):
            raise BadInput(f"{name}: cannot be read back when it is stored: {one.path} differs")
    if _lowered(name, model, network.arrangement).network != network:
        raise BadInput(
            f"{name}: gives another network with other weights, which cannot be trained: types "
            "follow the weights (a scale auto_po2, a QBatchNormalization); allowed are types that "
            "do not, and QConv2DBatchnorm or QDenseBatchnorm"
        )


def build_own(name: str, asked: Network, seed: int) -> Any:
    """The QKeras model that a function of the user builds, the same for the same seed.

    Raises:
        BadInput: see ``network_of_own``; whether the model lowers is not looked at.
    """
    function = own_function(name, ARGUMENTS)
    # Layers that have no name are numbered through a process; their names are those of the network.
    keras.utils.clear_session(free_memory=False)
    seeded(seed)
    shape = asked.cells.shape
    model = function(shape, asked.latents)
    if not isinstance(model, keras.Model):
        raise BadInput(f"{name}: returned {short(model)}, allowed is a Keras model")
    for what, found, allowed in (
        ("input", _shape(model, "input_shape"), (None, *shape)),
        ("output", _shape(model, "output_shape"), "one vector of latents"),
    ):
        fits = found == allowed if what == "input" else _is_vector(found)
        if not fits:
            raise BadInput(f"{name}: {what} of shape {short(found)}, allowed is {allowed}")
    return repeat_gradients(model)


def lower_own(name: str, model: Any, network: Network, keep: npt.NDArray[np.uint16]) -> Weights:
    """The weight set of such a model, in raw integers.

    Raises:
        BadInput: a weight that is not exact, or another network than ``network``: one that follows
            the weights cannot be frozen.
    """
    found = _lowered(name, model, network.arrangement)
    if found.network != network:
        raise BadInput(f"{name}: gives another network with other weights or another source")
    return Weights.checked(network, found.weights.arrays, keep, name)


def _lowered(name: str, model: Any, arrangement: str) -> Imported:
    """As if its file had been imported: read as data, so that both ways have one meaning."""
    module, _, function = name.partition(":")
    called = f"{module.rpartition('.')[2]}-{function}".lower().replace("_", "-").strip("-")[:40]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        save_model(model, path)
        choice = ImportChoice(arrangement=arrangement, name=called)
        return import_model(path, choice, told={path: name})


def _shape(model: Any, which: str) -> Any:
    return getattr(model, which, None)


def _is_vector(shape: Any) -> bool:
    return isinstance(shape, tuple) and len(shape) == 2 and isinstance(shape[1], int)
