"""Modules that cannot be used: named by place, found and allowed, or left out and counted."""

import gzip
import re
import warnings

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.conversion import convert
from asicae.readout.options import Options, Place
from asicae.readout.parsing import text_table
from asicae.readout.reading import load, stream
from asicae.readout.rejected import Rejected
from tests.readout.made_up_files import (
    ROWS,
    capture,
    changed_calq,
    changed_density,
    lists,
    named,
    npz,
    parquet,
    plain,
    tree,
)
from tests.readout.made_up_readouts import assert_equal, readouts

PLACE = Options(place=Place(9, 3, -2, 1))
CAPTURE = Options(place=Place(9, 3, -2, 1), order="ae")
INTEGER = "allowed is an integer 0..4194303"
DENSE = int(np.argmax(readouts(ROWS).high_density))
# name of the file, how it is made, options, the exact words of the message after the path,
# the reason that is counted (None: nothing can be skipped by row)
BAD_ROWS = {
    "negative": ("a.csv", lambda p: named(p, "CALQ_17", "-1"), Options(),
                 f": row 13, column 'CALQ_17': found '-1', {INTEGER}",
                 "CALQ: not an integer 0..4194303"),
    "23 bits": ("a.csv", lambda p: named(p, "CALQ_0", "4194304"), Options(),
                f": row 13, column 'CALQ_0': found '4194304', {INTEGER}",
                "CALQ: not an integer 0..4194303"),
    "text": ("a.csv", lambda p: named(p, "CALQ_47", "many"), Options(),
             f": row 13, column 'CALQ_47': found 'many', {INTEGER}",
             "CALQ: not an integer 0..4194303"),
    "empty": ("a.csv", lambda p: named(p, "CALQ_3", ""), Options(),
              f": row 13, column 'CALQ_3': found '', {INTEGER}",
              "CALQ: not an integer 0..4194303"),
    "half": ("a.csv", lambda p: named(p, "CALQ_3", "5.5"), Options(),
             f": row 13, column 'CALQ_3': found '5.5', {INTEGER}",
             "CALQ: not an integer 0..4194303"),
    "minus a half": ("a.csv", lambda p: named(p, "CALQ_3", "-0.5"), Options(),
                     f": row 13, column 'CALQ_3': found '-0.5', {INTEGER}",
                     "CALQ: not an integer 0..4194303"),
    "carriage return": ("a.csv", lambda p: named(p, "CALQ_3", "5\r"), Options(),
                        f": row 13, column 'CALQ_3': found '5\\r', {INTEGER}",
                        "CALQ: not an integer 0..4194303"),
    "returned word": ("a.csv", lambda p: named(p, "HD_LD", "H\rD"), Options(),
                      ": row 13, column 'HD_LD': found 'H\\rD', allowed is HD, LD, 1 or 0",
                      "HD_LD: neither HD nor LD"),
    "underscore": ("a.csv", lambda p: named(p, "CALQ_3", "1_0"), Options(),
                   f": row 13, column 'CALQ_3': found '1_0', {INTEGER}",
                   "CALQ: not an integer 0..4194303"),
    "huge": ("a.csv", lambda p: named(p, "CALQ_3", "1e300"), Options(),
             f": row 13, column 'CALQ_3': found '1e300', {INTEGER}",
             "CALQ: not an integer 0..4194303"),
    "long": ("a.csv", lambda p: named(p, "SimEnergyTotal", "1" + "0" * 50), Options(),
             f"found '1{'0' * 50}', allowed is a number 0..1e+09",
             "SimEnergyTotal: a number 0..1e+09"),
    "layer": ("a.csv", lambda p: named(p, "layer", "0"), Options(),
              ": row 13, column 'layer': found '0', allowed is an integer 1..200",
              "layer: not an integer 1..200"),
    "wafer": ("a.csv", lambda p: named(p, "waferv", "100"), Options(),
              "column 'waferv': found '100', allowed is an integer -99..99",
              "waferu, waferv: not an integer -99..99"),
    "energy": ("a.csv", lambda p: named(p, "SimEnergyTotal", "inf"), Options(),
               "column 'SimEnergyTotal': found 'inf', allowed is a number 0..1e+09",
               "SimEnergyTotal: a number 0..1e+09"),
    "eta": ("a.csv", lambda p: named(p, "eta", "x"), Options(),
            "column 'eta': found 'x', allowed is a number -10..10", "eta: a number -10..10"),
    "density": ("a.csv", lambda p: named(p, "HD_LD", "MD"), Options(),
                "column 'HD_LD': found 'MD', allowed is HD, LD, 1 or 0",
                "HD_LD: neither HD nor LD"),
    "no such sensor": ("a.csv", lambda p: named(p, "HD_LD", "LD", row=DENSE), Options(),
                       f": row {DENSE + 2}, column 'HD_LD': found 'LD', allowed is HD for FI and PI"
                       ", LD for FO and PO", "density does not fit the sensor"),
    "partial": ("a.csv", lambda p: named(p, "ModType", "bM"), Options(),
                "column 'ModType': found 'bM', allowed is FI, FM, FO (full module), PI",
                "partial module"),
    "short row": ("a.csv", lambda p: named(p, "CALQ_17", "1,2"), Options(),
                  ": row 13: found 58 fields, allowed are 57 fields as in the first row",
                  "wrong number of fields"),
    "gzip row": ("a.csv.gz", lambda p: p.write_bytes(gzip.compress(
                     named(p.with_name("b.csv"), "CALQ_17", "-1").read_bytes())), Options(),
                 f": row 13, column 'CALQ_17': found '-1', {INTEGER}",
                 "CALQ: not an integer 0..4194303"),
    "plain": ("a.csv", lambda p: plain(p, ",".join(["5"] * 7 + ["x"] + ["5"] * 49)), PLACE,
              f": row 12, column '7 (CALQ_7)': found 'x', {INTEGER}",
              "CALQ: not an integer 0..4194303"),
    "plain short": ("a.csv", lambda p: plain(p, "5,5"), PLACE,
                    ": row 12: found 2 fields, allowed are 57 fields as in the first row",
                    "wrong number of fields"),
    "plain blank": ("a.csv", lambda p: plain(p, ""), PLACE,
                    ": row 12: found an empty row, allowed are 57 fields",
                    "wrong number of fields"),
    "plain eta": ("a.csv", lambda p: plain(p, ",".join(["5"] * 55 + ["nan", "5"])), PLACE,
                  ": row 12, column '55 (tc_eta)': found 'nan', allowed is a number -10..10",
                  "55 (tc_eta): a number -10..10"),
    "word": ("a.csv", lambda p: capture(p, ",".join(["7"] * 11 + ["4294967296"])), CAPTURE,
             ": row 13, column 'ePortRxDataGroup_11': found '4294967296',"
             " allowed is an integer 0..4294967295", "input word: not an integer 0..4294967295"),
    "idle": ("a.csv", lambda p: capture(p, ",".join(["214748364"] * 12)), CAPTURE,
             ": row 13, column 'ePortRxDataGroup_0': found '214748364',"
             " allowed are words other than idle (0xccccccc)", "idle words"),
    "branch negative": ("a.root", lambda p: tree(p, CALQ9=lists(11, -1)), Options(),
                        f": entry 5, module 1, branch 'wafer_CALQ9': found -1, {INTEGER}",
                        "CALQ: not an integer 0..4194303"),
    "branch 23 bits": ("a.root", lambda p: tree(p, CALQ9=lists(10, 1 << 22)), Options(),
                       ": entry 5, module 0, branch 'wafer_CALQ9': found 4194304,",
                       "CALQ: not an integer 0..4194303"),
    "branch fraction": ("a.root", lambda p: tree(p, CALQ9=lists(11, 1.5, np.float64)), Options(),
                        ": entry 5, module 1, branch 'wafer_CALQ9': found 1.5,",
                        "CALQ: not an integer 0..4194303"),
    "dead pixel": ("a.root", lambda p: tree(p, CALQ36=lists(11, 3, usual=0)), Options(),
                   "branch 'wafer_CALQ36': found 3, allowed is an integer 0..0",
                   "CALQ of a dead pixel: not an integer 0..0"),
    "wafer type": ("a.root", lambda p: tree(p, wafertype=lists(11, 3, usual=1)), Options(),
                   "branch 'wafer_wafertype': found 3, allowed is an integer 0..2",
                   "wafertype: not an integer 0..2"),
    "dense 300 um": ("a.root", lambda p: tree(p, wafertype=lists(11, 2, usual=1),
                                              highdensity=lists(11, 1, usual=1)), Options(),
                     ": entry 5, module 1, branch 'wafer_highdensity': found 1, allowed is 1 for"
                     " wafertype 0, 0 for wafertype 2", "density does not fit the sensor"),
    "simenergy": ("a.root", lambda p: tree(p, simenergy=lists(11, np.nan, np.float64)), Options(),
                  "branch 'wafer_simenergy': found nan, allowed is a number 0..1e+09",
                  "simenergy: a number 0..1e+09"),
    "parquet": ("a.parquet", lambda p: parquet(p, CALQ_9=-1), Options(),
                f": row 12, column 'CALQ_9': found -1, {INTEGER}",
                "CALQ: not an integer 0..4194303"),
    "parquet null": ("a.parquet", lambda p: parquet(p, CALQ_9=None), Options(),
                     f": row 12, column 'CALQ_9': found no value, {INTEGER}",
                     "CALQ: not an integer 0..4194303"),
    "parquet partial": ("a.parquet", lambda p: parquet(p, ModType="bM"), Options(),
                        ": row 12, column 'ModType': found 'bM', allowed is FI, FM, FO",
                        "partial module"),
    "npz": ("a.npz", lambda p: npz(p, calq=changed_calq(-1)), Options(),
            ": CALQ of row 11, cell 7 is -1, allowed is 0..4194303",
            "CALQ: not an integer 0..4194303"),
    "npz density": ("a.npz", lambda p: npz(p, high_density=changed_density()), Options(),
                    f": high_density of row {DENSE} is False, allowed is true for wafer_type 0",
                    "density does not fit the sensor"),
    "npz 23 bits": ("a.npz", lambda p: npz(p, calq=changed_calq(1 << 22)), Options(),
                    ": CALQ of row 11, cell 7 is 4194304, allowed is 0..4194303",
                    "CALQ: not an integer 0..4194303"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_named_or_left_out_and_counted(tmp_path, case):
    name, make, options, words, reason = BAD_ROWS[case]
    path, out = tmp_path / name, tmp_path / "out" / "o.npz"
    make(path)
    with pytest.raises(BadInput) as error:
        convert(path, out, options)
    message = str(error.value)
    assert message.startswith(str(path)) and words in message and "\n" not in message
    assert not (tmp_path / "out").exists()
    rejected = Rejected(skip=True)
    done = convert(path, out, options, rejected=rejected)
    assert dict(rejected.counts) == {reason: 1} and done.modules == ROWS - 1
    assert f"left out: 1 x {reason}" in load(out).source
    if case == "negative":
        assert_equal(load(out), readouts(ROWS).select(np.arange(ROWS) != 11))


def test_several_reasons_are_counted_apart_and_each_row_once(tmp_path):
    path = tmp_path / "a.csv"
    named(path, "CALQ_3", "-1", row=4)
    lines = path.read_text().splitlines()
    lines[3] = lines[3].rsplit(",", 1)[0]  # short
    lines[9] = lines[9].replace(",FI,", ",bM,").replace(",FM,", ",bM,").replace(",FO,", ",bM,")
    fields = lines[12].split(",")
    fields[1], fields[50] = "x", "0"  # CALQ_0 and layer: one row, counted once
    lines[12] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")
    rejected = Rejected(skip=True)
    kept = sum(len(part) for part in stream(path, rejected=rejected))
    assert kept == ROWS - 4 and rejected.counts.total() == 4
    assert rejected.counts["partial module"] == rejected.counts["wrong number of fields"] == 1
    with pytest.raises(BadInput, match="row 4: found 56 fields"):
        list(stream(path))


def test_integers_are_not_read_from_fractions_by_an_older_numpy(tmp_path, monkeypatch):
    """NumPy before 2.4 cuts 5.5 to 5 and only warns."""
    loadtxt = np.loadtxt

    def older(stream, dtype, **options):
        kinds = [(name, "f8" if dtype[name] == np.int64 else dtype[name]) for name in dtype.names]
        table = loadtxt(stream, kinds, **options)
        if table.dtype != dtype:
            warnings.warn("Parsing an integer via a float is deprecated", DeprecationWarning, 2)
        return table.astype(dtype)

    monkeypatch.setattr(np, "loadtxt", older)
    with pytest.raises(BadInput, match=r"row 13, column 'CALQ_3': found '5\.5'"):
        load(named(tmp_path / "a.csv", "CALQ_3", "5.5"))


def test_a_carriage_return_where_nothing_is_read_costs_no_row(tmp_path):
    assert_equal(load(named(tmp_path / "a.csv", "entry", "1\r2")), readouts(ROWS))


def test_what_only_the_parser_refuses_costs_one_row(tmp_path, monkeypatch):
    """As if our pattern of numbers let something through."""
    monkeypatch.setattr(text_table, "_NUMBER", re.compile(b".*"))
    path = named(tmp_path / "a.csv", "CALQ_3", "5x")
    with pytest.raises(BadInput, match=r"a\.csv: row 13: found text that cannot be parsed"):
        load(path)
    rejected = Rejected(skip=True)
    (got,) = stream(path, rejected=rejected)
    assert_equal(got, readouts(ROWS).select(np.arange(ROWS) != 11))
    assert dict(rejected.counts) == {"row that cannot be parsed": 1}


def test_nothing_left_says_why(tmp_path):
    path = named(tmp_path / "a.csv", "ModType", "bM", row=0)
    lines = path.read_text().splitlines()[:2]
    path.write_text("\n".join(lines))
    with pytest.raises(BadInput, match=r"no modules are left \(1 x partial module\)"):
        load(path, skip_partial=True)
