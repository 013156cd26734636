"""Streams much more data than memory holds through the command line, and measures it.

    python benchmarks/io_campaign.py --gigabytes 20 --seed 1 --out docs/results/io.json

Text comes through a pipe, so that no large file is needed; the binary formats are a set of links to
one file, read as one input. Every step is a process of its own that reports its peak memory
(VmHWM of Linux), and every number of modules is compared with what went in.
"""

import argparse
import importlib.metadata
import itertools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from asicae import __version__
from asicae.files import write_json
from asicae.readout.conversion import convert
from asicae.readout.formats.named_csv import write_named_csv
from asicae.readout.source import SourceSettings, simulate

PEAK_LIMIT = 1 << 30
RATE_LIMIT = 100_000  # modules a second, for CSV and ROOT
BASE_MODULES = 100_000
BLOCKS = 20
SELECTED = "5"
FREE_BYTES = 5_000_000_000
PROGRAM = """
from pathlib import Path
from asicae.cli import main
try:
    main()
finally:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(lines["VmHWM"].split()[0])
"""
PACKAGES = ("numpy", "uproot", "awkward", "pyarrow")


@dataclass(frozen=True)
class Step:
    """One measured process."""

    name: str
    input_bytes: int
    modules: int
    seconds: float
    modules_per_s: float
    megabytes_per_s: float
    peak_bytes: int
    right: bool


@dataclass(frozen=True)
class Text:
    """The text that goes through the pipe: blocks of rows in a drawn order."""

    header: bytes
    blocks: tuple[bytes, ...]
    order: tuple[int, ...]

    @property
    def size(self) -> int:
        return len(self.header) + sum(len(self.blocks[block]) for block in self.order)

    def modules(self, layer: str | None = None) -> int:
        counts = [self._rows(block, layer) for block in range(BLOCKS)]
        return sum(counts[block] for block in self.order)

    def _rows(self, block: int, layer: str | None) -> int:
        lines = self.blocks[block].split(b"\n")[:-1]
        column = self.header.decode().strip().split(",").index("layer")
        return sum(layer is None or line.split(b",")[column].decode() == layer for line in lines)

    def feed(self, pipe: Path) -> None:
        with pipe.open("wb") as stream:
            stream.write(self.header)
            for block in self.order:
                stream.write(self.blocks[block])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=20.0, help="of text, in each step")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs/results/io.json"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        free = shutil.disk_usage(folder).free
        if free < FREE_BYTES:
            print(f"{folder}: {free} bytes are free, {FREE_BYTES} are needed", file=sys.stderr)
            return 2
        base = simulate(SourceSettings(events=BASE_MODULES, seed=chosen.seed))
        text = made_text(write_named_csv(base, folder / "base.csv"), chosen)
        steps = list(measured(folder, text))
    passed = all(step.right and step.peak_bytes < PEAK_LIMIT for step in steps)
    passed &= all(
        step.modules_per_s >= RATE_LIMIT
        for step in steps
        if step.name.split()[1] in ("csv", "root")
    )
    write_json(chosen.out, record(chosen, steps, passed))
    print(f"{chosen.out}: {'passed' if passed else 'FAILED'}")
    return 0 if passed else 1


def made_text(path: Path, chosen: argparse.Namespace) -> Text:
    header, *rows = path.read_bytes().splitlines(keepends=True)
    cuts = np.linspace(0, len(rows), BLOCKS + 1).astype(int)
    blocks = tuple(b"".join(rows[a:b]) for a, b in itertools.pairwise(cuts))
    mean = sum(map(len, blocks)) / BLOCKS
    count = max(1, round(chosen.gigabytes * 1e9 / mean))
    order = np.random.default_rng(chosen.seed).integers(0, BLOCKS, count)
    return Text(header, blocks, tuple(order.tolist()))


def measured(folder: Path, text: Text) -> list[Step]:
    """All steps, in order; each is reported as it ends."""
    pipe = folder / "pipe.csv"
    os.mkfifo(pipe)
    out = folder / "selected.parquet"
    steps = []

    def run(name: str, size: int, modules: int, said: int, words: list[str]) -> None:
        feeder = threading.Thread(target=text.feed, args=(pipe,), daemon=True)
        if str(pipe) in words:
            feeder.start()
        seconds, peak, output = process(words)
        right = f"{said:,}" in output or f" {said} modules" in output
        rates = (round(modules / seconds), round(size / seconds / 1e6, 1))
        steps.append(Step(name, size, modules, round(seconds, 1), *rates, peak, right))
        print(steps[-1], flush=True)

    modules = text.modules()
    run("describe csv", text.size, modules, modules, ["describe", str(pipe)])
    words = ["convert", str(pipe), "-o", str(out), "--layers", SELECTED]
    run("convert csv to parquet", text.size, modules, text.modules(SELECTED), words)
    for ending in (".root", ".parquet", ".npz"):
        part = convert(folder / "base.csv", folder / f"part{ending}").out
        links = max(1, round(modules / BASE_MODULES))
        (folder / ending).mkdir()
        for number in range(links):
            (folder / ending / f"{number:06d}{ending}").symlink_to(part)
        size, total = part.stat().st_size * links, BASE_MODULES * links
        glob = str(folder / ending / f"*{ending}")
        run(f"describe {ending[1:]}", size, total, total, ["describe", glob])
    return steps


def process(words: list[str]) -> tuple[float, int, str]:
    """Seconds, peak memory in bytes and output of one command."""
    begin = time.perf_counter()
    line = [sys.executable, "-c", PROGRAM, "data", *words]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"asicae data {' '.join(words)}: exit code {done.returncode}")
    output, _, peak = done.stdout.strip().rpartition("\n")
    return time.perf_counter() - begin, int(peak) * 1024, output


def record(chosen: argparse.Namespace, steps: list[Step], passed: bool) -> dict[str, object]:
    return {
        "command_line": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "seed": chosen.seed,
        "gigabytes": chosen.gigabytes,
        "peak_limit_bytes": PEAK_LIMIT,
        "rate_limit_modules_per_s": RATE_LIMIT,
        "passed": passed,
        "steps": [asdict(step) for step in steps],
        "asicae": __version__,
        "python": platform.python_version(),
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


if __name__ == "__main__":
    sys.exit(main())
