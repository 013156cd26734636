"""The page about the testplan: every goal, what became of it, and how to run it again."""

from collections.abc import Mapping
from typing import Any, Final

from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record

STAGES: Final = {
    "design": "Every network given to `asicae verify`",
    "chip": "Whole chips",
    "block": "Blocks alone",
}
HEAD: Final = ("goal", "stimulus", "what is checked", "tests", "seconds", "result")


def page(found: Record) -> str:
    """Markdown: goals by stage, then which tests run which benches, with which seeds."""
    figures: Any = found.figures
    goals = figures["goals"]
    reached = sum(goal["verdict"] == "passed" for goal in goals)
    lines = [
        "# Verification",
        "",
        f"Written by `{found.command}`: the goals of `verification/testplan.yaml`, and what became",
        "of their tests. Longer campaigns have pages of their own beside this one.",
        "",
        f"Reached: {reached} of {len(goals)} goals.",
    ]
    for stage, title in STAGES.items():
        rows = [_cells(goal) for goal in goals if goal["stage"] == stage]
        lines += ["", f"## {title}", "", *markdown_table(HEAD, rows)]
    lines += [
        "",
        "## Again",
        "",
        "What begins with `tests/` runs alone by `python -m pytest TEST`, a bench by the test",
        "that runs it and gives it the seed. `asicae verify RUN --waves` and `asicae verify RUN",
        "--bench FILE --test NAME --seed N --waves` record a chip of your own.",
        "",
        *markdown_table(
            ("bench", "run by", "seeds"),
            [
                (f"`{bench}`", f"`{test}`", ", ".join(map(str, seeds)))
                for bench, tests in sorted(figures["run_by"].items())
                for test, seeds in tests.items()
            ],
        ),
    ]
    return "\n".join([*lines, *what_must_not_be(found)]) + "\n"


def _cells(goal: Mapping[str, Any]) -> tuple[str, ...]:
    tests = "<br>".join(_named(test) for test in goal["tests"])
    seconds = sum(test["seconds"] for test in goal["tests"])
    return (
        goal["name"],
        goal["stimulus"],
        goal["checking"],
        tests,
        f"{seconds:.0f}",
        goal["verdict"] if goal["verdict"] == "passed" else f"**{goal['verdict']}**",
    )


def _named(test: Mapping[str, Any]) -> str:
    name = f"`{test['name']}`"
    return name if test["verdict"] == "passed" else f"{name} **{test['verdict']}**"
