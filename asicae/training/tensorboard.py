"""Epochs as event files of TensorBoard, which TensorFlow itself writes."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from asicae.foundation.errors import BadInput
from asicae.training.backend import tf
from asicae.training.history import Epoch
from asicae.training.watching import Watcher

_SCALARS: Final = "scalars"
"""The plugin of TensorBoard that draws curves."""


@contextlib.contextmanager
def event_files(folder: Path) -> Iterator[Watcher]:
    """A watcher that writes curves of each weight set into ``folder/<set>``, while the block lasts.

    Raises:
        BadInput: ``folder`` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: is no folder, allowed is one for the files of TensorBoard")
    metadata = tf.compat.v1.SummaryMetadata()
    metadata.plugin_data.plugin_name = _SCALARS
    with contextlib.ExitStack() as open_writers:
        writers: dict[str, Any] = {}

        def write(name: str, epoch: Epoch) -> None:
            if name not in writers:
                writers[name] = tf.summary.create_file_writer(str(folder / name))
                open_writers.callback(writers[name].close)
            with writers[name].as_default(step=epoch.epoch):
                for tag, value in (
                    ("loss/training", epoch.train_loss),
                    ("loss/validation", epoch.validation_loss),
                    ("learning_rate", epoch.learning_rate),
                ):
                    tf.summary.write(tag, tf.constant(value, tf.float32), metadata=metadata)
            writers[name].flush()

        yield write
