"""The report of a run."""

from asicae.comparison.record import COMPARISON_FILE
from asicae.estimation.record import ESTIMATE_FILE
from asicae.layout.record import LAYOUT_FOLDER
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.simulation.regression.record import GOALS_FILE, VERIFY_FOLDER
from asicae.training.history import HISTORY_FILE
from asicae.training.record import EVALUATION_FOLDER


def report(run: RunView) -> Metrics:
    """Draw it."""
    from asicae.report.page import write_report

    write_report(run.path)
    return {}


STAGE = Stage(
    name="report",
    title="drawing the report",
    action=report,
    # Whatever another stage measured; its own record is no input.
    inputs=(
        *("stages/[!r]*.json", "stages/readouts.json", "network.json"),
        *(f"{EVALUATION_FOLDER}/*", COMPARISON_FILE, HISTORY_FILE, ESTIMATE_FILE),
        *(f"{LAYOUT_FOLDER}/*/*", f"{VERIFY_FOLDER}/{GOALS_FILE}"),
    ),
    outputs=("report.html",),
)
