"""Files of readouts with one thing wrong."""

import io
import zipfile

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot

from asicae.readout.parsing.recorded import LAYOUT
from tests.readout.made_up_readouts import FIELDS, readouts, written

ROWS = 20


def named(path, column, text, row=11):
    """A named CSV whose data row (from 0) has another text in one column."""
    lines = [line.split(",") for line in written(readouts(ROWS), path).read_text().splitlines()]
    lines[row + 1][lines[0].index(column)] = text
    path.write_text("\n".join(",".join(line) for line in lines) + "\n")
    return path


def rows_of_text(path, header, rows, bad_row, bad):
    lines = [header] if header else []
    lines += [bad if row == bad_row else good for row, good in enumerate(rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def plain(path, bad):
    return rows_of_text(path, "", [",".join(["5"] * 57)] * ROWS, 11, bad)


WORDS = ",".join(f"ePortRxDataGroup_{port}" for port in range(12))


def capture(path, bad):
    return rows_of_text(path, WORDS, [",".join(["7"] * 12)] * ROWS, 11, bad)


def tree(path, single=False, **changed):
    """An n-tuple of 10 events of two modules; a changed branch has the given values.

    With ``single`` of 20 entries of plain numbers, one module each.
    """
    values = {"layer": 5, "waferu": 1, "waferv": 2, "wafertype": 0, "eta": 2.0, "simenergy": 1.0}
    values |= {f"CALQ{cell}": 3 for cell in range(64)} | {f"CALQ{p}": 0 for p in range(36, 40)}
    values |= {f"CALQ{p + 8 * r}": 0 for p in range(36, 40) for r in range(4)}
    counts = np.full(10, 2)
    floats = ("eta", "simenergy")
    branches = {
        f"wafer_{name}": ak.unflatten(
            np.full(20, value, np.float64 if name in floats else np.int64), counts
        )
        for name, value in values.items()
    }
    branches |= {f"wafer_{name}": value for name, value in changed.items() if value is not None}
    for name in [name for name, value in changed.items() if value is None]:
        del branches[f"wafer_{name}"]
    if single:
        branches = {name: ak.to_numpy(ak.flatten(value)) for name, value in branches.items()}
    with uproot.recreate(path) as file:
        types = {k: v.type if isinstance(v, ak.Array) else v.dtype for k, v in branches.items()}
        file.mktree("d/HGCalTriggerNtuple", types)
        file["d/HGCalTriggerNtuple"].extend(branches)
    return path


def lists(row, value, dtype=np.int64, usual=3):
    """20 values in 10 lists of two, of which one is different."""
    flat = np.full(20, usual, dtype)
    flat[row] = value
    return ak.unflatten(flat, np.full(10, 2))


def parquet(path, **changed):
    table = pq.read_table(written(readouts(ROWS), path))
    for name, values in changed.items():
        place = table.schema.get_field_index(name)
        column = table[name].to_pylist()
        column[11] = values
        table = table.set_column(place, name, pa.array(column))
    pq.write_table(table, path)
    return path


def npz(path, **changed):
    ours = readouts(ROWS)
    arrays = {name: getattr(ours, name).copy() for name in FIELDS}
    arrays |= {"format": np.array(LAYOUT), "source": np.array("")}
    arrays |= {"cell_order": np.array("ae")} | changed
    np.savez(path, **{name: values for name, values in arrays.items() if values is not None})
    return path


def changed_calq(value):
    calq = readouts(ROWS).calq.copy()
    calq[11, 7] = value
    return calq


def changed_density():
    """Density of the modules, of which the first dense one is not dense any more."""
    density = readouts(ROWS).high_density.copy()
    density[np.argmax(density)] = False
    return density


def header_only(path, names):
    path.write_text(f"{names}\n1\n")


def broken(path, cut=None, start=None):
    """``path`` written, then cut off or with other first bytes."""
    data = written(readouts(3000), path).read_bytes()
    path.write_bytes((start or b"") + data[len(start or b"") : cut])


def overwritten(path, where):
    """``path`` written, then zeros over some bytes."""
    data = bytearray(written(readouts(3000), path).read_bytes())
    data[where] = bytes(len(data[where]))
    path.write_bytes(data)


def replaced(path, old, new):
    """``path`` written, with some bytes replaced by as many others."""
    data = written(readouts(3), path).read_bytes()
    assert old in data and len(old) == len(new)
    path.write_bytes(data.replace(old, new))


def member(path, name, data, size=None):
    """An NPZ with one member replaced by raw bytes."""
    npz(path)
    with zipfile.ZipFile(path) as archive:
        content = {entry: archive.read(entry) for entry in archive.namelist()}
    content[f"{name}.npy"] = data
    with zipfile.ZipFile(path, "w") as archive:
        for entry, value in content.items():
            archive.writestr(entry, value)


def bare_name(path, name):
    """An NPZ with one member whose name lacks its ending."""
    npz(path)
    with zipfile.ZipFile(path) as archive:
        content = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, value in content.items():
            archive.writestr(name if entry == f"{name}.npy" else entry, value)


def array(values):
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    return buffer.getvalue()
