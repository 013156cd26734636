"""How far a training has got, stored after every epoch; no TensorFlow here.

A training that goes on from there ends with the bytes of one that nothing interrupted: the order of
events and the learning rate follow from the settings and the number of the epoch, and all else that
decides is stored.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.archives import read_npz, write_npz
from asicae.foundation.errors import BadInput
from asicae.foundation.extras import installed_version
from asicae.foundation.progress import step
from asicae.training.history import COLUMNS, Epoch, history_of, write_history
from asicae.training.watching import tell

CHECKPOINTS: Final = "train/checkpoints"
"""In the folder of a run, while it trains."""
_COMPUTING: Final = ("tensorflow", "keras", "qkeras-v3", "numpy")
_DECIDING: Final = "settings, inputs, sources or packages"
_GROUPS: Final = ("values", "optimizer", "best")


@dataclass(frozen=True)
class Progress:
    """A weight set at the end of an epoch.

    Attributes:
        values: of encoder and decoder.
        optimizer: its variables.
        best: values of the best epoch so far.
        best_epoch: 0 if no epoch had a finite loss.
        history: one entry an epoch.
    """

    values: Sequence[npt.NDArray[Any]]
    optimizer: Sequence[npt.NDArray[Any]]
    best: Sequence[npt.NDArray[Any]]
    best_epoch: int = 0
    history: tuple[Epoch, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """The file of one weight set.

    Attributes:
        path: where it lies.
        key: names all that decides about the training; what was stored under another is ignored.
        live: CSV of the history, kept up to date for whoever watches.
    """

    path: Path
    key: str
    live: Path | None = None

    def save(self, progress: Progress) -> None:
        """Replace the stored progress: as a whole, or not at all; those who watch are told."""
        arrays: dict[str, npt.ArrayLike] = {"key": np.frombuffer(self.key.encode(), np.uint8)}
        for group in _GROUPS:
            # Numbers as their bits: those of a training that fails are not finite.
            arrays |= {_name(group, n): _bits(a) for n, a in enumerate(getattr(progress, group))}
        rows = np.array([astuple(epoch) for epoch in progress.history], np.float64)
        arrays["history"] = _bits(rows.reshape(-1, len(COLUMNS)))
        arrays["best_epoch"] = np.array(progress.best_epoch)
        write_npz(self.path, arrays)
        if self.live is not None:
            write_history(self.live, {self.path.stem: progress.history})
        for epoch in progress.history[-1:]:
            tell(self.path.stem, epoch)

    def load(self, start: Progress) -> Progress:
        """What was stored, else ``start``, which has the shapes and types of all arrays."""
        if not self.path.is_file():
            return start
        kinds = {"key": ("u", 1), "history": ("u", 2), "best_epoch": ("iu", 0)}
        like = {_name(g, n): a for g in _GROUPS for n, a in enumerate(getattr(start, g))}
        kinds |= {name: ("u", array.ndim) for name, array in like.items()}
        try:
            stored = read_npz(self.path, kinds)
            return self._progress(stored, start)
        except (BadInput, ValueError):
            step(f"{self.path}: a checkpoint that cannot be used, trained anew")
            return start

    def _progress(self, stored: Mapping[str, npt.NDArray[Any]], start: Progress) -> Progress:
        """Raises ValueError for arrays of other shapes or types, and for numbers out of range."""
        if stored["key"].tobytes() != self.key.encode():
            step(f"{self.path}: a checkpoint of other {_DECIDING}, trained anew")
            return start
        values, optimizer, best = (
            [
                _numbers(stored[_name(group, n)], array.dtype, array.shape)
                for n, array in enumerate(getattr(start, group))
            ]
            for group in _GROUPS
        )
        rows = _numbers(
            stored["history"], np.dtype(np.float64), (len(stored["history"]), len(COLUMNS))
        )
        history = tuple(map(Epoch.of, rows.tolist()))
        best_epoch = int(stored["best_epoch"])
        if not 0 <= best_epoch <= len(history):
            raise ValueError(best_epoch)
        return Progress(values, optimizer, best, best_epoch, history)


@dataclass(frozen=True)
class Checkpoints:
    """Those of the weight sets of one training, in ``folder``.

    ``key`` names all of ours that decides about it: settings, inputs, sources. The packages that
    compute add theirs: one that was exchanged in between would give bytes that are of neither.
    Histories are kept up to date in the run folder ``run``, if given.
    """

    folder: Path
    key: str
    run: Path | None = None

    def of(self, name: str) -> Checkpoint:
        """That of the weight set of this name."""
        live = self.run / history_of(name) if self.run else None
        return Checkpoint(self.folder / f"{name}.npz", self._whole_key, live)

    def clear_others(self) -> None:
        """Remove the folder if it is of another training, with what that kept when it failed."""
        keys = {key for path in self.folder.glob("[!.]*.npz") if (key := _key_of(path))}
        if self.folder.is_dir() and keys != {self._whole_key.encode()}:
            step(f"{self.folder}: of a training with other {_DECIDING}, removed")
            shutil.rmtree(self.folder)

    @property
    def _whole_key(self) -> str:
        return "; ".join([self.key, *computing_packages()])


def computing_packages() -> list[str]:
    """The packages that compute, with their versions: with others the bytes may be others."""
    return [f"{package} {installed_version(package)}" for package in _COMPUTING]


def _key_of(path: Path) -> bytes:
    """The key that a checkpoint was stored under; empty if it cannot be read."""
    try:
        return read_npz(path, {"key": ("u", 1)})["key"].tobytes()
    except BadInput:
        return b""


def _name(group: str, number: int) -> str:
    return f"{group}.{number}"


def _bits(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.frombuffer(array.tobytes(), f"u{array.itemsize}").reshape(array.shape)


def _numbers(
    bits: npt.NDArray[Any], kind: np.dtype[Any], shape: tuple[int, ...]
) -> npt.NDArray[Any]:
    if bits.itemsize != kind.itemsize or bits.shape != shape:
        raise ValueError(bits.shape)
    return np.frombuffer(bits.tobytes(), kind).reshape(shape)
