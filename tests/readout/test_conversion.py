"""Provenance, round trips between formats, and outputs that appear whole or not at all."""

import dataclasses
import itertools
import json
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import uproot
from hypothesis import given, settings
from hypothesis import strategies as st

from asicae.foundation import files
from asicae.foundation.errors import BadInput, MissingTool
from asicae.module.geometry import ORDERS
from asicae.readout import conversion
from asicae.readout.conversion import convert
from asicae.readout.formats.named_csv import NamedCsvWriter
from asicae.readout.formats.npz import NpzWriter
from asicae.readout.formats.ntuple import NtupleWriter
from asicae.readout.formats.parquet import ParquetWriter
from asicae.readout.options import (
    Options,
)
from asicae.readout.reading import load, stream
from asicae.readout.readouts import COLUMNS, Readouts, concatenate
from asicae.readout.rejected import Rejected
from asicae.readout.selection import selection_from
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.readout.golden_files import CALQ, PLACE, assert_golden, named_csv, ntuple, plain_csv
from tests.readout.made_up_readouts import (
    AE_CELLS,
    ENDINGS,
    assert_equal,
    readouts,
    written,
)
from tests.support.command_line import call


@pytest.mark.parametrize("ending", ENDINGS)
def test_outputs_record_order_source_and_hash_of_the_input(tmp_path, ending):
    path = written(readouts(40), tmp_path / "in.npz")
    out = tmp_path / f"out{ending}"
    convert(path, out, selection=selection_from("1-20"))
    source = f"made up [in.npz sha256:{files.sha256(path)}]; selected: layers {{}}".format(
        ",".join(map(str, range(1, 21)))
    )
    assert load(out).source == source
    names = ["in.npz", out.name]
    if ending.startswith(".csv"):
        names.append(f"{out.name}.json")
        record = json.loads((tmp_path / names[-1]).read_text())
        assert record["cell_order"] == "simulation" and record["modules"] == len(load(out))
        assert record["bytes"] == out.stat().st_size
    assert sorted(p.name for p in tmp_path.iterdir()) == names


@pytest.mark.parametrize("ending", ENDINGS)
def test_partial_modules_come_back_as_such_and_can_be_left_out(tmp_path, ending):
    cut = dataclasses.replace(readouts(40), partial=np.arange(40) % 3 == 0)
    out = tmp_path / f"out{ending}"
    convert(written(cut, tmp_path / "in.npz"), out)
    assert_equal(load(out), cut)
    rejected = Rejected(skip_partial=True)
    full = concatenate(list(stream(out, rejected=rejected)))
    assert_equal(full, cut.select(~cut.partial))
    assert dict(rejected.counts) == {"partial module": 14}


@pytest.mark.parametrize("ending", ENDINGS)
def test_simulated_readouts_are_written_in_every_format(tmp_path, ending):
    path = tmp_path / f"s{ending}"
    words = ("data", "simulate", "--events", 40, "--partial", "-o")
    assert call(*words, path) == 0
    settings = SourceSettings(events=40, partial=True)
    assert_equal(load(path), simulate(settings))
    assert load(path).source == f"asicae source {settings.model_dump_json()}"
    assert call(*words, path) == 2


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_overwritten_or_half_written(tmp_path, capsys, ending):
    path = written(readouts(9), tmp_path / "in.csv")
    out = tmp_path / "o" / f"out{ending}"
    assert call("data", "convert", path, "-o", out) == 0
    assert "9 modules" in capsys.readouterr().out
    before = {p: p.read_bytes() for p in out.parent.iterdir()}
    assert call("data", "convert", path, "-o", out) == 2
    assert f"{out}: exists already" in capsys.readouterr().err
    path.write_text(path.read_text() + "short\n")
    assert call("data", "convert", path, "-o", out, "--force") == 2
    assert {p: p.read_bytes() for p in out.parent.iterdir()} == before
    assert call("data", "convert", path, "-o", out, "--force", "--skip-bad") == 0
    assert "left out: 1 x wrong number of fields" in capsys.readouterr().out
    assert_equal(load(out), readouts(9))
    assert {p.name for p in out.parent.iterdir()} == {p.name for p in before}


def test_a_disk_that_fills_up_leaves_nothing(tmp_path, monkeypatch):
    path = written(readouts(9), tmp_path / "in.csv")

    def full(self, readouts):
        raise OSError(28, "No space left on device")

    for ending, kind in (
        (".npz", NpzWriter),
        (".parquet", ParquetWriter),
        (".root", NtupleWriter),
        (".csv", NamedCsvWriter),
    ):
        monkeypatch.setattr(kind, "add", full)
        assert call("data", "convert", path, "-o", tmp_path / f"out{ending}") == 2
        assert [p.name for p in tmp_path.iterdir()] == ["in.csv"], ending


def test_unknown_endings_and_formats_are_refused(tmp_path):
    path = written(readouts(3), tmp_path / "in.csv")
    with pytest.raises(
        BadInput, match=r"ending '\.h5', allowed are \.csv, \.csv\.gz, \.npz, \.root, \.parquet"
    ):
        convert(path, tmp_path / "a.h5")
    with pytest.raises(
        BadInput,
        match=r"format 'h5': allowed are csv, capture, named-csv, npz, ntuple, parquet, plain-csv",
    ):
        convert(path, tmp_path / "a.npz", Options(format="h5"))
    with pytest.raises(BadInput, match="is a folder, allowed is the name of a file"):
        (tmp_path / "b.npz").mkdir()
        convert(path, tmp_path / "b.npz", force=True)


MAKERS = {
    "named.csv": (named_csv, Options()),
    "plain.csv": (plain_csv, Options(place=PLACE)),
    "n.root": (ntuple, Options()),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_wrong_order_of_cells_is_a_different_module(tmp_path, name):
    make, options = MAKERS[name]
    path = make(tmp_path / name)
    right, wrong = (load(path, order, options=options) for order in ORDERS[::-1])
    assert_golden(right, len(right))
    with pytest.raises(AssertionError):
        assert_golden(wrong, len(right))
    assert wrong.calq[0].tolist() == CALQ.tolist()


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_records_its_order_refuses_another(tmp_path, ending):
    path = conversion.save(readouts(3), tmp_path / f"a{ending}")
    recorded = {".npz": "ae", ".root": "8x8"}.get(ending, "simulation")
    other = "simulation" if recorded != "simulation" else "ae"
    with pytest.raises(BadInput, match=f"'{recorded}', but '{other}' was asked for"):
        load(path, other)


def test_golden_outputs_name_their_cells(tmp_path):
    """What other programs see: cell 0 of simulation order, pixel 0 of the picture."""
    ours = readouts(4)
    number = AE_CELLS.index(0)
    lines = written(ours, tmp_path / "a.csv").read_text().splitlines()
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert int(row["CALQ_0"]) == ours.calq[0, number] and row["entry"] == "0"
    table = pq.read_table(written(ours, tmp_path / "a.parquet"))
    assert table["CALQ_0"].to_pylist() == ours.calq[:, number].tolist()
    record = json.loads(pq.read_metadata(tmp_path / "a.parquet").metadata[b"asicae"])
    assert record["cell_order"] == "simulation" and record["source"] == "made up"
    with uproot.open(written(ours, tmp_path / "a.root")) as file:
        tree = file["HGCalTriggerNtuple"]
        assert tree["wafer_CALQ0"].array().tolist() == [[v] for v in ours.calq[:, 0]]
        assert tree["wafer_CALQ32"].array().tolist() == [[v] for v in ours.calq[:, 32]]
        assert tree["wafer_CALQ36"].array().tolist() == [[0]] * 4  # dead quadrant
        assert tree["wafer_wafertype"].array().tolist() == [[v] for v in ours.wafer_type]
        assert json.loads(str(file["asicae"]))["cell_order"] == "8x8"


def column(dtype, low, high):
    """Values of one column with the ends of the range among them."""
    if dtype is np.float32:
        return st.floats(low, high, width=32)
    if dtype is np.bool_:
        return st.booleans()
    return st.integers(int(low), int(high)) | st.sampled_from([int(low), int(high)])


@st.composite
def any_readouts(draw):
    rows = draw(st.integers(1, 4))
    calq = draw(st.lists(column(np.int32, 0, (1 << 22) - 1), min_size=48, max_size=48))
    columns = {
        name: np.array(
            draw(st.lists(column(dtype, low, high), min_size=rows, max_size=rows)), dtype
        )
        for name, (dtype, _, low, high) in COLUMNS.items()
    }
    columns["high_density"] |= columns["wafer_type"] == 0
    columns["high_density"] &= columns["wafer_type"] != 2
    partial = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    cells = np.stack([np.roll(calq, row) for row in range(rows)]).astype(np.int32)
    return Readouts(cells, **columns, partial=partial, source="any")


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(ours=any_readouts())
def test_round_trips_between_all_pairs(tmp_path_factory, ours):
    folder = tmp_path_factory.mktemp("pairs")
    paths = {ending: written(ours, folder / f"first{ending}") for ending in ENDINGS}
    for source, target in itertools.product(ENDINGS, repeat=2):
        out = folder / f"second{target}"
        convert(paths[source], out, force=True)
        assert_equal(ours, load(out))


@pytest.mark.parametrize(("ending", "package"), [(".root", "uproot"), (".parquet", "pyarrow")])
def test_a_missing_extra_names_its_cure(tmp_path, monkeypatch, ending, package):
    path = written(readouts(3), tmp_path / f"a{ending}")
    for name in [n for n in sys.modules if n.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingTool, match=rf"^{package} is needed.*pip install 'asicae\[data\]'$"):
        load(path)
    with pytest.raises(MissingTool, match=package):
        convert(written(readouts(3), tmp_path / "a.csv"), tmp_path / f"b{ending}")
    assert not (tmp_path / f"b{ending}").exists()
