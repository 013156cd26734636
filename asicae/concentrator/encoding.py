"""From readouts of any size to a file of frames, a chunk at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae import __version__
from asicae.chip import golden
from asicae.concentrator import codec
from asicae.concentrator.algorithms.autoencoder import sent_bits
from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.buffer import FULL, Buffer
from asicae.concentrator.frame_files import FORMAT, PLACE, described, require_npz
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import (
    BUFFER_SETTINGS,
    INPUT_SETTINGS,
    Algorithm,
    ConcentratorSettings,
    settings_from,
)
from asicae.concentrator.threshold_fit import ThresholdFit
from asicae.foundation.errors import BadInput
from asicae.foundation.files import output_file, read_json, read_toml, refuse_existing, sha256
from asicae.foundation.npz_spool import NpzSpool
from asicae.foundation.progress import track
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.reading import CHUNK, expand, stream
from asicae.readout.readouts import Readouts

_ENDLESS: Final = "endless_buffer"
Charges = npt.NDArray[np.int32]
Encode = Callable[[Charges, npt.NDArray[np.uint8]], Frames]
"""From CALQ int32[n, 48] and counters uint8[n] to frames."""


@dataclass(frozen=True)
class Encoded:
    """What an encoding wrote.

    Attributes:
        settings: of the concentrator.
        frames: number of frames.
        words: number of their 16-bit words.
        truncated: number of frames that lost their cells to a full buffer.
    """

    settings: ConcentratorSettings
    frames: int
    words: int
    truncated: int

    def summary(self) -> str:
        """What is in the file, in one line."""
        settings = self.settings
        text = f"{self.frames} frames of {settings.alg_type} at {settings.links} links"
        text += f", {self.words * WORD_BITS / self.frames:.1f} bits on average"
        if settings.alg_type is Algorithm.THRESHOLD_SUM:
            text += f", threshold {_range(settings.threshold)}, {self.truncated} truncated"
        if settings.alg_type is Algorithm.AUTOENCODER:
            kept = sum(mask.bit_count() for mask in settings.keep_auto_encoder_bits)
            sent = sum(int(mask).bit_count() for mask in sent_bits(settings))
            text += f", {sent} of {kept} kept latent bits fit"
        return text


def encode_files(
    paths: Path | str | Sequence[Path | str],
    out: Path,
    values: Mapping[str, Any],
    network: Network | None = None,
    weights: Path | None = None,
    force: bool = False,
    chunk: int = CHUNK,
) -> Encoded:
    """Write the frames of readouts to ``out``, whole or not at all.

    Rows of files are modules side by side, no sequence of one: the buffer of Threshold Sum is
    endless unless ``values`` holds a setting of it.

    Args:
        paths: readouts in any format, files or globs.
        out: name ending in ``.npz``.
        values: settings by name. Threshold Sum without ``threshold`` reads the files once more
            before, and takes the lowest one whose mean frame fits the links.
        network: description of the encoder, for the autoencoder only.
        weights: its weight set, whose keep mask is used.
        force: replace ``out``.
        chunk: modules at a time.

    Raises:
        BadInput: readouts, settings or a name that cannot be used; a network or weights that are
            missing, or given to an algorithm that has none.
    """
    require_npz(out)
    refuse_existing(out, force)
    for name in INPUT_SETTINGS:
        if name in values:
            raise BadInput(
                f"{name}: makes CALQ of link codes, and readouts hold CALQ; "
                "asicae data convert does so for a capture (--mux, --calibration)"
            )
    provenance = {"asicae": __version__}
    if values.get("alg_type") == Algorithm.AUTOENCODER:
        settings, encode = _autoencoder(values, network, weights, provenance)
    elif network is not None or weights is not None:
        raise BadInput("--network and --weights are for the autoencoder only")
    else:
        settings = _classical(values, paths, chunk)
        encode = _classical_encoder(settings)
    with output_file(out) as temporary, NpzSpool(temporary) as spool:
        return _write(spool, stream(paths, chunk=chunk, hashes=True), settings, encode, provenance)


def registers(path: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a TOML or JSON file, under those that are given; None is not given.

    Raises:
        BadInput: a file that cannot be read, or holds no table of values.
    """
    values: Any = {}
    if path is not None:
        values = read_json(path) if path.suffix == ".json" else read_toml(path)
    if not isinstance(values, dict):
        raise BadInput(f"{path}: is {type(values).__name__}, allowed is a table of values")
    return values | {name: value for name, value in given.items() if value is not None}


def autoencoder_settings(
    network: Network, weights: Weights, values: Mapping[str, Any]
) -> ConcentratorSettings:
    """Settings whose keep mask is that of the weight set; ``values`` gives at least ``links``.

    Raises:
        BadInput: a setting that does not fit, or that network and weights decide.
    """
    latents = {
        "keep_auto_encoder_bits": tuple(weights.keep.tolist()),
        "latent_width": network.latent_type.width,
    }
    for name in latents:
        if name in values:
            raise BadInput(f"{name}: network and weight set decide it, allowed is to leave it out")
    return settings_from({**values, "alg_type": Algorithm.AUTOENCODER, **latents})


def _autoencoder(
    values: Mapping[str, Any],
    network: Network | None,
    weights: Path | None,
    provenance: dict[str, str],
) -> tuple[ConcentratorSettings, Encode]:
    if network is None or weights is None:
        raise BadInput("the autoencoder needs --network and --weights")
    loaded = Weights.load(weights, network)
    settings = autoencoder_settings(network, loaded, values)
    provenance |= {"network": network.name, "weights_sha256": sha256(weights)}

    def encode(calq: Charges, counter: npt.NDArray[np.uint8]) -> Frames:
        return codec.encode_latents(golden.run(network, loaded, calq), settings, counter)

    return settings, encode


def _classical(
    values: Mapping[str, Any], paths: Path | str | Sequence[Path | str], chunk: int
) -> ConcentratorSettings:
    """Settings with the buffer and the threshold that stand for those that were not given."""
    if values.get("alg_type") != Algorithm.THRESHOLD_SUM:
        return settings_from(values)
    if not set(values) & {_ENDLESS, *BUFFER_SETTINGS}:
        values = {**values, _ENDLESS: True}
    settings = settings_from(values)
    if "threshold" in values:
        return settings
    for path in expand(paths):
        if path.exists() and not path.is_file():
            raise BadInput(f"{path}: can be read once only, fitting reads twice; give --threshold")
    fit = ThresholdFit()
    for readouts in track(stream(paths, chunk=chunk), "fitting the threshold"):
        fit.add(readouts.calq)
    return settings_from({**values, "threshold": fit.lowest(settings.links)})


def _classical_encoder(settings: ConcentratorSettings) -> Encode:
    queue = Buffer(settings)

    def encode(calq: Charges, counter: npt.NDArray[np.uint8]) -> Frames:
        return codec.encode(calq, settings, counter, queue=queue)

    return encode


def _write(
    spool: NpzSpool,
    chunks: Iterable[Readouts],
    settings: ConcentratorSettings,
    encode: Encode,
    provenance: Mapping[str, str],
) -> Encoded:
    done = words = truncated = 0
    sources: dict[str, None] = {}
    for readouts in track(chunks, "encoding"):
        counter = (np.arange(done, done + len(readouts)) & codec.COUNTER_MAX).astype(np.uint8)
        frames = encode(readouts.calq, counter)
        place = {name: getattr(readouts, name) for name in PLACE}
        spool.add({"words": frames.words, "counts": frames.counts, **place})
        done += len(readouts)
        words += int(frames.counts.sum())
        if settings.alg_type is Algorithm.THRESHOLD_SUM:
            truncated += int(((frames.words[:, 0] >> 8 & 7) >= FULL).sum())
        sources[readouts.source] = None
    origin = {**provenance, "source": " + ".join(filter(None, sources))}
    spool.finish(described(FORMAT, settings, origin))
    return Encoded(settings, done, words, truncated)


def _range(values: tuple[int, ...]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}..{high}"
