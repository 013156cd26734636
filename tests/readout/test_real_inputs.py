"""Inputs as grid jobs, spreadsheets and other tools leave them: read, or refused with the cure."""

from pathlib import Path

import pytest
import uproot

from asicae.foundation.errors import BadInput
from asicae.readout.conversion import convert
from asicae.readout.formats import ntuple
from asicae.readout.parsing import text_file
from asicae.readout.reading import load
from asicae.readout.rejected import Rejected
from asicae.readout.selection import Selection
from tests.readout.made_up_files import tree
from tests.readout.made_up_readouts import ENDINGS, FIELDS, assert_equal, readouts, written
from tests.support.command_line import call

EMPTY = "file without modules"


def nothing(path: Path) -> Path:
    """A file of the ending of ``path`` that is whole and holds no module."""
    return written(readouts(3).select(slice(0, 0)), path)


def rntuple(path: Path) -> Path:
    """The same events as ``tree`` makes, as an RNTuple."""
    with uproot.open(tree(path)) as file:
        arrays = file["d/HGCalTriggerNtuple"].arrays(library="ak")
    with uproot.recreate(path) as file:
        file["HGCalTriggerNtuple"] = {
            name: arrays[name] for name in arrays.fields if not name.startswith("n")
        }
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_without_modules_is_counted_and_named_beside_full_ones(tmp_path, ending, capsys):
    empty, full = nothing(tmp_path / f"e{ending}"), written(readouts(20), tmp_path / f"f{ending}")
    assert call("data", "convert", empty, full, "-o", tmp_path / "o.npz") == 0
    said = capsys.readouterr().out
    assert f"left out: 1 x {EMPTY}" in said and f"left out: {empty}: holds no modules" in said
    got = load(tmp_path / "o.npz")
    assert_equal(got, load(full))
    assert f"left out: 1 x {EMPTY}" in got.source
    again = nothing(tmp_path / f"again{ending}")
    assert call("data", "convert", empty, again, "-o", tmp_path / "none.npz") == 2
    assert f"2 x {EMPTY}" in capsys.readouterr().err
    assert not (tmp_path / "none.npz").exists()


@pytest.mark.parametrize("ending", ENDINGS)
def test_endings_are_known_in_any_case(tmp_path, ending):
    path = written(readouts(20), tmp_path / f"a{ending.upper()}")
    assert_equal(load(path), load(written(readouts(20), tmp_path / f"b{ending}")))


def test_an_rntuple_is_read_as_the_tree_of_the_same_modules(tmp_path, monkeypatch):
    both = [make(tmp_path / f"{make.__name__}.root") for make in (tree, rntuple)]
    assert uproot.open(both[1]).classnames() == {"HGCalTriggerNtuple;1": "ROOT::RNTuple"}
    assert_equal(load(both[0]), load(both[1]))
    assert len(load(both[1])) == 20
    monkeypatch.setattr(ntuple, "MAX_BASKET_BYTES", 8 * 20 * 70 - 1)
    with pytest.raises(BadInput, match=r"rntuple\.root: its baskets hold \d+ bytes at once"):
        load(both[1])


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_data_have_no_truth_and_a_selection_by_it_says_so(tmp_path, name):
    ours = readouts(20)
    path = written(ours, tmp_path / name)
    if name.endswith(".csv"):
        path.write_text(path.read_text().replace("SimEnergyTotal", "other"))
        (tmp_path / "a.csv.json").unlink(missing_ok=True)
    else:
        import pyarrow.parquet as pq

        pq.write_table(pq.read_table(path).drop_columns(["SimEnergyTotal"]), path)
    got = load(path)
    assert_equal(got, ours, [field for field in FIELDS if field != "sim_energy"])
    assert not got.sim_energy.any()
    with pytest.raises(BadInput, match=r"'SimEnergyTotal' is missing, which a selection by signal"):
        convert(path, tmp_path / "o.npz", selection=Selection(min_signal_fraction=0.1))


@pytest.mark.parametrize("block", [1, 997, 1 << 24])
@pytest.mark.parametrize("tail", ["\n", "\n\n\n", "\r\n \t\r\n", "\n" * 3000])
def test_blank_lines_at_the_end_are_nothing(tmp_path, monkeypatch, block, tail):
    monkeypatch.setattr(text_file, "BLOCK_BYTES", block)
    path = written(readouts(20), tmp_path / "a.csv")
    text = path.read_text()
    path.write_text(text + tail, newline="")
    assert_equal(load(path), readouts(20))
    row = text.splitlines()[-1]
    path.write_text(f"{text}\n{row}\n{tail}")
    with pytest.raises(BadInput, match="row 22: found an empty row"):
        load(path)


def test_fields_in_plain_quotes_are_those_fields(tmp_path):
    path = written(readouts(20), tmp_path / "a.csv")
    plain = path.read_text()
    rows = [",".join(f'"{field}"' for field in row.split(",")) for row in plain.splitlines()]
    path.write_text("\r\n".join(rows))
    assert_equal(load(path), readouts(20))
    for bad in ('"1,2"', '"1', '1"', '"1""2"'):
        first = rows[1].split(",")
        path.write_text("\n".join([rows[0], ",".join([bad, bad, *first[2:]])]) + "\n")
        with pytest.raises(BadInput, match=r"row 2(: found|, column 'CALQ_0': found)"):
            load(path)


OTHER_TEXT = {
    "semicolon": (lambda text: text.replace(",", ";").encode(), "fields separated by a semicolon"),
    "tab": (lambda text: text.replace(",", "\t").encode(), "fields separated by a tab"),
    "CR": (lambda text: text.replace("\n", "\r").encode(), "lines that end with CR alone"),
    "UTF-16": (lambda text: text.encode("utf-16"), "UTF-16 text"),
    "UTF-16-LE": (lambda text: text.encode("utf-16-le"), "UTF-16 text"),
    "UTF-16-BE": (lambda text: text.encode("utf-16-be"), "UTF-16 text"),
}


@pytest.mark.parametrize("case", OTHER_TEXT)
@pytest.mark.parametrize("rows", [20, 9000])
def test_text_of_another_kind_is_named_as_such(tmp_path, case, rows):
    encoded, words = OTHER_TEXT[case]
    path = written(readouts(rows), tmp_path / "a.csv")
    path.write_bytes(encoded(path.read_text()))
    rejected = Rejected(skip=True)
    with pytest.raises(BadInput, match=rf"a\.csv: row 1: found {words}, allowed"):
        load(path)
    good = written(readouts(3), tmp_path / "b.csv")
    assert convert([path, good], tmp_path / "o.npz", rejected=rejected).modules == 3
