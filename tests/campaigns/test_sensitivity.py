"""The record and the page of the campaign of single wrong bits."""

import pytest

from tests.support.places import ROOT
from tests.support.tiny_network import FOUR_PARTS, parsed

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
import numpy as np

from asicae.campaigns.record import Record, record
from asicae.campaigns.sensitivity import figures_of, violations
from asicae.campaigns.sensitivity_page import page
from asicae.training.bit_sensitivity import BitSensitivity
from asicae.training.sensitivity_table import places

STORED = ROOT / "docs" / "results" / "sensitivity.json"


def found(change: float, lowest: float) -> BitSensitivity:
    """Made up: each bit adds ``change``, and by its height more; the lowest ones ``lowest``."""
    network = parsed(FOUR_PARTS)
    adds = np.array([change * (1 + at.bit) if at.bit else lowest for at in places(network)])
    return BitSensitivity(network, 40, 0.5, adds, np.abs(adds) / 10, np.full(len(adds), 0.5))


def test_figures_are_a_record_and_have_a_page() -> None:
    figures = figures_of(found(0.01, 0.0))
    assert violations(figures) == []
    made = record(1, {"links": 2}, figures, measures_speed=False)
    said = page(made)
    assert f"Each of its {figures['bits']:,}" in said
    for bit in figures["first"]:
        assert (
            f"| `{bit['parameter']}` | {', '.join(map(str, bit['index']))} | {bit['bit']} |" in said
        )


@pytest.mark.parametrize(
    ("change", "lowest", "told"),
    [(-0.01, -0.01, "no bit adds"), (0.01, 1.0, "bit 0 adds more than bit")],
)
def test_what_measures_nothing_is_told(change: float, lowest: float, told: str) -> None:
    assert any(told in line for line in violations(figures_of(found(change, lowest))))


def test_the_page_is_that_of_the_record() -> None:
    stored = Record.load(STORED)
    assert stored.violations == [] and STORED.with_suffix(".md").read_text() == page(stored)
