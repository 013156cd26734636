"""Which modules are kept."""

import awkward as ak
import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module.link_map import links_of
from asicae.readout.reading import stream
from asicae.readout.readouts import concatenate
from asicae.readout.selection import Selection, selection_from
from tests.readout.made_up_files import tree
from tests.readout.made_up_readouts import (
    assert_equal,
    readouts,
    written,
)


def at(readouts, u, v):
    return (readouts.wafer_u == u) & (readouts.wafer_v == v)


SELECTIONS = {
    "layers": (selection_from("5,7-9"), lambda r: np.isin(r.layer, [5, 7, 8, 9])),
    "wafer": (selection_from(wafers=["3,-2", "0,1"]), lambda r: at(r, 3, -2) | at(r, 0, 1)),
    "types": (selection_from(wafer_types="0-1"), lambda r: r.wafer_type < 2),
    "HD": (selection_from(density="HD"), lambda r: r.high_density),
    "class": (
        selection_from(module_class="quiet"),
        lambda r: (links_of(r.layer, r.wafer_u, r.wafer_v) == 2) & ~at(r, 0, 0),
    ),
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
