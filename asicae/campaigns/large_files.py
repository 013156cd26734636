"""Streams much more data than memory holds through the command line, and measures it.

    python -m asicae.campaigns.large_files --gigabytes 20 --seed 1 --out docs/results/io.json

One CSV file of the given size is described and becomes one Parquet file; a part of its layers
becomes one ROOT file, one NPZ file and a CSV file again, which are described too. Every step is a
process of its own that reports its peak memory (VmHWM of Linux). Every number of modules is
compared with what went in, and every description with that of the same modules in another format.
Files are deleted when no step needs them any more. 20 GB of text are 135 million modules and take
about half an hour and 28 GB of disk.
"""

import argparse
import itertools
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from asicae.campaigns.record import record
from asicae.readout.conversion import save
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

PACKAGES = ("numpy", "uproot", "awkward", "pyarrow")
PEAK_LIMIT = 1 << 30
BASE_MODULES = 100_000
BLOCKS = 20
PART = 0.2  # of the modules, for the formats that take longest to write
DISK_SHARE = 1.4  # of the size of the text, for all files that exist at the same time
SPARE_BYTES = 2_000_000_000
FIGURES = "By layer"  # begins the table that depends on nothing but the modules
PROGRAM = """
from pathlib import Path
from asicae.cli.main import main
try:
    main()
finally:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(lines["VmHWM"].split()[0])
"""


@dataclass(frozen=True)
class Step:
    """One measured process.

    Attributes:
        name: command, format of the input and, of conversions, of the output.
        input_bytes: size of the file that is read.
        output_bytes: size of the file that is written, 0 if none is.
        modules: modules read.
        seconds: wall time with the start of Python.
        modules_per_s: modules read a second.
        megabytes_per_s: 10**6 bytes read a second.
        peak_bytes: largest resident memory.
        right: number of modules and figures are as expected.
    """

    name: str
    input_bytes: int
    output_bytes: int
    modules: int
    seconds: float
    modules_per_s: int
    megabytes_per_s: float
    peak_bytes: int
    right: bool


@dataclass(frozen=True)
class Text:
    """A large CSV file: blocks of rows in a drawn order.

    Attributes:
        header: first line.
        blocks: rows, each block ends with a newline.
        layers: layers of the modules of each block.
        order: numbers of the blocks.
    """

    header: bytes
    blocks: tuple[bytes, ...]
    layers: tuple[np.ndarray, ...]
    order: tuple[int, ...]

    def modules(self, first: int = 1, last: int = 200) -> int:
        """Modules in some layers."""
        counts = [int(((first <= here) & (here <= last)).sum()) for here in self.layers]
        return sum(counts[block] for block in self.order)

    def part(self) -> int:
        """The last layer of the first ones that hold at least ``PART`` of the modules."""
        enough = PART * self.modules()
        return next(last for last in range(1, 201) if self.modules(1, last) >= enough)

    def write(self, path: Path) -> None:
        """Block after block."""
        with path.open("wb") as stream:
            stream.write(self.header)
            for block in self.order:
                stream.write(self.blocks[block])


def main() -> int:
    """Run every step; 1 where one is wrong, 2 without the disk for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=20.0, help="of text")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        free = shutil.disk_usage(folder).free
        needed = round(chosen.gigabytes * 1e9 * DISK_SHARE) + SPARE_BYTES
        if free < needed:
            print(f"{folder}: {free} bytes are free, {needed} are needed", file=sys.stderr)
            return 2
        text = made_text(folder, chosen.gigabytes, chosen.seed)
        steps = list(measured(folder, text))
    failed = [f"{step.name}: {wrong}" for step in steps if (wrong := violation(step))]
    asked = {"gigabytes": chosen.gigabytes, "peak_limit_bytes": PEAK_LIMIT}
    found = {"steps": [asdict(step) for step in steps]}
    record(chosen.seed, asked, found, packages=PACKAGES, violations=failed).save(chosen.out)
    print(f"{chosen.out}: {'; '.join(failed) or 'passed'}")
    return 1 if failed else 0


def made_text(folder: Path, gigabytes: float, seed: int) -> Text:
    """So many gigabytes of drawn modules."""
    base = simulate(SourceSettings(events=BASE_MODULES, seed=seed))
    with tempfile.TemporaryDirectory(dir=folder) as apart:
        path = save(base, Path(apart) / "base.csv")
        header, *rows = path.read_bytes().splitlines(keepends=True)
    cuts = np.linspace(0, len(rows), BLOCKS + 1).astype(int).tolist()
    blocks = tuple(b"".join(rows[a:b]) for a, b in itertools.pairwise(cuts))
    layers = tuple(base.layer[a:b] for a, b in itertools.pairwise(cuts))
    mean = sum(map(len, blocks)) / BLOCKS
    count = max(1, round(gigabytes * 1e9 / mean))
    order = np.random.default_rng(seed).integers(0, BLOCKS, count)
    return Text(header, blocks, layers, tuple(order.tolist()))


def measured(folder: Path, text: Text) -> Iterator[Step]:
    """All steps, in order; each is told as it ends."""
    every, last = text.modules(), text.part()
    some = text.modules(1, last)
    whole, parquet = folder / "whole.csv", folder / "whole.parquet"
    root, npz, again = (folder / f"part.{ending}" for ending in ("root", "npz", "csv"))
    selected = ("--layers", f"1-{last}")
    text.write(whole)
    step, figures = described(whole, every)
    yield step
    yield converted(whole, parquet, every, every)
    whole.unlink()
    yield described(parquet, every, figures)[0]
    yield converted(parquet, root, every, some, *selected)
    step, figures = described(root, some)
    yield step
    root.unlink()
    yield converted(parquet, npz, every, some, *selected)
    parquet.unlink()
    yield described(npz, some, figures)[0]
    yield converted(npz, again, some, some)
    yield described(again, some, figures)[0]


def described(path: Path, modules: int, figures: str | None = None) -> tuple[Step, str]:
    """A description, which must have the figures if they are given, and its figures."""
    seconds, peak, output = process("describe", str(path))
    said = re.search(r"^ *modules +([\d,]+) *$", output, re.MULTILINE)
    found = output[output.find(FIGURES) :]
    right = said is not None and int(said[1].replace(",", "")) == modules
    right &= FIGURES in output and figures in (None, found)
    name = f"describe {path.suffix[1:]}, {path.stem}"
    return step_of(name, path, None, modules, seconds, peak, right), found


def converted(path: Path, out: Path, modules: int, left: int, *selected: str) -> Step:
    """A conversion of so many modules, of which some are left by the selection."""
    seconds, peak, output = process("convert", str(path), "-o", str(out), *selected)
    name = f"convert {path.suffix[1:]} to {out.suffix[1:]}"
    right = output.endswith(f": {left} modules")
    return step_of(name, path, out, modules, seconds, peak, right)


def step_of(
    name: str, path: Path, out: Path | None, modules: int, seconds: float, peak: int, right: bool
) -> Step:
    """The record of a step, printed."""
    size, written = path.stat().st_size, out.stat().st_size if out else 0
    rates = (round(modules / seconds), round(size / seconds / 1e6, 1))
    step = Step(name, size, written, modules, round(seconds, 1), *rates, peak, right)
    print(step, flush=True)
    return step


def process(*words: str) -> tuple[float, int, str]:
    """Seconds, peak memory in bytes and output of one command."""
    begin = time.perf_counter()
    line = [sys.executable, "-c", PROGRAM, "data", *words]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"asicae data {' '.join(words)}: exit code {done.returncode}")
    output, _, peak = done.stdout.strip().rpartition("\n")
    return time.perf_counter() - begin, int(peak) * 1024, output.strip()


def violation(step: Step) -> str:
    """What is wrong with a step, "" where it is right and in bounded memory."""
    if not step.right:
        return "other modules or figures than went in"
    return "" if step.peak_bytes < PEAK_LIMIT else f"{step.peak_bytes} bytes of memory"


if __name__ == "__main__":
    sys.exit(main())
