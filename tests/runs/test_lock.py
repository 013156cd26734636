"""One writer a run folder, and how a command that is stopped says how to go on."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.runs.lock import alone_in
from tests.support.command_line import call
from tests.support.other_user import open_place, said_by_other
from tests.support.stand_in_run import finished, use_stand_ins

HOLDS = """
import sys, time
from pathlib import Path
from asicae.runs.lock import alone_in
with alone_in(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_stand_ins(monkeypatch)
    return finished(tmp_path / "run").path


def test_a_second_writer_is_refused_until_the_first_is_dead(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(run)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    capsys.readouterr()
    commands = ("run", "evaluate", "report", "estimate", "verify", "check")
    for words in (*((name, run) for name in commands), ("weights", "adopt", run, "w.npz")):
        assert call(*words) == 2
        said = capsys.readouterr().err
        assert said == (
            f"asicae: {run}: process {holder.pid} on {os.uname().nodename} is at work in it\n"
        )
    holder.kill()
    holder.wait()
    holder.stdout.close()
    dead = run / "stages" / ".x.json.0123456789ab.part"
    dead.write_text("of a process that is dead")
    assert call("report", run) == 0
    assert not dead.exists()
    assert sorted(path.name for path in run.parent.iterdir()) == ["run"]


@contextlib.contextmanager
def held(run: Path) -> Iterator[int]:
    """The number of a process that is at work in a run."""
    command = [sys.executable, "-c", HOLDS, str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        try:
            yield holder.pid
        finally:
            holder.kill()


def in_the_way(lock: Path) -> None:
    lock.mkdir()


def elsewhere(lock: Path) -> None:
    lock.symlink_to(lock.parent / "nowhere" / "at all")


@pytest.mark.parametrize("change", [in_the_way, elsewhere])
def test_one_writer_where_there_can_be_no_file_beside(
    run: Path, change: Callable[[Path], None]
) -> None:
    change(run.parent / f".{run.name}.lock")
    for _ in range(2):  # and what cannot be removed is no lock
        with held(run), pytest.raises(BadInput, match="another process is at work"), alone_in(run):
            pass
        with alone_in(run):
            pass


OTHER = """
import sys
from pathlib import Path
from asicae.foundation.errors import BadInput
from asicae.runs.lock import alone_in
# then
try:
    with alone_in(Path(sys.argv[1])):
        print("alone")
except BadInput as error:
    print(error)
"""


def test_the_lock_of_another_user_holds() -> None:
    with open_place() as place:
        (place / "run").mkdir()
        with held(place / "run") as holder:
            assert f"process {holder} on" in said_by_other(OTHER, place / "run")
        # The file of the one that is dead cannot be removed by others.
        assert said_by_other(OTHER, place / "run") == "alone\n"


def test_a_full_disk_takes_no_lock_away(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("asicae.runs.lock.os.write", full)
    with alone_in(run), pytest.raises(BadInput, match="is at work in it"), alone_in(run):
        pass
    assert [path.name for path in run.parent.iterdir()] == [run.name]


def test_other_names_of_a_folder_are_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "link").symlink_to("run")
    monkeypatch.chdir(tmp_path / "run")
    with alone_in(tmp_path / "run"):
        for name in (Path(), tmp_path / "link", Path("../run")):
            with pytest.raises(BadInput, match="is at work in it"), alone_in(name):
                pass
    with alone_in(Path()):
        pass


def test_stopped_by_the_user_a_command_says_how_to_go_on(run: Path, tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import signal, sys, threading
        from asicae.cli import main
        from asicae.runs.job import Job
        # Whoever starts the tests in the background of a shell ignores it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        def stopped(*_):
            signal.raise_signal(signal.SIGINT)
            threading.Event().wait()  # Python acts on a signal when it next looks
        Job.open = stopped
        from asicae.chip.weight_files import files
        files.pack_file = stopped
        sys.argv = ["asicae", *sys.argv[1:]]
        main.main()
    """)
    for words, on in (
        (["report", str(run)], f"asicae run {run}"),
        (["weights", "pack", "a b.npz", "-o", "x"], "asicae weights pack 'a b.npz' -o x"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ,
            check=False,
        )
        assert done.returncode == 128 + signal.SIGINT
        assert done.stderr == f"asicae: interrupted; go on with: {on}\n"
    assert call("check", run) == 0


def test_a_run_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    assert call("report", tmp_path / "no" / "where" / "run") == 2
    assert list(tmp_path.iterdir()) == []


def test_memory_that_runs_out_is_one_line(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def greedy(*given: object) -> None:
        raise MemoryError("Unable to allocate 8 TiB")

    monkeypatch.setattr("asicae.runs.job.Job.open", greedy)
    assert call("report", run) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "asicae: out of memory (Unable to allocate 8 TiB)"
    )
