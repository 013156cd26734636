"""All fast executions of a network against golden, as one step of a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from asicae.export.case import NamedWeights
from asicae.foundation.errors import BadInput, MissingTool, NotExpressible
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.engine_comparison import compare_engine
from asicae.simulation.engines.engine import Engine
from asicae.simulation.engines.table import ENGINES, open_engine
from asicae.source.settings import SourceSettings


def engines_of_a_run() -> list[Engine]:
    """The engines that get a share of a run's events."""
    return [engine for engine in ENGINES.values() if engine.share]


def compare_engines(
    network: Network,
    weight_sets: Sequence[NamedWeights],
    rtl_folder: Path,
    events: int,
    source: SourceSettings | None = None,
) -> dict[str, float | int | str]:
    """Metrics of every engine that can be built here, on source events; see ``compare_engine``.

    An engine whose compiler or headers are absent, or that cannot express ``network``, is left out
    with a line that says why: a figure that was not measured has no key. Nothing else is excused.

    Raises:
        BadInput: as ``compare_engine`` and ``open_engine``, for other reasons than those.
        CheckFailed: an engine differs from golden, or cannot be built.
    """
    metrics: dict[str, float | int | str] = {}
    for engine in usable_engines(network, rtl_folder):
        number = max(len(weight_sets), int(engine.share * events))
        metrics |= compare_engine(
            network, weight_sets, engine.name, number, source=source, rtl_folder=rtl_folder
        ).metrics()
    return metrics


def usable_engines(network: Network, rtl_folder: Path) -> Iterator[Engine]:
    """Engines of a run that can be built here, one after the other, each built when its turn comes.

    Raises:
        BadInput: as ``open_engine``, for another reason than what an engine lacks.
        CheckFailed: an engine cannot be built.
    """
    encoder = Encoder(network, Weights.random(network, 1))
    for engine in engines_of_a_run():
        try:
            open_engine(encoder, engine.name, rtl_folder)
        except (MissingTool, NotExpressible) as reason:
            step(f"engines: {engine.name} left out: {reason}")
        else:
            yield engine


def tools() -> dict[str, str]:
    """What each engine of a run would be built with here, or why it cannot be."""
    return {engine.name: _tools(engine) for engine in engines_of_a_run()}


def _tools(engine: Engine) -> str:
    try:
        return engine.built_with()
    except BadInput as reason:
        return str(reason)
