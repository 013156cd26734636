"""The chip of a run: RTL, register map, weight images."""

from collections.abc import Iterator

from asicae.chip.microarchitectures import label_of
from asicae.chip.weight_files.files import IMAGE_SUFFIXES, write_image
from asicae.export.data_sheet import DATA_SHEET
from asicae.export.design_record import DESIGN
from asicae.export.fusesoc import CORE
from asicae.export.hand_off import HAND_OFF, LIBRELANE, SCRIPTS
from asicae.export.rtl import export_rtl
from asicae.export.simulation import DATA, FILES, SIM
from asicae.network.encoder import Encoder
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network, load_weights
from asicae.runs.stage import Metrics, RunView, Stage


def export(run: RunView) -> Metrics:
    """Write them, weight images of the sets that the chip is verified with; say how it is built."""
    network = load_network(run.path)
    export_rtl(network, run.path, run.settings.chip)
    for name, weights in load_weights(run.path, network, run.weight_sets):
        write_image(run.path / "weights", name, Encoder(network, weights))
    return {"rtl.microarchitecture": label_of(run.settings.chip)}


def _required(run: RunView) -> Iterator[str]:
    yield from (DESIGN, "rtl/asicae_top.v", "rtl/filelist.f", "rtl/asicae_top.sdc")
    yield from (CORE, DATA_SHEET)
    yield from (f"{HAND_OFF}/{name}" for name in (*SCRIPTS, LIBRELANE))
    yield from (f"{SIM}/{name}" for name in FILES)
    yield from (f"registers.{ending}" for ending in ("rdl", "json", "h", "html"))
    for name in run.weight_sets:
        yield from (f"weights/{name}{ending}" for ending in IMAGE_SUFFIXES)


STAGE = Stage(
    name="export",
    title="writing RTL, register map and weight images",
    action=export,
    settings=lambda s: {"chip": s.chip.model_dump(mode="json")},
    inputs=(NETWORK, WEIGHTS),
    outputs=(
        DESIGN,
        "rtl/*",
        f"{HAND_OFF}/*",
        CORE,
        DATA_SHEET,
        *(f"{SIM}/{name}" for name in FILES),
        f"{SIM}/{DATA}/*",
        "registers.*",
        "weights/*.bin",
        "weights/*.yaml",
        "weights/*.csv",
    ),
    required=_required,
)
