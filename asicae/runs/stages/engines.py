"""C++ and verilated RTL of a run against golden on source events."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from asicae.export.design_record import DESIGN
from asicae.foundation.folders import output_folder
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network, load_weights
from asicae.runs.readouts import load_part, part_file
from asicae.runs.stage import Metrics, RunView, Stage

if TYPE_CHECKING:
    from asicae.network.description import Network
    from asicae.runs.settings import RunSettings

VECTORS = 1_000
"""Test readouts that go with the C++ of a run, for its test bench."""


def compare_engines(run: RunView) -> Metrics:
    """Write the C++ and compare every engine that can be built here."""
    from asicae.export.hls import export_hls, expressible_types
    from asicae.simulation.executions import compare_engines as compared

    s, network = run.settings, load_network(run.path)
    sets = load_weights(run.path, network, run.weight_sets)
    vectors = load_part(run.path, "test").calq[:VECTORS]
    with output_folder(run.path / "hls", force=True) as temporary:
        export_hls(network, temporary, sets[0][1], vectors, expressible_types(network))
    return compared(network, sets, run.path / "rtl", s.engine_events, s.source)


def _settings(settings: "RunSettings") -> dict[str, Any]:
    """With what builds the engines here."""
    from asicae.simulation.executions import tools

    deciding = settings.model_dump(mode="json", include={"engine_events", "source"})
    return deciding | {"tools": tools()}


def _ahead(network: "Network", settings: "RunSettings", rtl: Path) -> None:
    from asicae.simulation.executions import usable_engines

    del settings
    list(usable_engines(network, rtl))


STAGE = Stage(
    name="engines",
    title="C++ and verilated RTL against golden on source events",
    action=compare_engines,
    settings=_settings,
    inputs=(NETWORK, WEIGHTS, part_file("test"), DESIGN, "rtl/*.v", "rtl/*.f"),
    outputs=("hls/**/*",),
    required=lambda run: ("hls/Makefile", "hls/network.json"),
    ahead=_ahead,
)
