"""All fast executions of a network against golden, as one step of a run."""

from collections.abc import Sequence
from pathlib import Path

from asicae.foundation.errors import BadInput, MissingTool, NotExpressible
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.simulation.builds import verilator
from asicae.simulation.builds.cpp import folder_hash
from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.engine_comparison import compare_engine
from asicae.simulation.engines.hls import header_folder
from asicae.simulation.engines.table import open_engine
from asicae.simulation.regression.case import NamedWeights
from asicae.source.settings import SourceSettings

SHARES = {"emulator": 1.0, "verilated": 1.0, "ac": 0.2, "ap": 0.05}
"""Share of the events that each engine gets: they differ in speed by a factor of hundreds."""


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
    for engine, share in SHARES.items():
        try:
            open_engine(network, weight_sets[0][1], engine, rtl_folder)
        except (MissingTool, NotExpressible) as reason:
            step(f"engines: {engine} left out: {reason}")
            continue
        number = max(len(weight_sets), int(share * events))
        metrics |= compare_engine(
            network, weight_sets, engine, number, source=source, rtl_folder=rtl_folder
        ).metrics()
    return metrics


def tools() -> dict[str, str]:
    """What each engine of ``compare_engines`` would be built with here, or why it cannot be."""
    return {engine: _tools(engine) for engine in SHARES}


def _tools(engine: str) -> str:
    try:
        if engine == "verilated":
            return f"Verilator {verilator.version()}, {compiler().version}"
        if engine in ("ac", "ap"):
            headers = folder_hash(header_folder("ac" if engine == "ac" else "ap"))
            return f"headers {headers}, {compiler().version}"
        return compiler().version
    except BadInput as reason:
        return str(reason)
