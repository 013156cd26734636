import numpy as np
import pytest

from asicae.foundation import archives
from asicae.foundation.errors import BadInput
from asicae.module.geometry import reorder
from asicae.readout.conversion import save
from asicae.readout.description import describe
from asicae.readout.parsing import text_file
from asicae.readout.parsing.recorded import LAYOUT
from asicae.readout.reading import load
from asicae.readout.readouts import Readouts, concatenate
from tests.readout.made_up_readouts import FIELDS, assert_equal, readouts, written


def test_npz_round_trip_is_exact_and_deterministic(tmp_path):
    ours = readouts()
    path = save(ours, tmp_path / "a.npz")
    back = load(path)
    assert_equal(ours, back)
    assert back.source == "made up"
    assert save(ours, tmp_path / "b.npz").read_bytes() == path.read_bytes()


def test_npz_of_simulation_order_is_brought_to_ae_order(tmp_path):
    ours = readouts()
    stored = {name: getattr(ours, name) for name in FIELDS}
    stored["calq"] = reorder(ours.calq, "ae", "simulation")
    stored |= {"format": np.array(LAYOUT), "source": np.array("")}
    path = archives.write_npz(tmp_path / "s.npz", stored | {"cell_order": np.array("simulation")})
    assert_equal(ours, load(path))
    with pytest.raises(BadInput, match="records cell order 'simulation', but 'ae'"):
        load(path, order="ae")
    archives.write_npz(path, stored | {"cell_order": np.array("mux")})
    with pytest.raises(BadInput, match=r"s\.npz: cell order 'mux' is unknown"):
        load(path)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("format", np.array("asicae-readouts-0"), "format is 'asicae-readouts-0', allowed"),
        ("calq", np.zeros((0, 48), np.int32), "holds no modules"),
        ("calq", np.full((50, 48), 1 << 22), "row 0, cell 0 is 4194304, allowed is 0..4194303"),
        ("calq", np.full((50, 48), -1), "row 0, cell 0 is -1"),
        ("calq", np.zeros((50, 48)), "type float64"),
        ("calq", np.zeros((50, 64), np.int32), r"shape \(50, 64\)"),
        ("layer", np.zeros(50, np.int16), "layer of row 0 is 0, allowed is 1..200"),
        ("eta", np.full(50, np.nan, np.float32), "eta of row 0 is nan, allowed is -10..10"),
        ("pileup", np.zeros(49, np.int16), r"pileup has shape \(49,\)"),
        ("wafer_type", None, "'wafer_type' is missing"),
        ("partial", np.zeros(50, np.int8), "'partial' has type int8, allowed kinds are b"),
    ],
)
def test_bad_npz_is_refused(tmp_path, name, value, message):
    path = save(readouts(), tmp_path / "x.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays[name] = value
    if value is None:
        del arrays[name]
    archives.write_npz(path, arrays)
    with pytest.raises(BadInput, match=message) as error:
        load(path)
    assert "x.npz" in str(error.value)


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


def test_select_and_concatenate():
    ours = readouts(20)
    parts = [ours.select(slice(0, 7)), ours.select(np.arange(7, 20))]
    assert [len(part) for part in parts] == [7, 13]
    whole = concatenate(parts)
    assert_equal(ours, whole)
    assert whole.source == "made up"
    with pytest.raises(BadInput, match="no readouts"):
        concatenate([])


def test_description_counts():
    ours = readouts(40)
    calq = np.zeros((40, 48), np.int32)
    calq[:30, :12] = 5
    calq[0, 0] = 4000
    figures = describe(Readouts(calq, *(getattr(ours, name) for name in FIELDS[1:])))
    total = figures.total
    assert (total.modules, total.empty, total.occupancy_mean) == (40, 10, 9.0)
    assert total.charge_max == 4000 and total.charge_quantiles[1] == 5
    assert total.sum_quantiles[1] == 60
    assert sum(layer.modules for layer in figures.layers.values()) == 40
    assert sum(figures.per_pileup.values()) == 40
    assert figures.per_wafer_type[120] == figures.high_density
    with pytest.raises(BadInput, match="no modules"):
        describe(ours.select(slice(0, 0)))
