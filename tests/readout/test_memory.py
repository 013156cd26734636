"""Files larger than memory: 500 MB of text, and the other formats, in a bounded footprint."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.readout.made_up_readouts import readouts, written
from tests.support.places import SAMPLE

pytestmark = pytest.mark.slow

LIMIT = 1 << 30
# Peak memory is that of a process, so the file is read in one of its own. What getrusage reports
# includes the parent at the time of the fork, hence the kernel's figure where there is one.
PROGRAM = """
import resource, sys
from pathlib import Path
from asicae.readout.conversion import convert
from asicae.readout.reading import stream
out, *paths = sys.argv[1:]
if out:
    modules = convert(paths, Path(out), chunk=20_000).modules
else:
    modules = sum(len(part) for part in stream(paths))
status = Path("/proc/self/status")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if status.exists():
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    peak = int(lines["VmHWM"].split()[0])
print(modules, peak * 1024)
"""


def measured(*paths: Path, out: Path | None = None) -> tuple[int, int]:
    """Modules and peak memory in bytes of a process that streams ``paths``, or converts them."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(out or ""), *map(str, paths)],
        check=True,
        capture_output=True,
        text=True,
    )
    modules, peak = map(int, done.stdout.split())
    return modules, peak


def test_half_a_gigabyte_of_text_streams_in_bounded_memory(tmp_path):
    header, rows = SAMPLE.read_bytes().split(b"\n", 1)
    repeats = 500_000_000 // len(rows)
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.write(header + b"\n")
        for _ in range(repeats):
            stream.write(rows)
    size = path.stat().st_size
    try:
        modules, peak = measured(path)
    finally:
        path.unlink()
    assert size > 499_000_000 and modules == repeats * rows.count(b"\n")
    assert peak < LIMIT // 2, f"{peak} bytes"


@pytest.mark.parametrize("ending", [".npz", ".parquet", ".root"])
def test_memory_does_not_grow_with_the_file(tmp_path, ending):
    """Neither that of the writer nor that of the reader."""
    part = readouts(20_000)
    sparse = dataclasses.replace(part, calq=np.where(np.arange(48) < 5, part.calq, 0))
    parts = [written(sparse, tmp_path / "part0.npz")]
    for number in range(1, 30):
        parts.append(tmp_path / f"part{number}.npz")
        parts[-1].hardlink_to(parts[0])
    small, large = (tmp_path / f"{name}{ending}" for name in ("small", "large"))
    for few, many in (
        (measured(*parts[:2], out=small), measured(*parts, out=large)),
        (measured(small), measured(large)),
    ):
        assert (few[0], many[0]) == (40_000, 600_000)
        assert many[1] < LIMIT and many[1] - few[1] < 250 << 20, f"{few[1]} -> {many[1]} bytes"
