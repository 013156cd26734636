"""What the comparison of microarchitectures says follows from what was measured."""

from pathlib import Path

import pytest

from asicae.campaigns.record import Record
from asicae.campaigns.silicon import too_slow
from asicae.campaigns.silicon_pages import picture, table
from asicae.campaigns.silicon_row import Row
from asicae.chip.microarchitectures import DEFAULT, MICROARCHITECTURES
from tests.support.places import ROOT

ROUNDING = 1e-12
"""Blocks are added up in another order."""
STORED = ROOT / "docs" / "results" / "silicon.json"


def stored() -> tuple[Record, list[Row]]:
    record = Record.load(STORED)
    rows = record.figures["rows"]
    assert isinstance(rows, list)
    return record, [Row.model_validate(row) for row in rows]


def test_every_named_microarchitecture_was_measured_the_reference_first() -> None:
    _, rows = stored()
    assert [row.name for row in rows] == list(MICROARCHITECTURES)
    assert rows[0].name == DEFAULT
    assert [row.status for row in rows] == [row.status for row in MICROARCHITECTURES.values()]


def test_the_page_is_that_of_the_record() -> None:
    record, rows = stored()
    assert STORED.with_suffix(".md").read_text() == table(rows, record.command)
    other = rows[0].model_copy(update={"area_um2": {"dense": 1.0}})
    assert STORED.with_suffix(".md").read_text() != table([other, *rows[1:]], record.command)


def test_blocks_add_up_to_the_figures_of_the_chip() -> None:
    _, rows = stored()
    for row in rows:
        dynamic = row.figure("energy.data_pj") + row.figure("energy.clock_pj")
        assert row.energy_nj * 1e3 == pytest.approx(dynamic, rel=ROUNDING)
        area = row.figure("area.um2.nangate45")
        assert row.area_mm2 * 1e6 == pytest.approx(area, rel=ROUNDING)
        for label in row.area_um2:
            less = row.model_copy(update={"area_um2": row.area_um2 | {label: 0.0}})
            assert less.area_mm2 * 1e6 != pytest.approx(area, rel=ROUNDING)


def test_a_path_that_the_clock_leaves_no_time_is_told() -> None:
    _, rows = stored()
    assert too_slow(rows[0]) == []
    key = "timing.slack_ns_65nm"
    late = rows[0].model_copy(update={"figures": rows[0].figures | {key: -0.1}})
    assert too_slow(late) == [f"{DEFAULT}: {key} is -0.1"]


def test_the_picture_is_the_same_each_time(tmp_path: Path) -> None:
    _, rows = stored()
    assert picture(rows) == picture(rows)
    assert picture(rows).startswith(b"\x89PNG")
