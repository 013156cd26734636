"""Damaged model files never end in a traceback, a hang or an action; the watch itself works."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.campaigns.hdf5_server import served
from asicae.campaigns.record import Record
from asicae.network.importing import hdf5
from asicae.network.importing.hdf5 import CPU_SECONDS, MEMORY_BYTES
from tests.support.places import FIXTURES

SOUND = FIXTURES / "qkeras09" / "econ_t.h5"


@pytest.mark.slow
def test_120_damaged_files(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    command = [
        sys.executable,
        "-m",
        "asicae.campaigns.damaged_models",
        "--fixtures",
        str(FIXTURES),
        "--count",
        "120",
        "--seed",
        "7",
        "--out",
        str(record),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["violations"] == [], done.stdout + done.stderr
    assert found["imported"] + found["refused"] == 120
    stored = Record.load(record)
    assert stored.violations == found.pop("violations") and stored.figures == found
    # Neither all nor none: the damage reaches behind the first check, and some of it is harmless.
    assert found["imported"] > 4 and found["refused"] > 60


def test_the_watch_sees_what_must_not_happen(tmp_path: Path) -> None:
    program = f"""
import sys

import marshal, os, subprocess
from pathlib import Path
from asicae.campaigns import damaged_models as fuzz_import
inside, outside = Path({str(tmp_path / "inside")!r}), Path({str(tmp_path)!r})
inside.mkdir()
tally = fuzz_import.Tally()
fuzz_import.watch(inside, tally)
# Nothing of this is out of order.
open(inside / "a", "w").close()
os.close(os.open(inside / "b", os.O_WRONLY | os.O_CREAT))
os.rename(inside / "a", inside / "c")
os.remove(inside / "c")
open(fuzz_import.__file__).close()
os.close(os.open(outside, os.O_RDONLY))
print(len(tally.violations))
marshal.loads(marshal.dumps(1))
exec("1")
os.system("true")
subprocess.run(["true"])
open(outside / "owned", "w").close()
os.close(os.open(outside / "two", os.O_WRONLY | os.O_CREAT))
os.rename(inside / "b", outside / "three")
os.rename(outside / "three", inside / ".." / "four")
handle = os.open(outside, os.O_RDONLY)
os.remove("four", dir_fd=handle)
os.mkdir(inside / ".." / "five")
print("\\n".join(tally.violations))
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    allowed, *seen = done.stdout.splitlines()
    assert allowed == "0"
    words = ["marshal.loads", "exec", "os.system", "subprocess.Popen", "wrote .*owned"]
    words += ["wrote .*two", "os.rename .*three", "os.rename .*three", "os.rename .*four"]
    words += ["os.remove four", "os.mkdir .*five"]
    assert len(seen) == len(words) and all(map(re.search, words, seen)), seen


@pytest.mark.parametrize(
    "data",
    [SOUND.read_bytes(), b"no HDF5", SOUND.read_bytes()[:9000], b""],
    ids=["sound", "no HDF5", "cut short", "empty"],
)
def test_a_fork_answers_as_a_fresh_process(data: bytes) -> None:
    limits = [str(CPU_SECONDS), str(MEMORY_BYTES)]
    with served(lambda: False):
        # Twice: the first leaves nothing behind.
        forks = [hdf5.run_reader(limits, data) for _ in range(2)]
    fresh = hdf5.run_reader(limits, data)
    for fork in forks:
        assert (fork.returncode, fork.stdout, fork.stderr) == (
            *(fresh.returncode, fresh.stdout, fresh.stderr),
        )
