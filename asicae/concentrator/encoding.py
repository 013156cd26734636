"""From readouts of any size to a file of frames, a chunk at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from asicae import __version__
from asicae.chip import golden
from asicae.concentrator import codec
from asicae.concentrator.algorithms.base import Charges, LatentsOf
from asicae.concentrator.algorithms.networked import AnyNetworkAlgorithm, NetworkAlgorithm
from asicae.concentrator.algorithms.table import (
    algorithm_in,
    algorithm_of,
    settings_from,
    those_with_a_network,
)
from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.fitting import TABLE, given_in
from asicae.concentrator.frame_files import FORMAT, PLACE, described, require_npz
from asicae.concentrator.settings import INPUT_SETTINGS, ConcentratorSettings
from asicae.foundation.errors import BadInput
from asicae.foundation.files import output_file, read_json, read_toml, refuse_existing, sha256
from asicae.foundation.npz_spool import NpzSpool
from asicae.foundation.progress import track
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.readout.reading import CHUNK, expand, stream
from asicae.readout.readouts import Readouts

Paths = Path | str | Sequence[Path | str]


@dataclass(frozen=True)
class EncodedFile:
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
        return text + algorithm_of(settings).summary(settings, self.truncated)


def encode_files(
    paths: Paths,
    out: Path,
    values: Mapping[str, Any],
    network: Network | None = None,
    weights: Path | None = None,
    force: bool = False,
    chunk: int = CHUNK,
) -> EncodedFile:
    """Write the frames of readouts to ``out``, whole or not at all.

    Rows of files are modules side by side, no sequence of one: the buffer of an algorithm of
    variable rate is endless unless ``values`` holds a setting of it.

    Args:
        paths: readouts in any format, files or globs.
        out: name ending in ``.npz``.
        values: settings by name. For one that is fitted unless given, such as the threshold of
            Threshold Sum, the files are read once more before.
        network: description of the encoder, for an algorithm that needs one only.
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
    algorithm = algorithm_in(values)
    latents_of: LatentsOf | None = None
    if isinstance(algorithm, NetworkAlgorithm):
        values, latents_of = _with_network(algorithm, values, network, weights, provenance)
    elif network is not None or weights is not None:
        raise BadInput(f"--network and --weights are for {those_with_a_network()} only")
    settings_from(values)  # what does not fit is told before anything is read
    settings = settings_from(algorithm.completed(values, partial(_charges, paths, chunk)))
    with output_file(out) as temporary, NpzSpool(temporary) as spool:
        chunks = stream(paths, chunk=chunk, hashes=True)
        return _write(spool, chunks, settings, latents_of, provenance)


def registers(path: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a TOML or JSON file, under those that are given; None is not given.

    Of the settings of a run it takes those that are given there for this algorithm and its links.

    Raises:
        BadInput: a file that cannot be read, or holds no table of values, or none for these.
    """
    content: Any = {}
    if path is not None:
        content = read_json(path) if path.suffix == ".json" else read_toml(path)
    if not isinstance(content, dict):
        raise BadInput(f"{path}: is {type(content).__name__}, allowed is a table of values")
    values: dict[str, Any] = content
    if TABLE[0] in values:
        values = given_in(values, given["alg_type"], given["links"], str(path))
    return values | {name: value for name, value in given.items() if value is not None}


def values_with_network(
    algorithm: AnyNetworkAlgorithm, values: Mapping[str, Any], encoder: Encoder
) -> dict[str, Any]:
    """Values with those that the encoder decides.

    Raises:
        BadInput: a value that they decide is given.
    """
    decided = algorithm.values_of(encoder)
    for name in decided:
        if name in values:
            raise BadInput(f"{name}: network and weight set decide it, allowed is to leave it out")
    return {**values, **decided}


def _with_network(
    algorithm: AnyNetworkAlgorithm,
    values: Mapping[str, Any],
    network: Network | None,
    weights: Path | None,
    provenance: dict[str, str],
) -> tuple[dict[str, Any], LatentsOf]:
    """Values with those of network and weights, and the encoder that they make."""
    if network is None or weights is None:
        raise BadInput(f"the {algorithm.label.lower()} needs --network and --weights")
    encoder = Encoder.load(network, weights)
    provenance |= {"network": network.name, "weights_sha256": sha256(weights)}
    values = values_with_network(algorithm, values, encoder)
    return values, partial(golden.run, encoder)


def _charges(paths: Paths, chunk: int, name: str) -> Iterable[Charges]:
    """Charges of all readouts, to fit a setting to."""
    for path in expand(paths):
        if path.exists() and not path.is_file():
            once = "can be read once only, fitting reads twice"
            raise BadInput(f"{path}: {once}; give --{name}")
    chunks = track(stream(paths, chunk=chunk), f"fitting the {name}")
    return (readouts.calq for readouts in chunks)


def _write(
    spool: NpzSpool,
    chunks: Iterable[Readouts],
    settings: ConcentratorSettings,
    latents_of: LatentsOf | None,
    provenance: Mapping[str, str],
) -> EncodedFile:
    algorithm = algorithm_of(settings)
    send = algorithm.sender(settings, latents_of)
    done = words = truncated = 0
    sources: dict[str, None] = {}
    for readouts in track(chunks, "encoding"):
        counter = (np.arange(done, done + len(readouts)) & codec.COUNTER_MAX).astype(np.uint8)
        frames = codec.encode(readouts.calq, settings, counter, send=send)
        place = {name: getattr(readouts, name) for name in PLACE}
        spool.add({"words": frames.words, "counts": frames.counts, **place})
        done += len(readouts)
        words += int(frames.counts.sum())
        truncated += int(algorithm.truncated(frames).sum())
        sources[readouts.source] = None
    origin = {**provenance, "source": " + ".join(filter(None, sources))}
    spool.finish(described(FORMAT, settings, origin))
    return EncodedFile(settings, done, words, truncated)
