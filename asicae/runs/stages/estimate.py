"""Area, energy and timing of the chip of a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from asicae.estimation.record import ESTIMATE_FILE
from asicae.export.design_record import DESIGN
from asicae.network.encoder import Encoder
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network, load_weights
from asicae.runs.readouts import load_part, part_file
from asicae.runs.stage import Metrics, RunView, Stage

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings


def estimate(run: RunView) -> Metrics:
    """Synthesise the RTL and estimate it with test events as stimulus."""
    from asicae.estimation.estimate import estimate

    s, network = run.settings, load_network(run.path)
    return estimate(
        Encoder(network, load_weights(run.path, network, run.weight_sets[:1])[0][1]),
        load_part(run.path, "test").calq[: s.estimate_events],
        run.path / "rtl",
        run.path / ESTIMATE_FILE,
        liberty=Path(s.liberty) if s.liberty else None,
        seed=s.estimate_seed,
        timed_events=s.timed_events,
    ).metrics


def _liberty(settings: "RunSettings") -> list[Path]:
    return [Path(settings.liberty)] if settings.liberty else []


STAGE = Stage(
    name="estimate",
    title="synthesis, activity of source events, energy, area, timing",
    action=estimate,
    settings=lambda s: {
        "events": s.estimate_events,
        "timed_events": s.timed_events,
        "seed": s.estimate_seed,
        "liberty": s.liberty,
    },
    files=_liberty,
    inputs=(NETWORK, WEIGHTS, part_file("test"), DESIGN, "rtl/*.v", "rtl/*.f"),
    outputs=(ESTIMATE_FILE,),
)
