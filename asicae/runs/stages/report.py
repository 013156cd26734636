"""The report of a run."""

from asicae.runs.stage import Metrics, RunView, Stage


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
        *("evaluation/*", "compare/*", "train/*", "synth/estimate.json"),
    ),
    outputs=("report.html",),
)
