"""What the comparison of microarchitectures says follows from what was measured."""

import argparse
from pathlib import Path

import numpy as np
import pytest

from asicae.campaigns.record import Record
from asicae.campaigns.silicon import HYBRID, too_slow
from asicae.campaigns.silicon_beside import rows_beside
from asicae.campaigns.silicon_kept import Kept, names_of
from asicae.campaigns.silicon_pages import picture, table
from asicae.campaigns.silicon_row import Row, digest_in, rows_of_today, todays_digest
from asicae.chip.microarchitectures import DEFAULT, MICROARCHITECTURES
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from tests.support.places import ROOT

ROUNDING = 1e-12
"""Blocks are added up in another order."""
STORED = ROOT / "docs" / "results" / "silicon.json"


def stored() -> tuple[Record, list[Row]]:
    record = Record.load(STORED)
    rows = record.figures["rows"]
    assert isinstance(rows, list)
    return record, [Row.model_validate(row) for row in rows]


def test_every_verified_microarchitecture_was_measured_the_reference_first() -> None:
    _, rows = stored()
    measured = {row.name: row.status for row in rows}
    assert measured == {n: m.status for n, m in MICROARCHITECTURES.items() if n in measured}
    assert list(measured) == [name for name in MICROARCHITECTURES if name in measured]
    assert rows[0].name == DEFAULT
    for name, row in MICROARCHITECTURES.items():
        assert name in measured or row.status == "experimental"


def test_the_page_is_that_of_the_record() -> None:
    """And says of each row whether its RTL is what is exported now: measure those that are not
    again with ``--rows``, or let the page say so with ``--rows none``.
    """
    record, rows = stored()
    page, today = STORED.with_suffix(".md").read_text(), of_today(record, rows)
    hybrid = beside(record)
    assert page == table(rows, record.command, today, hybrid)
    other = rows[0].model_copy(update={"area_um2": {"dense": 1.0}})
    assert page != table([other, *rows[1:]], record.command, today, hybrid)
    assert page != table(rows, record.command, today, hybrid[1:])


def beside(record: Record) -> list[Row]:
    rows = record.figures["hybrid"]
    assert isinstance(rows, list)
    return [Row.model_validate(row) for row in rows]


def test_the_hybrid_rows_are_those_of_their_record() -> None:
    record, rows = stored()
    found = rows_beside(Record.load(STORED.with_name(HYBRID)))
    assert found == beside(record)
    assert {"hybrid-1/lean", "hybrid-2/lean"} <= {row.name for row in found}
    assert picture(rows, found) != picture(rows)


def of_today(record: Record, rows: list[Row]) -> dict[str, bool | None]:
    return rows_of_today(rows, Network.preset(str(record.settings["network"])))


def test_a_row_of_other_rtl_is_told() -> None:
    record, rows = stored()
    network = Network.preset(str(record.settings["network"]))
    found = todays_digest(network, rows[0].name)
    same, other, none = (
        rows[0].model_copy(update={"rtl_sha256": value}) for value in (found, found[::-1], None)
    )
    assert [of_today(record, [row])[DEFAULT] for row in (same, other, none)] == [True, False, None]
    pages = [table([row], "", of_today(record, [row])) for row in (same, other, none)]
    told = (f"`{found[:12]}`, as now |", ", CHANGED SINCE |", "| not recorded |")
    assert [[text in page for text in told] for page in pages] == np.eye(3, dtype=bool).tolist()


def test_a_digest_is_of_the_files_that_are_exported(tmp_path: Path) -> None:
    network = Network.preset("small")
    export_rtl(network, tmp_path, MICROARCHITECTURES["lean"].configuration)
    found = digest_in(tmp_path / "rtl")
    assert found == todays_digest(network, "lean") != todays_digest(network, "gated")
    for name in ("model.f", "mac.v", "asicae_top.v"):
        path = tmp_path / "rtl" / name
        kept = path.read_bytes()
        path.write_bytes(kept + b"\n")
        assert digest_in(tmp_path / "rtl") != found
        path.write_bytes(kept)


def test_rows_that_are_kept_are_of_the_same_settings(tmp_path: Path) -> None:
    record, rows = stored()
    kept = Kept.of(STORED, ("lean",), record)
    assert kept.rows == tuple(row for row in rows if row.name != "lean")
    assert Kept.of(STORED, (), record).rows == tuple(rows)
    assert Kept.of(tmp_path / "none.json", None, record).rows == ()
    assert names_of("lean,gated") == ("lean", "gated")
    assert names_of("none") == ()
    with pytest.raises(argparse.ArgumentTypeError, match="found 'fast', allowed are none, naive"):
        names_of("lean,fast")
    for update in ({"seed": 2}, {"settings": {}}, {"versions": {}}):
        with pytest.raises(BadInput, match=rf"{next(iter(update))} of the rows that are kept"):
            Kept.of(STORED, ("lean",), record.model_copy(update=update))
    late = record.model_copy(update={"violations": ["lean: late", "naive: late"]})
    late.save(tmp_path / "late.json")
    assert Kept.of(tmp_path / "late.json", ("lean",), record).violations == ("naive: late",)


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


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a checkout of git")
def test_a_revision_is_that_of_the_checkout_wherever_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network, none = Network.preset("small"), Kept((), ())
    assert none.measured_at("HEAD", network) == none
    with pytest.raises(BadInput, match=r"^--measured-at: git has no 'no-such-revision'"):
        none.measured_at("no-such-revision", network)
