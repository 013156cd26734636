"""Codes on whole crossings: figures by hand, and order that no code can turn round."""

from pathlib import Path

import numpy as np
import pytest

from asicae.comparison.crossings import separation_figures, shower_figures
from asicae.comparison.crossings_record import CrossingsRecord, TowerFigures
from asicae.comparison.crossings_table import told
from asicae.foundation.errors import BadInput
from asicae.metrics.cluster import Clusters
from asicae.module import detector
from tests.support.command_line import call


def showers(energy: list[float], direction: list[complex]) -> Clusters:
    still = np.zeros(len(energy))
    return Clusters(np.array(energy), np.array(direction, complex), still, still, still)


def test_showers_are_compared_event_by_event() -> None:
    mm = 1 / (10 * detector.layers().z_cm[0])
    true = showers([10, 20, 5, 0], [0.1, 0.2j, 0.3, 0])
    decoded = showers([9, 22, 0, 4], [0.1 + 3 * mm, 0.2j - 12j * mm, 0, 0.4])
    found = shower_figures("pions", true, decoded)
    assert (found.kind, found.events, found.found) == ("pions", 3, pytest.approx(1 / 3))
    ratios = np.array([0.9, 1.1, 0.0])
    assert found.response == pytest.approx(ratios.mean())
    assert found.resolution == pytest.approx(ratios.std())
    # Quantile 0.68 of 3, 12 and 0.3 / mm: 36 % of the way from the second to the third.
    assert found.nearer_mm == pytest.approx(12 + 0.36 * (0.3 / mm - 12))
    same = shower_figures("pions", true, true)
    assert (same.found, same.nearer_mm, same.response, same.resolution) == (1, 0, 1, 0)
    with pytest.raises(BadInput, match="none of 2 pions left one"):
        shower_figures("pions", showers([0, 0], [0, 0]), showers([1, 1], [0, 0]))


def test_kinds_are_told_apart_by_showers_that_have_energy() -> None:
    rng = np.random.default_rng(3)

    def kind(depth: float, events: int) -> Clusters:
        still = np.zeros(events)
        energy = np.where(np.arange(events) < 5, 0.0, 10.0)
        shape = rng.normal(depth, 1, events) * (energy > 0)
        return Clusters(energy, still.astype(complex), still, shape, still)

    found = separation_figures({"electrons": kind(10, 85), "pions": kind(20, 65)})
    assert (found.area, found.pions) == (1.0, 0.0)  # those without energy would be in between
    with pytest.raises(BadInput, match="15 events of a kind, 20 are needed"):
        separation_figures({"electrons": kind(10, 85), "pions": kind(20, 20)})


@pytest.mark.slow
def test_crossings_are_measured_from_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "crossings.json"
    words = ["crossings", "--events", "50", "--whole", "4", "--fit-events", "110"]
    words += ["--layers", "9,27", "--pt-min", "40", "--pt-max", "60", "-o", out]
    assert call(*words) == 0
    record = CrossingsRecord.load(out)
    assert "\n".join(told(record)) in capsys.readouterr().out
    points = {point.code.algorithm: point for point in record.points}
    assert set(points) == {
        *("threshold_sum", "super_trigger_cell", "best_choice", "repeater", "adaptive_choice")
    }
    errors = {name: point.towers.error for name, point in points.items()}
    # All cells, rounded, against a few of them at 2 to 6 links.
    assert 0 < errors["repeater"] < errors["adaptive_choice"] < errors["best_choice"] < 0.5
    assert errors["adaptive_choice"] < errors["super_trigger_cell"]
    assert points["repeater"].mean_links == 11
    assert 2 <= points["adaptive_choice"].mean_links == points["best_choice"].mean_links < 6
    for point in record.points:
        assert [each.kind for each in point.showers] == ["electrons", "pions"]
        assert point.towers.towers == record.points[0].towers.towers > 0
    (electrons, _) = points["repeater"].showers
    assert electrons.events > 40 and electrons.found > 0.95
    assert electrons.response == pytest.approx(1, abs=0.02)
    assert record.undecoded.area > 0.7  # layer 27 is behind the showers of electrons
    assert points["repeater"].separation.area == pytest.approx(record.undecoded.area, abs=0.05)
    quiet = TowerFigures(error=0.25, towers=0, response=None, resolution=None)
    points = [point.model_copy(update={"towers": quiet}) for point in record.points]
    lines = list(told(record.model_copy(update={"points": tuple(points)})))
    assert sum(line.split()[-4:] == ["%", "0", "-", "-"] for line in lines) == len(points)
    assert call(*words) == 2 and "exists" in capsys.readouterr().err
    assert call("crossings", "--events", "50", "--whole", "51") == 2
    assert "whole is 51, allowed are the 50" in capsys.readouterr().err
    assert call("crossings", "--pt-min", "40", "--pt-max", "4") == 2
    assert "pt_max_gev is 4, allowed is pt_min_gev 40 or more" in capsys.readouterr().err
