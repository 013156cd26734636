"""Files that cannot be used: one line that names place, found and allowed, and no output."""

import gzip

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.readout import reading
from asicae.readout.conversion import convert
from asicae.readout.formats import ntuple
from asicae.readout.parsing import text_file
from asicae.readout.reading import load
from asicae.readout.rejected import Rejected
from tests.readout.made_up_files import (
    ROWS,
    array,
    bare_name,
    broken,
    header_only,
    member,
    npz,
    overwritten,
    replaced,
    tree,
)
from tests.readout.made_up_readouts import assert_equal, readouts, written
from tests.support.command_line import call

BAD_FILES = {
    "absent": ("a.csv", lambda p: None, ": cannot be read (No such file or directory)"),
    "absent root": ("a.root", lambda p: None, ": cannot be read (No such file or directory)"),
    "folder": ("a.csv", lambda p: p.mkdir(), ": is a folder, allowed are files and globs"),
    "nothing": ("a.csv", lambda p: p.write_text(""), ": row 1: column 'CALQ_0' is missing"),
    "no rows": ("a.csv", lambda p: p.write_text(
                    written(readouts(1), p).read_text().split("\n")[0] + "\n"),
                ": holds no modules, allowed is one or more"),
    "suffix": ("a.txt", lambda p: p.write_text("x"),
               ": suffix '.txt' is not known, allowed are .csv, .csv.gz, .npz, .root, .parquet"),
    "columns": ("a.csv", lambda p: header_only(p, "CALQ_0,b"),
                ": row 1: column 'CALQ_1' is missing, found 'CALQ_0, b'; allowed is a header"),
    "twice": ("a.csv", lambda p: p.write_text(
                  written(readouts(1), p).read_text().replace("entry", "layer")),
              ": row 1: column 'layer' appears twice, allowed is once"),
    "words": ("a.csv", lambda p: header_only(p, "ePortRxDataGroup_0,b"),
              ": row 1: column 'ePortRxDataGroup_1' is missing, allowed is a header that names"),
    "few numbers": ("a.csv", lambda p: p.write_text("1,2,3\n"),
                    ": row 1: found 3 fields, allowed are 48 (CALQ) or 57 and more"),
    "endless row": ("a.csv", lambda p: p.write_bytes(b"1," * (1 << 20)),
                    ": a row is longer than 1048576 bytes, allowed are rows of text"),
    "hidden gzip": ("a.csv", lambda p: p.write_bytes(gzip.compress(b"x")),
                    ": found a gzip file, allowed is text or a name ending with .gz"),
    "gzip magic": ("a.csv.gz", lambda p: p.write_text("entry,CALQ_0"),
                   ": not a gzip file, found first bytes b'en', allowed are 1f 8b"),
    "gzip cut": ("a.csv.gz", lambda p: broken(p, -20),
                 ": truncated gzip file, allowed is a complete one"),
    "gzip sum": ("a.csv.gz", lambda p: (broken(p), p.write_bytes(
                     p.read_bytes()[:-8] + bytes(8))), ": damaged gzip file (CRC check failed"),
    "root magic": ("a.root", lambda p: broken(p, start=b"PK\3\4"),
                   ": not a ROOT file, found first bytes b'PK\\x03\\x04', allowed 'root'"),
    "root cut": ("a.root", lambda p: broken(p, -20), ": truncated ROOT file, found"),
    "root start": ("a.root", lambda p: broken(p, 10), ": not a ROOT file, found first bytes"),
    "root garbage": (
        "a.root",
        lambda p: overwritten(p, slice(100, None)),
        ": cannot be read as ROOT (",
    ),
    "root baskets": (
        "a.root",
        lambda p: overwritten(p, slice(20000, 60000)),
        ": cannot be read as ROOT (",
    ),
    "root class": (
        "a.root",
        lambda p: replaced(p, b"fEntryOffsetLen", b"f'+print(1234)+"),
        ': describes a class with the name "f\'+print(1234)+", allowed are C++ names',
    ),
    "no tree": ("a.root", lambda p: uproot.recreate(p).close(),
                ": tree 'HGCalTriggerNtuple': found no tree"),
    "branch": ("a.root", lambda p: tree(p, CALQ17=None),
               ": branch 'wafer_CALQ17' is missing, found nwafer_"),
    "eta branch": ("a.root", lambda p: tree(p, eta=None),
                   ": branch 'wafer_eta' is missing, found nwafer_CALQ0,"),
    "lengths": ("a.root", lambda p: tree(p, layer=ak.unflatten(np.full(20, 5), [1, 3] + [2] * 8)),
                ": entry 0, branch 'wafer_layer': found 1 modules, allowed are 2 as in"),
    "numbers and lists": ("a.root", lambda p: tree(p, layer=np.full(10, 5)),
                          ": branch 'wafer_layer': found one value an entry or lists, not both"),
    "parquet magic": ("a.parquet", lambda p: broken(p, start=b"root"),
                      ": not a Parquet file, found first bytes b'root', allowed is PAR1"),
    "parquet cut": ("a.parquet", lambda p: broken(p, -20), ": cannot be read as Parquet ("),
    "parquet column": ("a.parquet", lambda p: pq.write_table(pa.table({"CALQ_0": [1]}), p),
                       ": column 'CALQ_1' is missing, found CALQ_0"),
    "parquet type": ("a.parquet", lambda p: pq.write_table(pq.read_table(
                         written(readouts(3), p)).set_column(5, "CALQ_5", pa.array([[1]] * 3)), p),
                     ": column 'CALQ_5': found type list<element: int64>, allowed are numbers"),
    "parquet text": ("a.parquet", lambda p: pq.write_table(pq.read_table(
                         written(readouts(3), p)).set_column(5, "CALQ_5", pa.array(["1"] * 3)), p),
                     "column 'CALQ_5': found text, allowed are integers 0..4194303"),
    "npz magic": ("a.npz", lambda p: p.write_text("text"), ": cannot be read as NPZ ("),
    "npz cut": ("a.npz", lambda p: broken(p, -20), ": cannot be read as NPZ ("),
    "npz array": ("a.npz", lambda p: npz(p, wafer_u=None), ": array 'wafer_u' is missing, found"),
    "npz bare name": ("a.npz", lambda p: bare_name(p, "format"),
                      ": array 'format' is missing, found ['calq', 'cell_order', 'eta', "),
    "npz format": ("a.npz", lambda p: npz(p, format=np.array("x")),
                   ": format is 'x', allowed is 'asicae-readouts-1'"),
    "npz order": ("a.npz", lambda p: npz(p, cell_order=np.array("mux")),
                  ": cell order 'mux' is unknown, allowed are ae, simulation"),
    "npz kind": ("a.npz", lambda p: npz(p, calq=np.zeros((ROWS, 48))),
                 ": array 'calq' has type float64, allowed kinds are iu"),
    "npz shape": ("a.npz", lambda p: npz(p, calq=np.zeros((ROWS, 64), int)),
                  ": CALQ has shape (20, 64), allowed is (modules, 48)"),
    "npz rows": ("a.npz", lambda p: npz(p, pileup=np.zeros(19, np.int16)),
                 ": pileup has shape (19,), allowed is (20,) as CALQ has rows"),
    "npz text": ("a.npz", lambda p: npz(p, source=np.array(7)),
                 ": array 'source' has type int64, allowed is one text"),
    "npz pickle": ("a.npz", lambda p: member(p, "eta", array(np.array([print], object))),
                   ": array 'eta' has type object, allowed kinds are f"),
    "npz pickled text": ("a.npz", lambda p: member(p, "source", array(np.array(print, object))),
                         ": cannot be read as NPZ (Object arrays cannot be loaded"),
    "npz short": ("a.npz", lambda p: member(p, "calq", array(readouts(ROWS).calq)[:-5]),
                  ": array 'calq' is truncated, found 3835 bytes, allowed are 3840"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named_and_leaves_nothing(tmp_path, case, capsys):
    name, make, words = BAD_FILES[case]
    path, folder = tmp_path / name, tmp_path / "out"
    folder.mkdir()
    make(path)
    assert call("data", "convert", path, "-o", folder / "o.npz") == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said.startswith(f"asicae: {path}") and words in said
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["a.csv.gz", "a.npz", "a.parquet", "a.root"])
def test_what_was_read_before_a_file_breaks_off_is_kept_when_bad_input_is_skipped(tmp_path, name):
    good, last = (written(readouts(30, seed=2), tmp_path / f"{n}.npz") for n in ("good", "last"))
    bad = tmp_path / name
    broken(bad, -20)
    rejected = Rejected(skip=True)
    done = convert([good, bad, last], tmp_path / "o.npz", rejected=rejected)
    assert rejected.counts["unreadable file"] == 1 and str(bad) in rejected.files[0]
    got = load(tmp_path / "o.npz")
    assert done.modules == len(got) >= 60
    assert_equal(got.select(slice(0, 30)), readouts(30, seed=2))
    assert_equal(got.select(slice(-30, None)), readouts(30, seed=2))


def test_a_file_without_permission_is_only_counted_when_bad_input_is_skipped(tmp_path, monkeypatch):
    good, bad = (written(readouts(30), tmp_path / name) for name in ("good.npz", "bad.npz"))
    real = files.sha256

    def sha256(path):
        if path == bad:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(files, "sha256", sha256)
    rejected = Rejected(skip=True)
    assert convert([bad, good], tmp_path / "o.npz", rejected=rejected).modules == 30
    assert rejected.files == [f"{bad}: cannot be read (Permission denied)"]
    with pytest.raises(BadInput, match=r"bad\.npz: cannot be read \(Permission denied\)"):
        convert([bad, good], tmp_path / "o.npz", force=True)


# what stands in a.csv.json beside a CSV file, and the words of the message after its path
BAD_RECORDS = {
    "no json": ("{", ": not valid JSON (Expecting property"),
    "deep": ("[" * 100_000, ": not valid JSON"),
    "digits": ('{"asicae": ' + "9" * 5000 + "}", ": not valid JSON"),
    "no size": ('{"asicae": "1"}', ": bytes: field required"),
    "unknown key": ('{"asicae": "1", "bytes": 1, "modules": 1, "x": 2}', ": x: found 2, extra"),
    "version": ('{"asicae": "1", "bytes": 1, "modules": 1, "format": "a"}', ": format is 'a'"),
    "order": ('{"asicae": "1", "bytes": 1, "modules": 1, "cell_order": "mux"}',
              ": cell order 'mux' is unknown, allowed are ae, simulation, 8x8"),
    "other file": ('{"asicae": "1", "bytes": 1, "modules": 1}',
                   ": is the record of a file of 1 bytes, found"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_RECORDS)
def test_a_bad_record_beside_a_csv_file_is_named(tmp_path, case):
    text, words = BAD_RECORDS[case]
    path = written(readouts(3), tmp_path / "a.csv")
    record = tmp_path / "a.csv.json"
    record.write_text(text)
    with pytest.raises(BadInput) as error:
        load(path)
    message = str(error.value)
    assert message.startswith(f"{record}{words}") and "\n" not in message and len(message) < 400


def test_a_hostile_size_is_refused(tmp_path, monkeypatch):
    path = written(readouts(50), tmp_path / "a.root")
    monkeypatch.setattr(ntuple, "MAX_BASKET_BYTES", 1000)
    with pytest.raises(BadInput, match=r"its baskets hold \d+ bytes at once, allowed are 1000"):
        load(path)
    monkeypatch.setattr(reading, "MAX_MODULES", 49)
    with pytest.raises(BadInput, match="more than 49 modules at once, allowed is a stream"):
        load(written(readouts(50), tmp_path / "a.csv"))
    monkeypatch.setattr(text_file, "MAX_LINE_BYTES", 100)
    with pytest.raises(BadInput, match="a row is longer than 100 bytes"):
        load(tmp_path / "a.csv")
