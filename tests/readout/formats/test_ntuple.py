"""ROOT n-tuples: golden files of events, of entries, with other names."""

import awkward as ak
import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.options import (
    Options,
)
from asicae.readout.reading import load
from tests.readout.golden_files import CALQ, TREE, assert_golden, ntuple, tree_file


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
