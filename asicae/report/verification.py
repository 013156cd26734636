"""Section of the testplan: goals of the chip of the run, and what became of them."""

from asicae.report.run_data import Run, Section, TextTable
from asicae.simulation.regression.record import (
    GOALS_FILE,
    VERIFY_FOLDER,
    GoalResult,
    GoalsRecord,
)

TITLE = "Verification"
COLUMNS = ("goal", "stimulus", "checked", "tests", "seconds", "result")
REMARK = (
    "Through I2C into the verilated chip, with seed {seed}. With waves again: "
    "asicae verify {folder} --waves. Goals of single blocks and of the preset small are those of "
    "the kit's own tests (verification/testplan.yaml)."
)


def verification_section(run: Run) -> Section:
    """Goals in the order of the testplan; empty before the run is verified."""
    path = run.folder / VERIFY_FOLDER / GOALS_FILE
    if not path.is_file():
        return Section(TITLE, [])
    found = GoalsRecord.load(path)
    rows = [_row(goal) for goal in found.goals]
    remark = REMARK.format(seed=found.seed, folder=run.folder.name)
    return Section(TITLE, [], [TextTable(COLUMNS, frozenset({"seconds"}), rows, remark)])


def _row(goal: GoalResult) -> list[str]:
    tests = ", ".join(test.name.rpartition(".")[2] for test in goal.tests)
    seconds = sum(test.seconds for test in goal.tests)
    return [goal.name, goal.stimulus, goal.checking, tests, f"{seconds:.1f}", goal.verdict]
