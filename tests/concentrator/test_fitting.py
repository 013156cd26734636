"""Settings fitted to readouts: the same from any chunks, and what runs and encoding take."""

from pathlib import Path

import numpy as np
import pytest

from asicae.concentrator import fitting
from asicae.concentrator.encoding import registers
from asicae.concentrator.fitting import fit
from asicae.foundation.errors import BadInput
from asicae.readout.conversion import save
from asicae.readout.occupancy import occupied_cells
from asicae.readout.readouts import Readouts
from asicae.runs.settings import RunSettings
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.support.command_line import call

LINKS = (2, 5)


@pytest.fixture(scope="module")
def readouts() -> Readouts:
    return simulate(SourceSettings(events=3_000, seed=8), progress=False)


def test_chunks_are_nothing_and_the_draw_is_even(
    readouts: Readouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "FITTED_EVENTS", 500)
    chunks = [readouts.select(slice(k, k + 700)) for k in range(0, 3_000, 700)]
    whole, parted = (fit(each, LINKS, 1, seed=3) for each in ([readouts], chunks))
    assert (whole.modules, whole.found) == (500, 3_000) and parted == whole
    drawn, _ = fitting._drawn([readouts], 1, 3)
    rows = [int(np.flatnonzero((readouts.calq == row).all(axis=1))[0]) for row in drawn[0].calq]
    assert 1_300 < np.mean(rows) < 1_700


def test_only_modules_that_are_busy_enough_count(readouts: Readouts) -> None:
    busy = occupied_cells(readouts) >= 20
    of_busy = fit([readouts], (2,), 20, 1)
    assert of_busy.found == np.count_nonzero(busy) < 3_000
    assert of_busy == fit([readouts.select(busy)], (2,), 1, 1)
    quiet = fit([readouts.select(~busy)], (2,), 1, 1)
    assert of_busy.settings != quiet.settings


def test_the_file_is_one_of_runs_and_of_encode(readouts: Readouts, tmp_path: Path) -> None:
    source, out = tmp_path / "events.npz", tmp_path / "fitted.toml"
    save(readouts, source)
    words = ("fit", source, "-o", out, "--links", 2, "--links", 5, "--cells", 10)
    assert call(*words) == 0 and call(*words) == 2  # it exists
    expected = fit([readouts], LINKS, 10, 1)
    given = RunSettings.load(out).compare
    for each in expected.settings:
        assert given.given_to("adaptive_choice", each.links) == each
        values = registers(out, {"alg_type": "adaptive_choice", "links": each.links})
        assert values["most_cells"] == each.most_cells and values["links"] == each.links
    assert given.given_to("adaptive_choice", 3) is None
    with pytest.raises(BadInput, match=r"compare\.given\.adaptive_choice\.3: missing"):
        registers(out, {"alg_type": "adaptive_choice", "links": 3})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("adaptive_choice.5]\nmost_cells = 0", "most_cells: found 0"),
        ("adaptive_choice.12]\nmost_cells = 9", "links is 12"),
        ("threshold_sum.5]\nthreshold = 9", "allowed are algorithms of fixed rate"),
        ("adaptive_choice.5]\nlinks = 5", "stands in the name of the table"),
    ],
)
def test_what_fits_no_algorithm_is_refused(given: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f"[compare.given.{given}\n")
    with pytest.raises(BadInput, match=message):
        RunSettings.load(path)


def test_too_few_modules_and_other_links_are_refused(readouts: Readouts) -> None:
    with pytest.raises(BadInput, match="48 or more cells above the lowest code, 100 are needed"):
        fit([readouts], LINKS, 48, 1)
    with pytest.raises(BadInput, match="links is 11, adaptive_choice is defined at 1 to 10"):
        fit([readouts], (11,), 1, 1)
