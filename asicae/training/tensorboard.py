"""Epochs as event files of TensorBoard, which TensorFlow itself writes."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from asicae.foundation.errors import BadInput
from asicae.foundation.files import reason
from asicae.foundation.validation import one_line
from asicae.training.backend import tf
from asicae.training.history import Epoch
from asicae.training.watching import Watcher

_SCALARS: Final = "scalars"
"""The plugin of TensorBoard that draws curves."""


@contextlib.contextmanager
def event_files(folder: Path) -> Iterator[Watcher]:
    """A watcher that writes curves of each weight set into ``folder/<set>``, while the block lasts.

    Raises:
        BadInput: ``folder`` is a file, or nothing can be written there.
    """
    _require_writable(folder)
    metadata = tf.compat.v1.SummaryMetadata()
    metadata.plugin_data.plugin_name = _SCALARS
    with contextlib.ExitStack() as open_writers:
        writers: dict[str, Any] = {}

        def write(name: str, epoch: Epoch) -> None:
            with _one_line(folder / name):
                if name not in writers:
                    writers[name] = tf.summary.create_file_writer(str(folder / name))
                    open_writers.callback(_close, writers[name])
                with writers[name].as_default(step=epoch.epoch):
                    for tag, value in (
                        ("loss/training", epoch.train_loss),
                        ("loss/validation", epoch.validation_loss),
                        ("learning_rate", epoch.learning_rate),
                    ):
                        tf.summary.write(tag, tf.constant(value, tf.float32), metadata=metadata)
                writers[name].flush()

        yield write


def _require_writable(folder: Path) -> None:
    """Find out before a training whether curves can be written."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: is no folder, allowed is one for the files of TensorBoard")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInput(
            f"{folder}: cannot be written ({reason(error)}), allowed is a folder for the files of "
            "TensorBoard"
        ) from None


@contextlib.contextmanager
def _one_line(place: Path) -> Iterator[None]:
    """Errors of TensorFlow's writer are none of the system's."""
    try:
        yield
    except tf.errors.OpError as error:
        raise BadInput(f"{place}: cannot be written ({one_line(error.message, 200)})") from error


def _close(writer: Any) -> None:
    """All that was written is flushed; one that cannot write has said so."""
    with contextlib.suppress(tf.errors.OpError):
        writer.close()
