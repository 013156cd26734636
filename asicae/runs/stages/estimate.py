"""Area, energy and timing of the chip of a run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asicae.estimation.record import ESTIMATE_FILE, EstimateRecord
from asicae.export.design_record import DESIGN
from asicae.foundation.progress import step
from asicae.network.encoder import Encoder
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network, load_weights
from asicae.runs.readouts import load_part, part_file
from asicae.runs.stage import Metrics, RunView, Stage

if TYPE_CHECKING:
    from asicae.network.description import Network
    from asicae.runs.settings import RunSettings


def estimate(run: RunView) -> Metrics:
    """Synthesise the RTL and estimate it with test events as stimulus; say what was found."""
    from asicae.estimation.library_record import summary

    record = _estimate(run, _liberty(run.settings), run.path / ESTIMATE_FILE)
    for line in summary(record):
        step(line)
    return record.metrics


def estimate_apart(run: RunView, liberty: Sequence[Path]) -> Path:
    """Estimate with another library or corner; the file is no result of the run.

    Raises:
        BadInput: what ``estimate`` raises, before anything else is done where the library is why.
    """
    from asicae.estimation.libraries import load

    technology = load(liberty)
    corner = re.sub(r"[^A-Za-z0-9_.-]+", "_", technology.corner)
    name = "-".join(part for part in (technology.key, corner) if part)
    path = run.path / "synth" / f"{name}.json"
    _estimate(run, liberty, path)
    return path


def _estimate(run: RunView, liberty: Sequence[Path], out: Path) -> EstimateRecord:
    from asicae.estimation.estimate import estimate

    s, network = run.settings, load_network(run.path)
    return estimate(
        Encoder(network, load_weights(run.path, network, run.weight_sets[:1])[0][1]),
        load_part(run.path, "test").calq[: s.estimate_events],
        run.path / "rtl",
        out,
        liberty,
        s.estimate_seed,
        timed_events=s.timed_events,
        wire_um_per_pin=s.wire_um_per_pin,
    )


def _ahead(network: "Network", settings: "RunSettings", rtl: Path) -> None:
    from asicae.estimation.libraries import load
    from asicae.estimation.synthesis import synthesise

    del network
    synthesise(rtl, load(_liberty(settings)))


def _liberty(settings: "RunSettings") -> list[Path]:
    return [Path(name) for name in settings.liberty]


STAGE = Stage(
    name="estimate",
    title="synthesis, activity of source events, energy, area, timing",
    action=estimate,
    settings=lambda s: {
        "events": s.estimate_events,
        "timed_events": s.timed_events,
        "seed": s.estimate_seed,
        "liberty": list(s.liberty),
        "wire_um_per_pin": s.wire_um_per_pin,
    },
    files=_liberty,
    inputs=(NETWORK, WEIGHTS, part_file("test"), DESIGN, "rtl/*.v", "rtl/*.f"),
    outputs=(ESTIMATE_FILE,),
    ahead=_ahead,
)
