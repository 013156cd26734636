"""The networks of Hybrid Choice with their decoders, one for each number of links."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.named import network_of
from asicae.readout.readouts import Readouts
from asicae.runs.hybrids import CHECKPOINTS, FILES, FOLDER, files_of, network_file
from asicae.runs.readouts import load_part, part_file
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.training.checkpoint import Checkpoints
from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings
    from asicae.training.trained import Trained

EXACTNESS_EVENTS = 20_000


def hybrid(run: RunView) -> Metrics:
    """Train, compare QKeras with golden, and store networks, models, weights and histories.

    Raises:
        BadInput: a network that does not fit the frames.
        CheckFailed: QKeras and golden differ.
    """
    from asicae.training.hybrid import train_hybrid

    asked = run.settings.hybrid
    if asked is None:
        return {}
    settings = asked.of_training(run.settings.train)
    training, validation = load_part(run.path, "train"), load_part(run.path, "validation")
    checkpoints = Checkpoints(run.path / CHECKPOINTS, run.key, run.path / FOLDER)
    checkpoints.clear_others()
    metrics: dict[str, float | int | str] = {}
    for links, named in asked.by_links.items():
        network, name = network_of(named), set_name(links)
        trained = train_hybrid(
            network,
            training,
            validation,
            settings,
            links,
            asked.busy_hits,
            checkpoints.of(name),
        )
        words = _exact(trained, network, validation, asked.busy_hits, settings.seed)
        network.save(run.path / network_file(links))
        trained.save(run.path / FOLDER, name)
        metrics |= {
            f"exact.hybrid_qkeras_vs_golden.{name}.words": words,
            f"exact.hybrid_qkeras_vs_golden.{name}.mismatches": 0,
            f"train.hybrid.{name}.seconds": round(trained.history[-1].seconds, 1),
            f"weights.hybrid.{name}.bits": network.weight_bits,
        }
    return metrics


def _exact(
    trained: "Trained", network: Network, events: Readouts, busy_hits: int, seed: int
) -> int:
    """Words in which QKeras and golden were compared, on busy events and on codes that are drawn.

    Raises:
        CheckFailed: they differ.
    """
    from asicae.training.hybrid import frames_for, seen_codes
    from asicae.training.lowering import exactness_codes, qkeras_against_golden

    frames = frames_for(network, trained.links, busy_hits)
    busy = events.select(frames.busy_rows(events.calq))
    codes = exactness_codes(network, seen_codes(network, busy, frames), EXACTNESS_EVENTS, seed)
    found = qkeras_against_golden(trained.encoder, Encoder(network, trained.weights), codes)
    if found.mismatches:
        where = f"{network.name} at {trained.links} links"
        raise CheckFailed(f"{where}: QKeras and golden differ in {found.mismatches} words")
    return found.words


def _settings(settings: "RunSettings") -> dict[str, Any]:
    return settings.model_dump(mode="json", include={"hybrid", "train"})


def _given(settings: "RunSettings") -> list[Path]:
    """Descriptions of networks."""
    return settings.hybrid.files() if settings.hybrid else []


def _code(settings: "RunSettings") -> dict[str, Path]:
    """The file of a loss of the user's own."""
    return settings.hybrid.of_training(settings.train).own_code if settings.hybrid else {}


def _required(run: RunView) -> Iterator[str]:
    for links in run.settings.hybrid.links if run.settings.hybrid else ():
        yield from files_of(links)


STAGE = Stage(
    name="hybrid",
    title="training the networks of Hybrid Choice",
    action=hybrid,
    settings=_settings,
    inputs=(part_file("train"), part_file("validation")),
    outputs=FILES,
    required=_required,
    files=_given,
    code=_code,
    progress=CHECKPOINTS,
)
