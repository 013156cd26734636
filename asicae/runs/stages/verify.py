"""The RTL of a run against golden under Verilator, its weights loaded through I2C."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from asicae.export.design_record import DESIGN
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network, load_weights
from asicae.runs.readouts import load_part, part_file
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.simulation.regression.record import GOALS_FILE, VERIFY_FOLDER

if TYPE_CHECKING:
    from asicae.network.description import Network
    from asicae.runs.settings import RunSettings

FOLDER = VERIFY_FOLDER


def regress(
    run: RunView,
    out: Path,
    mutate: Literal["weight", "expected"] | None = None,
    waves: bool = False,
) -> Metrics:
    """The regression of a run, into ``out``; ``mutate`` flips a bit and must fail.

    Raises:
        CheckFailed: any latent, sum or step of the load sequence is not as expected.
    """
    from asicae.simulation.regression.verify import verify

    s, network = run.settings, load_network(run.path)
    return verify(
        network,
        load_weights(run.path, network, run.weight_sets),
        load_part(run.path, "test").calq,
        run.path / "rtl",
        out,
        events=min(s.verify_events, s.test_events),
        mutate=mutate,
        waves=waves,
    ).metrics


def verify(run: RunView) -> Metrics:
    """The regression as a stage; see ``regress``."""
    return regress(run, run.path / FOLDER)


def _ahead(network: "Network", settings: "RunSettings", rtl: Path) -> None:
    from asicae.simulation.regression.verify import build_chip

    del settings
    build_chip(network, rtl)


STAGE = Stage(
    name="verify",
    title="RTL against golden under Verilator, weights loaded through I2C",
    action=verify,
    settings=lambda s: {"events": s.verify_events},
    inputs=(NETWORK, WEIGHTS, part_file("test"), DESIGN, "rtl/*.v", "rtl/*.f"),
    outputs=(f"{FOLDER}/*.xml", f"{FOLDER}/*.json"),
    required=lambda run: (f"{FOLDER}/metrics.json", f"{FOLDER}/{GOALS_FILE}"),
    ahead=_ahead,
)
