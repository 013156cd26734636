"""NPZ: our own files, and what is wrong with others."""

import numpy as np
import pytest

from asicae.foundation import archives
from asicae.foundation.errors import BadInput
from asicae.module.geometry import reorder
from asicae.readout import conversion
from asicae.readout.conversion import save
from asicae.readout.formats.npz import NpzWriter
from asicae.readout.parsing.recorded import LAYOUT
from asicae.readout.reading import load
from tests.readout.made_up_readouts import (
    ENDINGS,
    FIELDS,
    assert_equal,
    readouts,
    written,
)


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
        ("calq", np.zeros((0, 48), np.int32), r"layer has shape \(50,\), allowed is \(0,\)"),
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


def test_npz_has_the_bytes_of_save_and_equal_readouts_give_equal_bytes(tmp_path):
    ours = readouts(3000)
    saved = conversion.save(ours, tmp_path / "saved.npz").read_bytes()
    for step in (1, 7, 3000):
        writer = NpzWriter(tmp_path / "streamed.npz")
        for first in range(0, 3000, step):
            writer.add(ours.select(slice(first, first + step)))
        writer.finish(ours.source)
        assert (tmp_path / "streamed.npz").read_bytes() == saved
    for ending in ENDINGS:
        first, second = (written(ours, tmp_path / f"{name}{ending}") for name in "ab")
        if ending != ".root":  # ROOT files carry a time and a unique number
            assert first.read_bytes() == second.read_bytes(), ending
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == []  # no spool is left


def test_npz_stored_by_columns_is_read(tmp_path):
    ours = readouts(9)
    arrays = {name: getattr(ours, name) for name in FIELDS}
    arrays |= {"format": np.array(LAYOUT), "source": np.array("x"),
               "cell_order": np.array("ae"), "calq": np.asfortranarray(ours.calq)}  # fmt: skip
    np.savez(tmp_path / "a.npz", **arrays)
    assert_equal(ours, load(tmp_path / "a.npz"))
