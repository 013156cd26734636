"""A scan: rows, table, CSV and picture of what became of its points; one real point."""

import csv
import io
from pathlib import Path

import pytest

from asicae.estimation.record import EstimateRecord
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.scan import measured as measuring
from asicae.scan import workers
from asicae.scan.grid import Grid
from asicae.scan.measured import Stimulus, measured
from asicae.scan.picture import picture
from asicae.scan.record import ScanDistance, ScanRecord, ScanRow, dynamic_pj, with_front
from asicae.scan.scan import distance_of
from asicae.scan.table import csv_text, lines
from asicae.scan.work import KILLED, Outcome
from asicae.scan.workers import outcomes
from asicae.simulation.drawn import DrawnChip
from tests.support.command_line import call
from tests.support.places import ROOT
from tests.support.tiny_network import TINY


def row(filters: int, area: float, energy: float, **more: object) -> ScanRow:
    """A point with area (mm2) and energy (nJ) at 65 nm, half and twice as bands."""
    figures: dict[str, float | int | str] = {"timing.ns_65nm": 9.0, "timing.slack_ns_65nm": 16.0}
    figures |= {"timing.ns_65nm.low": 4.0, "timing.ns_65nm.high": 20.0}
    for key, value in (("area.mm2_65nm", area), ("energy.nj_65nm", energy)):
        levels = {"low": value / 2, "nominal": value, "high": value * 2}
        figures |= {f"{key}.{level}": number for level, number in levels.items()}
    values = {"filters": str(filters), "built": "naive", "figures": figures, "latency_bx": 2}
    choices = {"filters": values.pop("filters")}
    return ScanRow.model_validate({"choices": choices} | values | more)


def record(*rows: ScanRow) -> ScanRecord:
    return with_front(
        ScanRecord(
            network="small",
            axes={"filters": tuple(r.choices["filters"] for r in rows)},
            seed=1,
            events=100,
            timed_events=50,
            library="made up",
            library_key="made_up",
            rows=rows,
        )
    )


def test_the_front_is_what_no_other_point_beats() -> None:
    """By hand: 3 is worse than 1 in both, 4 in one and equal in the other; 5 has no figures."""
    found = record(
        row(1, 1.0, 3.0),
        row(2, 2.0, 1.0),
        row(3, 1.5, 4.0),
        row(4, 2.5, 1.0),
        ScanRow(choices={"filters": "5"}, reason="too large"),
    )
    assert [r.pareto for r in found.rows] == [True, True, False, False, False]


def test_a_point_without_figures_is_in_table_and_csv_with_its_reason(tmp_path: Path) -> None:
    emd = ScanDistance(emd=1.25, weights="5links", run="build/run")
    found = record(
        row(1, 1.0, 3.0, distance=emd), ScanRow(choices={"filters": "64"}, reason="of no use")
    )
    head, first, second = lines(found)
    assert head.split()[:4] == ["filters", "mm2", "at", "65"] and "EMD" in head
    assert "1 (0.5 to 2)" in first and "3 (1.5 to 6)" in first and "1.250 (5links)" in first
    assert first.endswith("*") and second == "64       none: of no use"
    table = list(csv.DictReader(io.StringIO(csv_text(found))))
    assert [r["filters"] for r in table] == ["1", "64"]
    assert (table[0]["energy.nj_65nm.high"], table[0]["emd"]) == ("6.0", "1.25")
    assert (table[1]["reason"], table[1]["area.mm2_65nm.nominal"]) == ("of no use", "")
    assert ScanRecord.load(found.save(tmp_path / "scan.json")) == found
    assert picture(found).startswith(b"\x89PNG")


def test_without_factors_figures_stand_at_the_node_of_the_library() -> None:
    figures = {"area.um2.made_up": 2e6, "energy.data_pj": 3.0, "energy.clock_pj": 1.0}
    rows = [row(n, 1.0, 1.0).model_copy(update={"figures": figures}) for n in (1, 2)]
    found = record(*rows)
    head, first, _ = lines(found)
    assert not found.at_65nm and "dynamic pJ" in head and first.split()[1:3] == ["2", "4"]
    assert picture(found).startswith(b"\x89PNG")


def test_a_distance_belongs_to_the_same_description_whatever_its_name() -> None:
    small = Network.preset("small")
    emd = ScanDistance(emd=1.0, weights="5links", run="run")
    renamed = small.model_copy(update={"name": "mine"})
    assert distance_of(small, [(renamed, emd)]) == emd
    assert distance_of(small, [(Network.preset("econ-t"), emd)]) is None


def chips(*names: str) -> list[DrawnChip]:
    small = Network.preset("small")
    return [DrawnChip(small.model_copy(update={"name": name})) for name in names]


def test_a_process_that_is_killed_costs_its_point_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PROGRAM", "tests.scan.toy_worker")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found = outcomes(chips("one", "deadly", "two"), Stimulus(), jobs=1)
    assert found == [
        Outcome(reason="done with one"),
        Outcome(reason=KILLED),
        Outcome(reason="done with two"),
    ]


def test_processes_that_cannot_work_at_all_end_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PROGRAM", "tests.scan.toy_worker")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with pytest.raises(Exception, match="scan: nothing works here"):
        outcomes(chips("hopeless", "two"), Stimulus(), jobs=1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--vary", "dense.unit=1"), "nearest is dense.units"),
        (("--tmr", 1), "no point can be built"),
        (("--microarchitecture", "fast"), "found 'fast'"),
        (("--events", 9), "--events"),
        (("--jobs", 0), "threads: found 0"),
        (("-o", "there"), "there: exists already"),
        (("--run", "nowhere"), "nowhere"),
    ],
)
def test_what_does_not_go_is_said_before_any_work(
    words: tuple[object, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    assert call("scan", "-n", "small", *words) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.build
@pytest.mark.slow
def test_a_scan_is_what_estimates_say_and_what_the_fast_model_says_and_is_not_made_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny, out = tmp_path / "tiny.toml", tmp_path / "scan"
    tiny.write_text(TINY)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    words = ("scan", "-n", tiny, "--vary", "tmr=1,3", "--events", 60, "--timed-events", 20)
    assert call(*words, "-o", out) == 0
    said = capsys.readouterr().out
    assert "1 needs bank 'gated'" in said and str(out) in said
    assert {path.name for path in out.iterdir()} == {"scan.json", "scan.csv", "scan.png"}
    rows = ScanRecord.load(out / "scan.json").rows

    def forbidden(*_: object, **__: object) -> EstimateRecord:
        raise BadInput("it was made before")

    monkeypatch.setattr(measuring, "estimate", forbidden)
    chip, stimulus = DrawnChip(Network.load(tiny)), Stimulus(events=60, timed_events=20)
    assert rows[1].figures == measured(chip, stimulus).metrics and not rows[0].figures
    assert rows[1].figures["exact.golden_vs_netlist.mismatches"] == 0
    # A chip that the fast model was not fitted on lies within the errors that it tells.
    assert call(*words, "--fast", "-o", tmp_path / "fast") == 0
    fast = ScanRecord.load(tmp_path / "fast" / "scan.json").rows[1]
    assert fast.fast is not None
    areas = [float(row.figures["area.um2.nangate45"]) for row in (fast, rows[1])]
    energies = [dynamic_pj(row) for row in (fast, rows[1])]
    assert areas[0] == pytest.approx(areas[1], rel=fast.fast.area[1])
    assert energies[0] == pytest.approx(energies[1], rel=fast.fast.energy[1])
    with pytest.raises(BadInput, match="made before"):
        measured(DrawnChip(Network.load(tiny), seed=2), stimulus)


def test_a_grid_without_axes_is_one_point() -> None:
    assert len(Grid.checked(Network.preset("small"), None, {}, (), 1).points()) == 1
