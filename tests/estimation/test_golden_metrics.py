"""Areas and energies are those that were written down, to 2 %."""

from typing import Any

import pytest

from asicae.campaigns.golden_metrics import CASES, GOLDEN, Case, figures, moved
from asicae.campaigns.record import Record
from tests.support.places import ROOT

WRITTEN: dict[str, Any] = Record.load(ROOT / GOLDEN).figures
WRITE = "a change that means to move them writes them anew: make golden-metrics"


@pytest.mark.build
@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_area_or_energy_moves_unseen(case: Case) -> None:
    if not case.files:
        pytest.skip(f"{case.library} is not installed")
    assert moved(figures(case.estimate()), WRITTEN[str(case)]) == [], WRITE


def test_what_is_moved_or_missing_is_named() -> None:
    golden = WRITTEN[str(CASES[0])]
    assert len(WRITTEN) == len(CASES)
    assert moved(golden, golden) == []
    for key in golden:
        for factor, seen in ((1.019, False), (1.021, True), (0.981, False), (0.979, True)):
            lines = moved(golden | {key: golden[key] * factor}, golden)
            assert [line.partition(": ")[0] for line in lines] == [key] * (
                seen and golden[key] != 0
            )
    key = "area.um2.dense"
    less = {name: value for name, value in golden.items() if name != key}
    assert moved(less, golden) == [f"{key}: None, golden {golden[key]}"]
    assert moved(golden, less) == [f"{key}: {golden[key]}, golden None"]
