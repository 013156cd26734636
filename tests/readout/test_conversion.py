"""Selection, several files, provenance, atomic output, and the description of many modules."""

import dataclasses
import json
import os
import threading

import awkward as ak
import numpy as np
import pytest

from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.readout import description, spectrum
from asicae.readout.conversion import convert
from asicae.readout.formats.named_csv import NamedCsvWriter
from asicae.readout.formats.npz import NpzWriter
from asicae.readout.formats.ntuple import NtupleWriter
from asicae.readout.formats.parquet import ParquetWriter
from asicae.readout.options import (
    Options,
    branches_from,
    calibration_from,
    mux_from,
    place_from,
)
from asicae.readout.reading import expand, load, stream
from asicae.readout.readouts import concatenate
from asicae.readout.rejected import Rejected
from asicae.readout.selection import Selection, selection_from
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.readout.made_up_files import tree
from tests.readout.made_up_readouts import ENDINGS, assert_equal, readouts, written
from tests.support.command_line import call


def test_chunks_hold_the_same_modules_whatever_their_size(tmp_path):
    ours = readouts(103)
    for ending in ENDINGS:
        path = written(ours, tmp_path / f"a{ending}")
        for chunk in (1, 10, 103, 1000):
            parts = list(stream(path, chunk=chunk))
            assert [len(part) for part in parts[:-1]] == [chunk] * (len(parts) - 1)
            assert_equal(concatenate(parts), ours)
    with pytest.raises(BadInput, match="chunk is 0"):
        list(stream(path, chunk=0))


def test_files_and_globs_come_in_order_and_chunks_end_with_their_file(tmp_path):
    parts = [readouts(5, seed) for seed in range(3)]
    for number, part in enumerate(parts):
        written(part, tmp_path / f"part{number}.npz")
    assert_equal(load(str(tmp_path / "part*.npz")), concatenate(parts))
    paths = [tmp_path / "part2.npz", str(tmp_path / "part[01].npz")]
    assert [len(part) for part in stream(paths, chunk=4)] == [4, 1, 4, 1, 4, 1]
    assert expand(paths)[0] == tmp_path / "part2.npz"
    odd = written(parts[0], tmp_path / "odd[1].npz")
    assert expand(odd) == [odd]
    with pytest.raises(BadInput, match="no file matches"):
        load(str(tmp_path / "none*.csv"))
    with pytest.raises(BadInput, match="no files, allowed is one or more"):
        load([])


def test_a_file_that_is_named_twice_does_not_count_double(tmp_path):
    path = written(readouts(5), tmp_path / "part.npz")
    (tmp_path / "link.npz").symlink_to(path)
    for again in (path, tmp_path / "p*.npz", tmp_path / ".." / tmp_path.name / "part.npz",
                  tmp_path / "link.npz"):  # fmt: skip
        with pytest.raises(BadInput, match=rf"is named twice \(before as {path}\)"):
            load([path, again])


def at(readouts, u, v):
    return (readouts.wafer_u == u) & (readouts.wafer_v == v)


SELECTIONS = {
    "layers": (selection_from("5,7-9"), lambda r: np.isin(r.layer, [5, 7, 8, 9])),
    "wafer": (selection_from(wafers=["3,-2", "0,1"]), lambda r: at(r, 3, -2) | at(r, 0, 1)),
    "types": (selection_from(wafer_types="0-1"), lambda r: r.wafer_type < 2),
    "HD": (selection_from(density="HD"), lambda r: r.high_density),
    "LD": (selection_from("1-30", density="LD"), lambda r: ~r.high_density & (r.layer <= 30)),
}


@pytest.mark.parametrize("case", SELECTIONS)
def test_only_selected_modules_are_kept(tmp_path, case):
    selection, wanted = SELECTIONS[case]
    ours = readouts(3000)
    path = written(ours, tmp_path / "a.npz")
    keep = wanted(ours)
    assert 0 < keep.sum() < 3000
    assert_equal(concatenate(list(stream(path, selection=selection, chunk=700))), ours.select(keep))


def test_selection_by_signal_fraction(tmp_path):
    """Share of the event: columns of CSV, all modules of the entry in an n-tuple."""
    path = tmp_path / "a.csv"
    lines = written(readouts(4), path).read_text().splitlines()
    extra = ["EventSimEnergy", "1e6", "1e6", "1e6", "0"]
    path.write_text("\n".join(f"{a},{b}" for a, b in zip(lines, extra, strict=True)))
    half = Selection(min_signal_fraction=0.5)
    with pytest.raises(BadInput, match=r"no modules are left \(selected: signal fraction 0\.5"):
        list(stream(path, selection=half))
    extra = ["SimEnergyFraction", "0.4", "0.5", "0.6", "0"]
    path.write_text("\n".join(f"{a},{b}" for a, b in zip(lines, extra, strict=True)))
    assert_equal(concatenate(list(stream(path, selection=half))), readouts(4).select([1, 2]))
    energy = ak.unflatten(np.arange(20.0), np.full(10, 2))  # of 0 + 1, 2 + 3, ... GeV
    root = tree(tmp_path / "a.root", simenergy=energy)
    assert sum(len(part) for part in stream(root, selection=half)) == 10
    third = Selection(min_signal_fraction=1 / 3)
    assert sum(len(part) for part in stream(root, selection=third)) == 19
    single = tree(tmp_path / "b.root", single=True)
    ours = [written(readouts(4), tmp_path / f"ours{ending}") for ending in (".npz", ".root")]
    for path in (single, *ours):
        with pytest.raises(BadInput, match=f"{path.name}: .*records no event energy"):
            list(stream(path, selection=half))
    (tmp_path / "b.csv").write_text("\n".join(lines))
    with pytest.raises(BadInput, match="column 'EventSimEnergy' is missing"):
        list(stream(tmp_path / "b.csv", selection=half))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: selection_from("5,x"), "layers '5,x': found 'x', allowed are numbers 1..200"),
        (lambda: selection_from("0"), "layers '0'"),
        (lambda: selection_from("9-5"), "found '9-5'"),
        (lambda: selection_from(wafers=["3"]), "wafer: found '3', allowed are 2 integers"),
        (lambda: selection_from(wafer_types="3"), "allowed are numbers 0..2"),
        (lambda: selection_from(density="MD"), "density 'MD': allowed are HD and LD"),
        (lambda: selection_from(min_signal_fraction=2.0), "signal fraction 2: allowed is 0..1"),
        (lambda: place_from("9,3,-2"), "module: found '9,3,-2', allowed are 4 integers"),
        (lambda: place_from("9,3,-2,3"), "wafer_type is 3, allowed is 0..2"),
        (lambda: branches_from(["layer"]), "branch 'layer': allowed is KEY=NAME"),
        (lambda: Options(branches={"x": "y"}), "branch of 'x': allowed are layer, "),
        (lambda: Options(order="mux"), "cell order 'mux' is unknown"),
        (lambda: Options(calibration=4096), "calibration 4096: allowed is 0..4095"),
        (lambda: Options(calibration=(1, 2)), "calibration: found 2 entries, allowed are 48"),
        (lambda: Options(mux=(1, 2)), "mux: found 2 entries"),
    ],
)
def test_bad_choices_are_one_line(make, words):
    with pytest.raises(BadInput) as error:
        make()
    assert words in str(error.value) and "\n" not in str(error.value)


def test_files_of_multiplexer_settings_and_calibration_factors(tmp_path):
    path = tmp_path / "mux.csv"
    path.write_text("a header\n" + ",".join(map(str, range(47, -1, -1))) + "\n\n")
    assert mux_from(path) == tuple(range(47, -1, -1))
    path.write_text(",".join(["48"] * 48))
    with pytest.raises(BadInput, match=r"mux\.csv: found 48 for cell 0, allowed is 0\.\.47"):
        mux_from(path)
    assert calibration_from("4095") == 4095
    path.write_text(",".join(map(str, range(48))))
    assert calibration_from(str(path)) == tuple(range(48))
    path.write_text(",".join(["4096"] * 48))
    with pytest.raises(BadInput, match=r"mux\.csv: found 4096 for cell 0, allowed is 0\.\.4095"):
        calibration_from(str(path))
    with pytest.raises(BadInput, match="cannot be read"):
        mux_from(tmp_path / "absent")


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


def test_what_another_program_wrote_beside_a_csv_file_is_no_record(tmp_path):
    path = written(readouts(5), tmp_path / "a.csv")
    (tmp_path / "a.csv.json").write_text('{"cell_order": "ae"}')
    assert load(path).source == "a.csv"
    assert_equal(load(path), readouts(5))


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


def test_a_pipe_is_read_once(tmp_path):
    text = written(readouts(500), tmp_path / "in.csv").read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    thread = threading.Thread(target=pipe.write_bytes, args=(text,))
    thread.start()
    convert(pipe, tmp_path / "o.npz", Options(format="csv"))
    thread.join()
    got = load(tmp_path / "o.npz")
    assert_equal(got, readouts(500))
    assert got.source == "pipe [pipe not a regular file, no hash]"


def test_bins_are_exact_when_small_and_narrow_when_large():
    powers = 2 ** np.arange(28)
    largest = 48 * ((1 << 22) - 1)
    values = np.unique(np.concatenate([np.arange(5000), powers, powers - 1, [largest]]))
    bins, edges = spectrum.bin_of(values), spectrum.edges()
    assert len(edges) == spectrum.N_BINS + 1 and (np.diff(edges) > 0).all()
    assert (edges[bins] <= values).all() and (values < edges[bins + 1]).all()
    assert (bins[values < 64] == values[values < 64]).all()
    assert (np.diff(edges)[64:] * 32 <= edges[64:-1]).all()
    counts = np.bincount(spectrum.bin_of(np.arange(1, 101)), minlength=spectrum.N_BINS)
    assert spectrum.quantiles(counts, (5, 50, 95)) == (5.0, 50.0, 94.5)


def test_a_description_does_not_depend_on_the_chunks(tmp_path):
    ours = readouts(2000)
    whole = description.describe(ours)
    chunks = description.describe(ours.select(slice(i, i + 77)) for i in range(0, 2000, 77))
    assert chunks.total == whole.total and chunks.layers == whole.layers
    assert chunks.per_pileup == whole.per_pileup and chunks.eta_range == whole.eta_range
    assert sum(f.modules for f in whole.layers.values()) == whole.total.modules == 2000
    five = ours.select(ours.layer == 5)
    figures = whole.layers[5]
    assert figures.modules == len(five) and figures.charge_max == five.calq.max()
    assert figures.sum_max == five.calq.sum(axis=1, dtype=np.int64).max()
    assert np.isclose(figures.occupancy_mean, (five.calq > 0).sum(axis=1).mean())
    charges = five.calq[five.calq > 0]
    for percent, value in zip(description.PERCENT, figures.charge_quantiles, strict=True):
        exact = np.percentile(charges, percent, method="inverted_cdf")
        assert abs(value - exact) <= exact / 60
    with pytest.raises(BadInput, match="no modules"):
        description.describe(iter([]))


def test_describe_prints_tables_and_draws(tmp_path, capsys):
    paths = [written(readouts(200, seed), tmp_path / f"{seed}.npz") for seed in (1, 2)]
    picture = tmp_path / "p.png"
    assert call("data", "describe", *paths, "--picture", picture) == 0
    said = capsys.readouterr().out
    assert "400" in said and "mean occupancy" in said and str(picture) in said
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert call("data", "describe", paths[0], "--picture", picture) == 2
    assert "exists already" in capsys.readouterr().err
    assert call("data", "describe", paths[0], "--picture", tmp_path / "p.txt") == 2
    assert "ending '.txt', allowed are .png, .pdf, .svg" in capsys.readouterr().err
    empty = readouts(3)
    empty = type(empty)(empty.calq * 0, *(getattr(empty, n) for n in empty.__dataclass_fields__
                                          if n not in ("calq", "source")))  # fmt: skip
    path = written(empty, tmp_path / "empty.npz")
    words = ("data", "describe", path, "--picture", tmp_path / "empty.svg", "--skip-bad")
    assert call(*words) == 0


def test_skipped_files_are_told(tmp_path, capsys):
    good, bad = written(readouts(5), tmp_path / "a.npz"), tmp_path / "b.npz"
    bad.write_text("x")
    assert call("data", "describe", good, bad, "--skip-bad") == 0
    said = capsys.readouterr().out
    assert "left out: 1 x unreadable file" in said and f"left out: {bad}: cannot be read" in said
    assert Rejected(skip=True).lines() == []
