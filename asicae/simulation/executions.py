"""All fast executions of a network against golden, as one step of a run."""

from collections.abc import Sequence
from pathlib import Path

from asicae.errors import BadInput, MissingTool
from asicae.network.description import Network
from asicae.progress import step
from asicae.simulation.comparison import compare
from asicae.simulation.regression import NamedWeights

SHARES = {"emulator": 1.0, "verilated": 1.0, "ac": 0.2, "ap": 0.05}
"""Share of the events that each engine gets: they differ in speed by a factor of hundreds."""


def compare_all(
    network: Network, weight_sets: Sequence[NamedWeights], rtl_folder: Path, events: int
) -> dict[str, float | int | str]:
    """Metrics of every engine that can be built here, on source events; see ``compare``.

    An engine whose compiler or headers are absent, or that cannot express ``network``, is left out
    with a line that says why: a figure that was not measured has no key.

    Raises:
        CheckFailed: an engine differs from golden, or cannot be built.
    """
    metrics: dict[str, float | int | str] = {}
    for engine, share in SHARES.items():
        number = max(len(weight_sets), int(share * events))
        try:
            metrics |= compare(
                network, weight_sets, engine, number, rtl_folder=rtl_folder
            ).metrics()
        except (MissingTool, BadInput) as reason:
            step(f"engines: {engine} left out: {reason}")
    return metrics
