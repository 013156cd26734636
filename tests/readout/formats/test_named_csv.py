"""CSV with named columns: golden files, spellings, bad fields, the record beside."""

import gzip

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module.geometry import reorder
from asicae.readout.options import (
    Options,
)
from asicae.readout.parsing import text_file
from asicae.readout.reading import load
from tests.readout.golden_files import PLACE, assert_golden, named_csv
from tests.readout.made_up_readouts import (
    FIELDS,
    assert_equal,
    readouts,
    written,
)


def test_named_csv_and_its_first_row(tmp_path):
    got = load(named_csv(tmp_path / "a.csv"))
    assert_golden(got)
    assert got.layer.tolist() == [9, 9] and got.wafer_u[0] == 3 and got.wafer_v[0] == -2
    assert got.wafer_type.tolist() == [1, 1] and not got.high_density.any()
    assert got.sim_energy.tolist() == [2.5, 2.5] and got.pileup.tolist() == [-1, -1]
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    assert_equal(got, load(packed))


def test_the_place_of_a_named_csv_without_such_columns_can_be_given(tmp_path):
    path = named_csv(tmp_path / "a.csv")
    lines = [line.rsplit(",", 6)[0] for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines))
    with pytest.raises(BadInput, match="column 'layer' is missing"):
        load(path)
    got = load(path, options=Options(place=PLACE))
    assert_golden(got)
    assert got.layer.tolist() == [9, 9] and got.wafer_v.tolist() == [-2, -2]


def test_csv_round_trip_is_exact_and_in_simulation_order(tmp_path):
    ours = readouts(200)
    path = written(ours, tmp_path / "a.csv")
    assert_equal(ours, load(path))
    header, first = path.read_text().splitlines()[:2]
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    # AE cell 0 is simulation number 28, AE cell 32 is number 47.
    assert int(cells["CALQ_28"]) == ours.calq[0, 0] and int(cells["CALQ_47"]) == ours.calq[0, 32]
    swapped = load(path, order="ae")
    assert np.array_equal(reorder(swapped.calq, "simulation", "ae"), ours.calq)


def test_csv_columns_in_any_order_with_extras_and_other_spellings(tmp_path):
    ours = readouts(30)
    lines = written(ours, tmp_path / "a.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines]
    keep = [place for place, name in enumerate(rows[0]) if name != "eta"]
    keep.reverse()
    text = "\r\n".join(",".join([*(row[place] for place in keep), "extra"]) for row in rows)
    text = text.replace(",HD,", ",1,").replace(",LD,", ",0,")
    path = tmp_path / "b.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    back = load(path)
    assert_equal(ours, back, [name for name in FIELDS if name != "eta"])
    # Without an eta column it is that of the module's place.
    assert np.isfinite(back.eta).all() and (back.eta[(ours.wafer_u != 0)] > 0).all()


def test_csv_integers_written_as_floats_are_read_and_partial_modules_can_be_skipped(tmp_path):
    ours = readouts(10)
    path = written(ours, tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    fields = lines[4].split(",")
    fields[1:49] = [f"{field}.0" for field in fields[1:49]]
    lines[4] = ",".join(fields)
    path.write_text("\n".join(lines))  # and no newline at the end
    assert_equal(ours, load(path))
    for kind in ("FI", "FM", "FO"):
        lines[7] = lines[7].replace(f",{kind},", ",bM,")
    path.write_text("\n".join(lines))
    with pytest.raises(BadInput, match="column 'ModType': found 'bM', allowed is FI, FM, FO"):
        load(path)
    kept = load(path, skip_partial=True)
    assert_equal(ours.select(np.arange(10) != 6), kept)


@pytest.mark.parametrize("block", [1, 997, 1 << 24])
@pytest.mark.parametrize(
    "case",
    [
        ("CALQ_17", "-1", "is an integer 0..4194303"),
        ("CALQ_17", "4194304", "is an integer 0..4194303"),
        ("CALQ_47", "nan", "is an integer"),
        ("CALQ_0", "", "is an integer"),
        ("CALQ_0", "1.5", "is an integer"),
        ("CALQ_0", "12a", "is an integer"),
        ("CALQ_0", "1/2", "is an integer"),
        ("CALQ_0", "9" * 20, "is an integer"),
        ("layer", "0", "is an integer 1..200"),
        ("waferu", "x", "is an integer -99..99"),
        ("SimEnergyTotal", "nan", "is a number"),
        ("SimEnergyTotal", "-1", "is a number"),
        ("eta", "1.5.0", "is a number -10..10"),
        ("HD_LD", "MD", "is HD, LD, 1 or 0"),
        ("ModType", "", "is FI, FM, FO"),
    ],
)
def test_bad_csv_fields_are_refused_by_row_and_column(tmp_path, monkeypatch, block, case):
    column, text, allowed = case
    monkeypatch.setattr(text_file, "BLOCK_BYTES", block)
    path = written(readouts(20), tmp_path / "x.csv")
    rows = [line.split(",") for line in path.read_text().splitlines()]
    rows[12][rows[0].index(column)] = text
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    with pytest.raises(BadInput) as error:
        load(path)
    message = str(error.value)
    assert f"x.csv: row 13, column '{column}': found '{text}', allowed {allowed}" in message
    assert "\n" not in message


def test_bad_csv_files_are_refused(tmp_path):
    path = written(readouts(5), tmp_path / "x.csv")
    text = path.read_text()
    lines = text.splitlines()

    def refused(changed, match):
        path.write_text(changed)
        with pytest.raises(BadInput, match=match):
            load(path)

    refused(text.replace("CALQ_13", "Q13"), r"row 1: column 'CALQ_13' is missing")
    refused(text.replace("CALQ_13", "CALQ_12"), "'CALQ_13' is missing")
    refused(text.replace("entry", "layer"), "'layer' appears twice")
    refused(lines[1] + "\n", "does not say which module it is of")
    refused("", "row 1: column 'CALQ_0' is missing")
    refused(lines[0] + "\n", "holds no modules")
    refused("\n".join([*lines[:3], lines[3].rsplit(",", 1)[0], lines[4]]), "row 4: found 56 fields")
    refused("\n".join([*lines[:3], "", lines[4]]), "row 4: found an empty row")
    with pytest.raises(BadInput, match=r"none\.csv: cannot be read"):
        load(tmp_path / "none.csv")
    with pytest.raises(BadInput, match=r"none\.npz"):
        load(tmp_path / "none.npz")
    with pytest.raises(BadInput, match=r"suffix '\.txt' is not known"):
        load(tmp_path / "x.txt")


def test_what_another_program_wrote_beside_a_csv_file_is_no_record(tmp_path):
    path = written(readouts(5), tmp_path / "a.csv")
    (tmp_path / "a.csv.json").write_text('{"cell_order": "ae"}')
    assert load(path).source == "a.csv"
    assert_equal(load(path), readouts(5))
