"""Files of every format in which the charge of a cell tells its number."""

import awkward as ak
import numpy as np
import uproot

from asicae.readout.options import Place
from tests.readout.made_up_readouts import (
    AE_CELLS,
    AE_PIXELS,
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
