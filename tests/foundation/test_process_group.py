"""What a program has started ends with whoever wanted the program, however that ends."""

import contextlib
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from asicae.foundation.errors import CheckFailed
from asicae.foundation.process_group import run_group

PROGRAM = """
import os, subprocess, sys
from asicae.foundation.errors import CheckFailed
from asicae.foundation.process_group import end_with_starter
end_with_starter()
print("said", flush=True)
if sys.argv[1:]:
    child = subprocess.Popen(["sleep", "600"])
    with open(sys.argv[1] + ".new", "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    child.wait()
sys.exit(3)
"""
STARTER = f"""
import sys
from asicae.foundation.errors import CheckFailed
from asicae.foundation.process_group import run_group
run_group([sys.executable, "-c", {PROGRAM!r}, sys.argv[1]])
"""


def living(process: int) -> bool:
    """Whether it runs; one that has ended and that nobody has asked for yet does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_for(found: object) -> None:
    while not found():  # type: ignore[operator]
        threading.Event().wait(0.01)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_goes_on_without_its_starter(tmp_path: Path, by: signal.Signals) -> None:
    pids = tmp_path / "pids"
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(pids)], stderr=subprocess.DEVNULL
    ) as starter:
        wait_for(pids.exists)
        started = [int(word) for word in pids.read_text().split()]
        assert all(map(living, started))
        starter.send_signal(by)
    wait_for(lambda: not any(map(living, started)))


def test_a_program_ends_as_it_wants_to(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        assert run_group([sys.executable, "-c", PROGRAM], log) == 3
    assert (tmp_path / "log").read_text() == "said\n"


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = [sys.executable, "-c", PROGRAM, str(pids)]
    with pytest.raises(subprocess.TimeoutExpired):
        run_group(command, timeout=3)
    if pids.exists():  # else it was ended before it had begun
        wait_for(lambda: not any(map(living, map(int, pids.read_text().split()))))


def test_one_that_the_system_kills_is_named(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    with pytest.raises(CheckFailed, match=r"-c .*: was killed by the system"):
        run_group(program)
