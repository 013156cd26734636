"""Files of frames: what left the chip, with all that is needed to read it.

``asicae-frames-1`` is an NPZ without pickle: ``format``, ``cell_order`` (``ae``), ``settings``
(JSON of ConcentratorSettings), ``provenance`` (JSON of texts), ``words`` uint16[n, w] and
``counts`` uint8[n], see ``frames.Frames``. ``asicae-charges-1`` is what decoding gives, see
``charges_of``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae import __version__
from asicae.concentrator import codec, golden
from asicae.concentrator.autoencoder import Autoencoder, sent_bits
from asicae.concentrator.buffer import FULL
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import Algorithm, ConcentratorSettings, settings_from
from asicae.concentrator.threshold_fit import lowest_threshold
from asicae.errors import BadInput
from asicae.files import read_json, read_npz, read_toml, sha256, write_npz
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout import dataset

FORMAT = "asicae-frames-1"
CHARGES_FORMAT = "asicae-charges-1"
_LAYOUT = {
    "format": ("U", 0),
    "cell_order": ("U", 0),
    "settings": ("U", 0),
    "provenance": ("U", 0),
    "words": ("iu", 2),
    "counts": ("iu", 1),
}


@dataclass(frozen=True, eq=False)
class FrameFile:
    """Frames with the settings that made them and where they came from."""

    frames: Frames
    settings: ConcentratorSettings
    provenance: Mapping[str, str]

    def save(self, path: Path) -> Path:
        """Write the file (atomically); equal frames and settings give equal bytes."""
        arrays = _described(FORMAT, self.settings, self.provenance)
        arrays |= {"words": self.frames.words, "counts": self.frames.counts}
        return write_npz(path, arrays)

    def summary(self) -> str:
        """What is in the file, in one line."""
        settings = self.settings
        text = f"{len(self.frames)} frames of {settings.alg_type} at {settings.links} links"
        text += f", {self.frames.mean_bits:.1f} bits on average"
        if settings.alg_type is Algorithm.THRESHOLD_SUM:
            truncated = int(((self.frames.words[:, 0] >> 8 & 7) >= FULL).sum())
            text += f", threshold {_range(settings.threshold)}, {truncated} truncated"
        if settings.alg_type is Algorithm.AUTOENCODER:
            kept = sum(mask.bit_count() for mask in settings.keep_auto_encoder_bits)
            sent = sum(int(mask).bit_count() for mask in sent_bits(settings))
            text += f", {sent} of {kept} kept latent bits fit"
        return text


def load(path: Path) -> FrameFile:
    """Read a file written by :meth:`FrameFile.save`; the frames themselves are not decoded yet.

    Raises:
        BadInput: unreadable, another format, settings or arrays that do not fit.
    """
    arrays = read_npz(path, _LAYOUT)
    for name, allowed in (("format", FORMAT), ("cell_order", "ae")):
        if str(arrays[name]) != allowed:
            raise BadInput(f"{path}: {name} is {str(arrays[name])!r}, allowed is {allowed!r}")
    settings = settings_from(_object(path, arrays, "settings"), f"{path}: settings")
    provenance = {str(k): str(v) for k, v in _object(path, arrays, "provenance").items()}
    try:
        return FrameFile(_checked(arrays["words"], arrays["counts"]), settings, provenance)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def encode_readouts(
    path: Path,
    values: Mapping[str, Any],
    network: Network | None = None,
    weights: Path | None = None,
) -> FrameFile:
    """Frames of a file of readouts.

    Args:
        path: readouts, ``.npz`` or ``.csv``.
        values: settings by name. Threshold Sum without ``threshold`` takes the lowest one whose
            mean frame fits the links.
        network: description of the encoder, for the autoencoder only.
        weights: its weight set, whose keep mask is used.

    Raises:
        BadInput: readouts or settings that cannot be used; a network or weights that are missing,
            or given to an algorithm that has none.
    """
    readouts = dataset.load(path)
    provenance = {
        "asicae": __version__,
        "readouts": path.name,
        "readouts_sha256": sha256(path),
        "source": readouts.source,
    }
    if values.get("alg_type") == Algorithm.AUTOENCODER:
        if network is None or weights is None:
            raise BadInput("the autoencoder needs --network and --weights")
        loaded = Weights.load(weights, network)
        provenance |= {"network": network.name, "weights_sha256": sha256(weights)}
        settings = autoencoder_settings(network, loaded, values)
        encoded = golden.run(network, loaded, readouts.calq)
        return FrameFile(codec.encode_latents(encoded, settings), settings, provenance)
    if network is not None or weights is not None:
        raise BadInput("--network and --weights are for the autoencoder only")
    settings = settings_from(values)
    if settings.alg_type is Algorithm.THRESHOLD_SUM and "threshold" not in values:
        fitting = lowest_threshold(readouts.calq, settings.links)
        settings = settings_from({**values, "threshold": fitting})
    return FrameFile(codec.encode(readouts.calq, settings), settings, provenance)


def registers(path: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a TOML or JSON file, under those that are given; None is not given.

    Raises:
        BadInput: a file that cannot be read, or holds no table of values.
    """
    values = {} if path is None else _table(path)
    return values | {name: value for name, value in given.items() if value is not None}


def _table(path: Path) -> dict[str, Any]:
    values = read_json(path) if path.suffix == ".json" else read_toml(path)
    if not isinstance(values, dict):
        raise BadInput(f"{path}: is {type(values).__name__}, allowed is a table of values")
    return values


def autoencoder_settings(
    network: Network, weights: Weights, values: Mapping[str, Any]
) -> ConcentratorSettings:
    """Settings whose keep mask is that of the weight set; ``values`` gives at least ``links``.

    Raises:
        BadInput: a setting that does not fit.
    """
    latents = {
        "alg_type": Algorithm.AUTOENCODER,
        "keep_auto_encoder_bits": tuple(weights.keep.tolist()),
        "latent_width": network.latent_type.width,
    }
    return settings_from({**values, **latents})


def charges_of(path: Path) -> dict[str, npt.ArrayLike]:
    """Arrays of what a file of frames says, ready for ``files.write_npz``.

    ``header`` uint8[n] always. For the autoencoder ``latents`` uint16[n, latents], ``sums``
    uint16[n] (5E4M) and ``module_sum``. Else ``charges`` int64[n, 48] and ``sent`` bool[n, 48] of
    the cells sent one by one, ``image`` float64[n, 48] (groups included), ``truncated`` bool[n];
    ``module_sum`` int64[n] with ``sum_of_all`` bool[n] where a sum is sent; ``group_cells``,
    ``group_sums`` and ``group_peaks`` where groups are. Cells are in AE order, charges in CALQ
    units; see ``transmitted.Transmitted``.

    Raises:
        BadInput: naming the file and the first frame that no chip with its settings can have sent.
    """
    file = load(path)
    try:
        fields = codec.decode(file.frames, file.settings)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    arrays = _described(CHARGES_FORMAT, file.settings, file.provenance)
    arrays["header"] = fields.header
    known = codec.transmitted(fields, file.settings)
    if known.module_sum is not None:
        arrays |= {"module_sum": known.module_sum, "sum_of_all": known.sum_of_all}
    if isinstance(fields, Autoencoder):
        return arrays | {"latents": fields.latents, "sums": fields.sums}
    if known.groups is not None:
        arrays |= {"group_cells": known.groups.cells, "group_sums": known.groups.sums}
        if known.groups.peaks is not None:
            arrays["group_peaks"] = known.groups.peaks
    return arrays | {
        "charges": known.charges,
        "sent": known.sent,
        "image": known.image(),
        "truncated": known.truncated,
    }


def _described(
    format_name: str, settings: ConcentratorSettings, provenance: Mapping[str, str]
) -> dict[str, npt.ArrayLike]:
    return {
        "format": np.array(format_name),
        "cell_order": np.array("ae"),
        "settings": np.array(settings.model_dump_json()),
        "provenance": np.array(json.dumps(dict(provenance), sort_keys=True)),
    }


def _object(path: Path, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> dict[str, Any]:
    try:
        value = json.loads(str(arrays[name]))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: {name} is not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise BadInput(f"{path}: {name} is {type(value).__name__}, allowed is a JSON object")
    return value


def _checked(words: npt.NDArray[Any], counts: npt.NDArray[Any]) -> Frames:
    """Frames of arrays from a file.

    Raises:
        BadInput: lengths that differ, no frames, values that are no words or counts.
    """
    if len(words) != len(counts):
        raise BadInput(f"{len(words)} rows of words, but {len(counts)} counts")
    if not len(words):
        raise BadInput("holds no frames, allowed is one or more")
    width = words.shape[1]
    for name, rows, low, high in (
        ("word", words, 0, 0xFFFF),
        ("count", counts[:, None], 1, min(width, 0xFF)),
    ):
        wrong = ((rows < low) | (rows > high)).any(axis=1)
        if wrong.any():
            row = int(np.argmax(wrong))
            found = rows[row][(rows[row] < low) | (rows[row] > high)][0]
            raise BadInput(f"frame {row}: {name} {found}, allowed is {low}..{high}")
    return Frames(words.astype(np.uint16), counts.astype(np.uint8))


def _range(values: tuple[int, ...]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}..{high}"
