"""The chip of a run: RTL, register map, weight images."""

from asicae.chip.weight_files.files import write_image
from asicae.export.rtl import export_rtl
from asicae.network.encoder import Encoder
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network, load_weights
from asicae.runs.stage import Metrics, RunView, Stage


def export(run: RunView) -> Metrics:
    """Write them; the weight images of the sets that the chip is verified with."""
    network = load_network(run.path)
    export_rtl(network, run.path)
    for name, weights in load_weights(run.path, network, run.weight_sets):
        write_image(run.path / "weights", name, Encoder(network, weights))
    return {}


STAGE = Stage(
    name="export",
    title="writing RTL, register map and weight images",
    action=export,
    inputs=(NETWORK, WEIGHTS),
    outputs=("rtl/*", "registers.*", "weights/*.bin", "weights/*.yaml", "weights/*.csv"),
)
