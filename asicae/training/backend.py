"""The one place that imports TensorFlow, Keras and QKeras; import it only when they are used."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asicae.foundation.errors import MissingTool
from asicae.foundation.extras import install_command
from asicae.foundation.files import output_file


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # TensorFlow's C++ prints notices of its start to descriptor 2 before any setting is read.
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever ~/.keras/keras.json says

try:
    with _quiet():
        import keras
        import qkeras
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")  # advice on retracing that no user of the kit can act on
except ImportError as error:
    raise MissingTool(f"training (module {error.name!r})", install_command("train")) from None

__all__ = ["keras", "qkeras", "save_model", "seeded", "tf"]


def seeded(seed: int) -> None:
    """Make what follows repeatable: seeds of Python, NumPy and TensorFlow, deterministic kernels.

    The same seed gives the same weights on the same machine with the same number of threads.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def save_model(model: Any, path: Path) -> None:
    """Write a ``.keras`` model: whole, or not at all."""
    with output_file(path) as temporary:
        # Keras insists on the suffix; so named, it goes with the temporary file.
        named = temporary.with_name(f"{temporary.name}.keras")
        try:
            model.save(named)
            named.replace(temporary)
        finally:
            named.unlink(missing_ok=True)
