"""Golden files of every format, the order of their cells, and round trips between all pairs."""

import gzip
import itertools
import json
import sys

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot
from hypothesis import given, settings
from hypothesis import strategies as st

from asicae.foundation.errors import BadInput, MissingTool
from asicae.module.geometry import ORDERS
from asicae.readout import conversion
from asicae.readout.conversion import convert
from asicae.readout.formats.npz import NpzWriter
from asicae.readout.options import Options, Place
from asicae.readout.parsing.recorded import LAYOUT
from asicae.readout.reading import load
from asicae.readout.readouts import COLUMNS, Readouts
from tests.readout.made_up_readouts import (
    AE_CELLS,
    AE_PIXELS,
    ENDINGS,
    FIELDS,
    assert_equal,
    readouts,
    written,
)

CALQ = np.arange(48) * 3 + 7  # charge of the cell with this number in the file
PLACE = Place(layer=9, wafer_u=3, wafer_v=-2, wafer_type=1)
HEADER = ",".join(["entry", *(f"CALQ_{i}" for i in range(48)), "SimEnergyTotal,EventSimEnergy",
                   "SimEnergyFraction,subdet,layer,waferu,waferv,HD_LD,ModType"])  # fmt: skip
TREE = "FloatingpointThreshold0DummyHistomaxDummynTuple/HGCalTriggerNtuple"


def named_csv(path, rows=2):
    lines = [f"{entry},{','.join(map(str, CALQ + entry))},2.5,10,0.25,1,9,3,-2,LD,FM"
             for entry in range(rows)]  # fmt: skip
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def plain_csv(path, rows=2):
    lines = [f"{','.join(map(str, CALQ + row))},a,b,c,d,e,f,g,1.75,-0.5" for row in range(rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def ntuple(path, cells=48, prefix="wafer_", calq="CALQ{}", **changed):
    """Two events, the first with two modules; CALQ of module m is CALQ + m."""
    count = np.array([2, 1])
    values = {"layer": [9, 9, 11], "waferu": [3, 3, 0], "waferv": [-2, -2, 5]}
    values |= {"wafertype": [1, 1, 0], "eta": [1.75, 1.75, -2.5], "simenergy": [2.5, 7.5, 4.0]}
    if cells == 48:
        values |= {calq.format(i): CALQ[i] + np.arange(3) for i in range(48)}
    else:
        picture = np.zeros((3, 64), dtype=int)
        picture[:, AE_PIXELS] = CALQ[AE_CELLS] + np.arange(3)[:, None]
        values |= {calq.format(i): picture[:, i] for i in range(64)}
    values |= changed
    floats = ("eta", "simenergy")
    branches = {
        f"{prefix}{name}": ak.unflatten(
            np.array(column, np.float32 if name in floats else np.int32), count
        )
        for name, column in values.items()
        if column is not None
    }
    return tree_file(path, TREE, branches)


def tree_file(path, name, branches):
    with uproot.recreate(path) as file:
        file.mktree(name, {key: values.type if isinstance(values, ak.Array) else values.dtype
                           for key, values in branches.items()})  # fmt: skip
        file[name].extend(branches)
    return path


def capture(path, codes, header=0xA, first="high"):
    """Rows of 48 codes in 12 words, as the chip receives them."""
    shifts = (21, 14, 7, 0) if first == "high" else (0, 7, 14, 21)
    lines = ["Orbit,BX," + ",".join(f"ePortRxDataGroup_{port}" for port in range(12))]
    for bx, row in enumerate(codes):
        words = [header << 28] * 12
        for channel, code in enumerate(row):
            words[channel // 4] += int(code) << shifts[channel % 4]
        lines.append(f"0, {bx}, " + ", ".join(map(str, words)))
    path.write_text("\n".join(lines) + "\n")
    return path


def assert_golden(got, rows=2):
    """The modules of the golden files: cells in AE order, first row there."""
    assert len(got) == rows and got.calq.dtype == np.int32
    for row in range(rows):
        assert got.calq[row].tolist() == [CALQ[cell] + row for cell in AE_CELLS]


def test_named_csv_and_its_first_row(tmp_path):
    got = load(named_csv(tmp_path / "a.csv"))
    assert_golden(got)
    assert got.layer.tolist() == [9, 9] and got.wafer_u[0] == 3 and got.wafer_v[0] == -2
    assert got.wafer_type.tolist() == [1, 1] and not got.high_density.any()
    assert got.sim_energy.tolist() == [2.5, 2.5] and got.pileup.tolist() == [-1, -1]
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    assert_equal(got, load(packed))


def test_plain_csv_and_its_first_row(tmp_path):
    path = plain_csv(tmp_path / "a.csv")
    got = load(path, options=Options(place=PLACE))
    assert_golden(got)
    assert got.eta.tolist() == [1.75, 1.75] and got.layer.tolist() == [9, 9]
    with pytest.raises(BadInput, match=r"does not say which module.*--module LAYER,U,V,TYPE"):
        load(path)
    only_cells = tmp_path / "b.csv"
    only_cells.write_text("\n".join(",".join(f"{v}.0" for v in CALQ + row) for row in range(3)))
    assert_golden(load(only_cells, options=Options(place=PLACE)), 3)


def test_the_place_of_a_named_csv_without_such_columns_can_be_given(tmp_path):
    path = named_csv(tmp_path / "a.csv")
    lines = [line.rsplit(",", 6)[0] for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines))
    with pytest.raises(BadInput, match="column 'layer' is missing"):
        load(path)
    got = load(path, options=Options(place=PLACE))
    assert_golden(got)
    assert got.layer.tolist() == [9, 9] and got.wafer_v.tolist() == [-2, -2]


@pytest.mark.parametrize("cells", [48, 64])
def test_ntuple_of_events_with_lists_of_modules(tmp_path, cells):
    got = load(ntuple(tmp_path / "a.root", cells))
    assert_golden(got, 3)
    assert got.layer.tolist() == [9, 9, 11] and got.wafer_v.tolist() == [-2, -2, 5]
    assert got.high_density.tolist() == [False, False, True] and got.eta[2] == -2.5
    assert got.sim_energy.tolist() == [2.5, 7.5, 4.0] and got.source == "a.root"


def test_ntuple_with_events_without_modules(tmp_path):
    none = {f"wafer_CALQ{i}": ak.Array([[], [7], []]) for i in range(48)}
    none |= {f"wafer_{name}": ak.Array([[], [1], []]) for name in ("layer", "waferu", "waferv")}
    none |= {f"wafer_{name}": ak.Array([[], [2], []]) for name in ("wafertype", "eta", "simenergy")}
    got = load(tree_file(tmp_path / "an:odd [name].root", TREE, none))
    assert len(got) == 1 and got.calq.tolist() == [[7] * 48] and got.wafer_type[0] == 2
    with pytest.raises(BadInput, match="holds no modules"):
        load(tree_file(tmp_path / "a.root", TREE, {name: v[:1] for name, v in none.items()}))
    with pytest.raises(BadInput, match="holds no modules"):
        load(tree_file(tmp_path / "a.root", TREE, {name: v[:0] for name, v in none.items()}))


def test_ntuple_of_one_module_an_entry_and_of_other_names(tmp_path):
    numbers = {"layer": 9, "waferu": 3, "waferv": -2, "wafertype": 1}
    branches = {f"L1THGCAL_wafer_{name}": np.full(2, n) for name, n in numbers.items()}
    branches |= {f"L1THGCAL_wafer_CALQ_{i}": CALQ[i] + np.arange(2) for i in range(48)}
    tree_file(tmp_path / "a.root", "Events", branches)
    names = {key: f"L1THGCAL_wafer_{key}" for key in numbers}
    names |= {"calq": "L1THGCAL_wafer_CALQ_{}", "eta": "", "simenergy": ""}
    with pytest.raises(BadInput, match=r"tree 'HGCalTriggerNtuple': found Events,.*--tree"):
        load(tmp_path / "a.root")
    got = load(tmp_path / "a.root", options=Options(tree="Events", branches=names))
    assert_golden(got)
    assert got.sim_energy.tolist() == [0, 0]


@pytest.mark.parametrize("first", ["high", "low"])
def test_capture_of_input_words(tmp_path, first):
    codes = np.stack([np.arange(48), np.arange(48) + 64])
    path = capture(tmp_path / "a.csv", codes, first=first)
    got = load(path, "simulation", options=Options(place=PLACE, first_cell=first))
    # Low density: code 5 decodes to 2*5+1 = 11, code 8 = (e 1, m 0) to 17, code 64 = (8, 0) to
    # 2**11 + 2**7 = 2176.
    in_simulation_order = got.calq[:, np.argsort(AE_CELLS)]
    assert in_simulation_order[0, [0, 5, 8]].tolist() == [1, 11, 17]
    assert in_simulation_order[1, 0] == 2176
    other = load(path, "simulation", options=Options(place=PLACE, calibration=(0x400,) * 48,
                 first_cell=first, mux=tuple(range(47, -1, -1))))  # fmt: skip
    assert other.calq[0, AE_CELLS.index(42)] == 5  # channel 5, half of 11
    with pytest.raises(BadInput, match="does not say the order of its cells"):
        load(path, options=Options(place=PLACE))
    with pytest.raises(BadInput, match="does not say which module"):
        load(path, "ae")


def test_parquet_of_others_is_read_in_simulation_order(tmp_path):
    columns = {"SimEnergyTotal": [2.5, 2.5], "layer": [9, 9], "waferu": [3, 3], "waferv": [-2, -2]}
    columns |= {"HD_LD": [0, 0], "ModType": pa.array(["FM", "FM"]).dictionary_encode()}
    columns |= {f"CALQ_{i}": [float(CALQ[i]), float(CALQ[i] + 1)] for i in range(48)}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    got = load(tmp_path / "a.parquet")
    assert_golden(got)
    assert got.wafer_type.tolist() == [1, 1] and not got.high_density.any()


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
