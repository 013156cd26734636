"""A loss that a function of the user computes, looked at before anything is trained with it."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS
from asicae.training.backend import tf
from asicae.training.own_code import own_function
from asicae.training.own_module import told

ARGUMENTS: Final = ("target", "decoded")
"""Of the function: float32[n,48] each, images of unit sum in AE order."""
_EVENTS: Final = 8
"""Of the look."""

Loss = Callable[[Any, Any], Any]


def own_loss(name: str) -> Loss:
    """The loss per event, float32[n], that function ``name`` computes.

    Raises:
        BadInput: no such function; with images it raises, does not compile, gives anything but a
            finite number for each event, or has no gradient for what was decoded.
    """
    function = own_function(name, ARGUMENTS)

    def loss(target: Any, decoded: Any) -> Any:
        return tf.cast(_one_an_event(name, function(target, decoded), target), tf.float32)

    _look(name, loss)
    return loss


def _one_an_event(name: str, found: Any, target: Any) -> Any:
    try:
        found = tf.convert_to_tensor(found)
    except (TypeError, ValueError):
        raise BadInput(f"{name}: returned {type(found).__name__}, allowed is a tensor") from None
    events = len(target)
    if tuple(found.shape) != (events,) or not found.dtype.is_floating:
        shape = f"{found.dtype.name}{list(found.shape)}"
        raise BadInput(
            f"{name}: returned {shape} for {events} events, allowed is a number for each, "
            f"float32[{events}]"
        )
    return found


def _look(name: str, loss: Loss) -> None:
    """On images that are drawn, as it is, which tells best what is wrong, and then compiled."""

    def value_and_gradient(target: Any, decoded: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(decoded)
            values = loss(target, decoded)
        return values, tape.gradient(values, decoded)

    images = np.random.default_rng(1).dirichlet(np.ones(N_CELLS), (2, _EVENTS))
    target, decoded = tf.constant(images.astype(np.float32))
    found = value_and_gradient(target, decoded)
    if found[1] is None:
        raise BadInput(f"{name}: no gradient for what was decoded, nothing would be learned")
    for what, array in zip(("values", "gradients"), found, strict=True):
        if not np.isfinite(np.asarray(array)).all():
            raise BadInput(f"{name}: {what} that are not finite, for images of unit sum")
    try:
        tf.function(value_and_gradient, jit_compile=True)(target, decoded)
    except Exception as error:
        raise BadInput(f"{name}: does not compile, {told(error)}") from error
