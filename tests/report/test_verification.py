"""The goals of the testplan on the page of a run."""

from pathlib import Path

from asicae.report.run_data import Run
from asicae.report.verification import COLUMNS, verification_section
from asicae.simulation.regression.record import GOALS_FILE, VERIFY_FOLDER
from asicae.simulation.regression.testplan import Goal, Result, judged


def test_goals_are_shown_with_what_became_of_them(tmp_path: Path) -> None:
    run = Run(tmp_path / "my_run", {}, {}, {})
    assert not verification_section(run).tables
    goals = [
        Goal("load", "weights", "CRC", "design", ("top.bench.loads", "top.bench.aborts")),
        Goal("reset", "none", "zeros", "design", ("top.bench.resets",)),
    ]
    results = {"top.bench.loads": Result(True, 1.25), "top.bench.aborts": Result(False, 2.5)}
    folder = run.folder / VERIFY_FOLDER
    folder.mkdir(parents=True)
    judged(goals, results, seed=7).save(folder / GOALS_FILE)
    table = verification_section(run).tables[0]
    assert [dict(zip(COLUMNS, row, strict=True)) for row in table.rows] == [
        {
            **{"goal": "load", "stimulus": "weights", "checked": "CRC"},
            **{"tests": "loads, aborts", "seconds": "3.8", "result": "failed"},
        },
        {
            **{"goal": "reset", "stimulus": "none", "checked": "zeros"},
            **{"tests": "resets", "seconds": "0.0", "result": "not run"},
        },
    ]
    assert "seed 7" in table.remark and "asicae verify my_run --waves" in table.remark
