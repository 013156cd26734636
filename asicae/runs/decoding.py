"""Frames to charges, with what the kit has measured or with what a run has learned."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.comparison.decode_options import DecodeOptions
from asicae.comparison.record import COMPARISON_FILE, SPREADING_FILE
from asicae.comparison.run_choice import chosen_map
from asicae.concentrator.algorithms.base import Fields
from asicae.concentrator.algorithms.networked import AnyNetworkAlgorithm, NetworkAlgorithm
from asicae.concentrator.algorithms.table import HYBRID_CHOICE, algorithm_of
from asicae.concentrator.charge_files import ChargeMap, write_charges
from asicae.concentrator.charge_maps import BUSY_DECODER, DECODER, LEARNED, NONE, MapOf
from asicae.concentrator.frame_files import FrameFile, load, require_npz
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted
from asicae.foundation.errors import BadInput
from asicae.foundation.files import refuse_existing, sha256
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network
from asicae.runs.hybrids import FILES as HYBRID_FILES
from asicae.runs.hybrids import load_hybrid, weights_file
from asicae.runs.job import Job
from asicae.runs.readouts import load_part, part_file
from asicae.runs.record import matching


def decode_file(
    frames: Path,
    out: Path,
    spread: str | None = None,
    run: Path | None = None,
    force: bool = False,
) -> str:
    """Write what a file of frames says, and a charge map of it, to ``out``.

    Args:
        frames: made by ``asicae encode``.
        out: name ending in ``.npz``.
        spread: name of the map, ``none`` for transmitted fields only. The default is the run's
            choice, without a run the best that needs none; for the autoencoder ``decoder`` with a
            run and ``none`` without.
        run: run folder whose training events, choice and networks are used.
        force: replace ``out``.

    Returns:
        Name of the map.

    Raises:
        BadInput: files or a run that cannot be used, a map that these frames do not have.
    """
    file = load(frames)
    require_npz(out)
    refuse_existing(out, force)
    name, charge_map = _chosen(file, frames, spread, run)
    write_charges(file, frames, out, name, charge_map)
    return name


def _chosen(
    file: FrameFile, source: Path, spread: str | None, run: Path | None
) -> tuple[str, ChargeMap | None]:
    """Name of the map, and what makes it."""
    settings = file.settings
    if spread == NONE:
        return NONE, None
    folder = None if run is None else _sealed(run)
    algorithm = algorithm_of(settings)
    if algorithm is HYBRID_CHOICE:
        return _of_hybrid(file, source, spread, folder)
    if isinstance(algorithm, NetworkAlgorithm):
        return _decoder(algorithm, file, source, spread, folder)
    if folder is not None:
        return _of_run(settings, spread, folder)
    ways = algorithm.maps(settings)
    name = spread or algorithm.default_map(settings) or NONE
    _require(name, list(ways), settings, " (more with --run)")
    return name, _without_place(ways[name])


def _sealed(run: Path, globs: Sequence[str] = ()) -> Path:
    """A run, of which these files are as its stages left them.

    Raises:
        BadInput: one that is not.
    """
    job = Job.open(run)
    job.require_records()
    job.seal.require(globs)
    return job.path


def _of_run(settings: ConcentratorSettings, spread: str | None, run: Path) -> tuple[str, ChargeMap]:
    """A map of a classical algorithm by what the run has measured and learned."""
    _sealed(run, [COMPARISON_FILE, SPREADING_FILE, part_file("train")])
    name = spread or chosen_map(run / COMPARISON_FILE, settings)
    ways = _options(run, name).of(settings)
    learnable = [LEARNED] if algorithm_of(settings).sends_rest else []
    _require(name, [*ways, *learnable], settings, "")
    way = ways[name]
    return name, lambda fields, known, modules: way(known, modules)


def _decoder(
    algorithm: AnyNetworkAlgorithm,
    file: FrameFile,
    source: Path,
    spread: str | None,
    run: Path | None,
) -> tuple[str, ChargeMap | None]:
    """The decoder that was trained with the weight set of the frames."""
    if spread is not None:
        _require(spread, [DECODER], file.settings, "")
    if run is None:
        if spread is None:
            return NONE, None
        raise BadInput(f"{spread}: needs the run that it was trained in, give it with --run")
    from asicae.training.stored_networks import load_decoder

    _sealed(run, [NETWORK, WEIGHTS, "model/*"])
    network = load_network(run)
    _require_latents(algorithm, file, source, network, run)
    name = _weight_set(file, source, run, WEIGHTS)
    decoder = load_decoder(run / "model" / f"{name}_decoder.keras", network)
    return DECODER, partial(_decoded, decoder, network, algorithm)


def _of_hybrid(
    file: FrameFile, source: Path, spread: str | None, run: Path | None
) -> tuple[str, ChargeMap | None]:
    """Quiet frames by a map of Adaptive Choice, busy ones by the decoder of the weight set."""
    if run is None:
        if spread is None:
            return NONE, None
        raise BadInput(f"{spread}: needs the run that it was trained in, give it with --run")
    _sealed(run, [*HYBRID_FILES, part_file("train")])
    settings = file.settings
    # Latents of another number of links look the same and are those of another decoder.
    _weight_set(file, source, run, weights_file(settings.links))
    hybrid = load_hybrid(run, settings.links)
    _require_latents(HYBRID_CHOICE, file, source, hybrid.network, run)
    if spread is None:
        _sealed(run, [COMPARISON_FILE])
    name = spread or chosen_map(run / COMPARISON_FILE, settings)
    options = _options(run, name.removesuffix(BUSY_DECODER))
    ways = {f"{way}{BUSY_DECODER}": found for way, found in options.of_cells().items()}
    _require(name, list(ways), settings, "")
    way = ways[name]
    return name, lambda fields, known, modules: hybrid.decoded(fields, known, modules, way)


def _require_latents(
    algorithm: AnyNetworkAlgorithm, file: FrameFile, source: Path, network: Network, run: Path
) -> None:
    """Stop unless the latents of the frames are those of a network."""
    latents = algorithm.latent_shape(file.settings)
    expected = network.latents, network.latent_type.width
    if latents != expected:
        raise BadInput(
            f"{source}: {latents[0]} latents of {latents[1]} bits, the network of {run} has "
            f"{expected[0]} of {expected[1]}"
        )


def _options(run: Path, name: str) -> DecodeOptions:
    """What the training events of a run tell; with its network where the map of a name is it."""
    learned = None
    if name == LEARNED:
        from asicae.training.stored_spreading import load_spreading

        _sealed(run, [SPREADING_FILE])
        learned = load_spreading(run / SPREADING_FILE)
    return DecodeOptions(load_part(run, "train"), learned)


def _weight_set(file: FrameFile, source: Path, run: Path, allowed: str) -> str:
    """Name of the weight set of a run that the frames were made with, of those of a glob."""
    wanted = file.provenance.get("weights_sha256")
    sets = [run / name for name in matching(run, [allowed])]
    for path in sets:
        if sha256(path) == wanted:
            return path.stem
    found = ", ".join(path.name for path in sets) or "none"
    raise BadInput(
        f"{source}: made with a weight set (SHA-256 {wanted}) that is none of {run} for"
        f" {file.settings.links} links ({found})"
    )


def _decoded(
    decoder: object,
    network: Network,
    algorithm: AnyNetworkAlgorithm,
    fields: Fields,
    known: Transmitted,
    modules: Readouts,
) -> npt.NDArray[np.float64]:
    from asicae.training.decoder import decode_latents

    sent = algorithm.latents(fields)
    return decode_latents(decoder, network, sent.latents, sent.sums, modules)


def _without_place(way: MapOf) -> ChargeMap:
    return lambda fields, known, modules: way(known)


def _require(name: str, allowed: list[str], settings: ConcentratorSettings, more: str) -> None:
    """Stop unless a map is there for frames of these settings.

    Raises:
        BadInput: naming those that are.
    """
    if name not in allowed:
        names = ", ".join(dict.fromkeys([NONE, *allowed]))
        raise BadInput(f"--spread {name}: {settings.alg_type} has {names}{more}")
