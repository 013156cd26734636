"""``asicae check-netlist``."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asicae.cli.chip_options import ChipOptions, with_chip_options
from asicae.cli.options import InsteadOfFolder
from asicae.cli.output import say
from asicae.foundation.errors import BadInput

if TYPE_CHECKING:
    from asicae.network.description import Network


@with_chip_options
def check_netlist(
    chip: ChipOptions,
    netlist: Annotated[Path, typer.Argument(help="Of any synthesiser: Verilog, .v or .v.gz.")],
    folder: Annotated[
        Path | None,
        typer.Argument(help="The run, or export, that it was made of; or --network."),
    ] = None,
    network: InsteadOfFolder = None,
    liberty: Annotated[
        list[Path] | None,
        typer.Option(help="Its cells (.lib, .lib.gz), once for each file; else NanGate45."),
    ] = None,
    events: Annotated[int, typer.Option(min=3, help="To compare with golden.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of weights and states.")] = 1,
) -> None:
    """Prove a netlist: words equal golden, three copies of each bit, voters that do their work."""
    from asicae.chip.design import design_of
    from asicae.estimation.outside.check import check_netlist as check
    from asicae.export.rtl import export_rtl
    from asicae.foundation.extras import require
    from asicae.module.drawn import drawn_calq
    from asicae.network.encoder import Encoder
    from asicae.network.named import network_of
    from asicae.simulation.directed_events import stress_weights

    require("asic")
    if (folder is None) == (network is None):
        raise BadInput("check-netlist: allowed is either a folder or --network")
    if folder is not None and chip.settings():
        raise BadInput(f"{folder}: is exported already; how the chip is built, it says itself")

    def prove(described: "Network", rtl: Path) -> None:
        encoder = Encoder(described, stress_weights(described, seed))
        say(*check(encoder, drawn_calq(events), rtl, netlist, liberty or (), seed).lines())

    if folder is not None:
        prove(_network_in(folder), folder)
        return
    described, configuration = network_of(str(network)), chip.configuration()
    design_of(described, configuration)
    with tempfile.TemporaryDirectory(prefix="asicae-check-") as work:
        export_rtl(described, Path(work), configuration)
        prove(described, Path(work))


def _network_in(folder: Path) -> "Network":
    """The network of a run, its RTL held against its seal, or of an export."""
    from asicae.export.design_record import DESIGN
    from asicae.network.description import Network
    from asicae.runs.encoders import NETWORK
    from asicae.runs.job import Job
    from asicae.runs.record import PROVENANCE

    if (folder / PROVENANCE).is_file():
        Job.open(folder).seal.require([NETWORK, DESIGN, "rtl/*"])
    return Network.load(folder / NETWORK)
