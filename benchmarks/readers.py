"""Modules per second of every reader and writer, beside plain ways to get the same numbers.

python -m benchmarks.readers [--out readers.json]
"""

import argparse
import csv
import gzip
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import uproot

from asicae.campaigns.record import record
from asicae.readout.conversion import convert
from asicae.readout.options import Options, Place
from asicae.readout.reading import load, stream
from asicae.readout.readouts import Readouts, concatenate
from tests.support.places import SAMPLE

PACKAGES = ("numpy", "uproot", "awkward", "pyarrow")

MODULES = 300_000
SLOW_MODULES = 30_000  # for ways that take seconds
PLACE = Options(place=Place(9, 3, -2, 1), order="simulation")
CELLS = range(1, 49)  # columns of the sample that hold the cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the words of the capture")
    parser.add_argument("--out", type=Path, help="record of the rates, JSON")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_inputs(folder, chosen.seed)
        rows = [*readers(folder), *writers(folder)]
    print(f"{'':34}{'modules/s':>12}   of the kit")
    own = 1.0
    for label, rate in rows:
        own = rate if not label.startswith(" ") else own
        print(f"{label:34}{rate:12,.0f}   x{rate / own:.2f}")
    if chosen.out:
        rates = {label.strip(): round(rate) for label, rate in rows}
        asked = {"baselines": "plain ways to read and write the same numbers"}
        record(chosen.seed, asked, {"modules_per_s": rates}, packages=PACKAGES).save(chosen.out)


def make_inputs(folder: Path, seed: int) -> None:
    """The sample over and over in every format."""
    header, rows = SAMPLE.read_bytes().split(b"\n", 1)
    for stem, modules in (("few", SLOW_MODULES), ("many", MODULES)):
        repeats = modules // rows.count(b"\n")
        (folder / f"{stem}.csv").write_bytes(header + b"\n" + rows * repeats)
    for ending in (".csv.gz", ".npz", ".parquet", ".root"):
        convert(folder / "many.csv", folder / f"many{ending}")
    words = np.random.default_rng(seed).integers(0, 1 << 28, (MODULES, 12))
    names = ",".join(f"ePortRxDataGroup_{port}" for port in range(12))
    np.savetxt(folder / "capture.csv", words, "%d", ",", header=names, comments="")
    calq = load(folder / "few.csv").calq
    plain = np.hstack([np.tile(calq, (MODULES // len(calq), 1)), np.ones((MODULES, 9), int)])
    np.savetxt(folder / "plain.csv", plain, "%d", ",")


def rate(function: Callable[[], int]) -> float:
    """Modules a second of the best of three runs."""
    best = 0.0
    for _ in range(3):
        begin = time.perf_counter()
        modules = function()
        best = max(best, modules / (time.perf_counter() - begin))
    return best


def ours(path: Path, options: Options | None = None) -> Callable[[], int]:
    return lambda: sum(len(part) for part in stream(path, options))


def readers(folder: Path) -> list[tuple[str, float]]:
    few, many = folder / "few.csv", folder / "many.csv"
    return [
        ("read CSV", rate(ours(many))),
        ("  numpy.loadtxt, 48 cells", rate(lambda: len(np.loadtxt(few, int, delimiter=",",
                                                skiprows=1, usecols=CELLS)))),
        ("  csv module, 48 cells", rate(lambda: by_csv_module(few))),
        ("read CSV, gzip", rate(ours(folder / "many.csv.gz"))),
        ("  decompression only", rate(lambda: decompressed(folder / "many.csv.gz"))),
        ("read CSV without header", rate(ours(folder / "plain.csv", PLACE))),
        ("read capture", rate(ours(folder / "capture.csv", PLACE))),
        ("read ROOT", rate(ours(folder / "many.root"))),
        ("  uproot raw arrays", rate(lambda: by_uproot(folder / "many.root"))),
        ("read Parquet", rate(ours(folder / "many.parquet"))),
        ("  pyarrow table", rate(lambda: pq.read_table(folder / "many.parquet").num_rows)),
        ("read NPZ", rate(ours(folder / "many.npz"))),
        ("  numpy.load", rate(lambda: by_numpy(folder / "many.npz"))),
    ]  # fmt: skip


def writers(folder: Path) -> list[tuple[str, float]]:
    readouts = concatenate(list(stream(folder / "many.npz")))
    rows = []
    for ending in (".csv", ".csv.gz", ".root", ".parquet", ".npz"):
        out = folder / f"out{ending}"
        rows.append((f"write {ending}", rate(lambda out=out: written(folder / "many.npz", out))))
        if ending == ".csv":
            few = readouts.select(slice(0, SLOW_MODULES))
            rows.append(
                ("  numpy.savetxt, 48 cells", rate(lambda few=few: by_savetxt(few, folder)))
            )
        if ending == ".npz":
            rows.append(("  numpy.savez_compressed", rate(lambda: by_savez(readouts, folder))))
    return rows


def written(path: Path, out: Path) -> int:
    """Reading the NPZ file, more than ten times faster than any writer, is part of it."""
    return convert(path, out, force=True).modules


def by_csv_module(path: Path) -> int:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return len(np.array([[int(row[cell]) for cell in CELLS] for row in rows]))


def decompressed(path: Path) -> int:
    with gzip.open(path) as file:
        while file.read(1 << 22):
            pass
    return MODULES


def by_uproot(path: Path) -> int:
    with uproot.open(path) as file:
        tree = file["HGCalTriggerNtuple"]
        for step in tree.iterate(filter_name="wafer_*", step_size="24 MB", library="ak"):
            assert len(step.fields) > 64
        return int(tree.num_entries)


def by_numpy(path: Path) -> int:
    with np.load(path) as arrays:
        return max(len(arrays[name]) for name in arrays if arrays[name].ndim)


def by_savetxt(readouts: Readouts, folder: Path) -> int:
    np.savetxt(folder / "savetxt.csv", readouts.calq, "%d", ",")
    return len(readouts)


def by_savez(readouts: Readouts, folder: Path) -> int:
    np.savez_compressed(folder / "savez.npz", calq=readouts.calq)
    return len(readouts)


if __name__ == "__main__":
    main()
