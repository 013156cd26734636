"""Files and folders under a process that is killed at any change of a name: the old or the new.

Afterwards the next one finds what it needs, ends as if nothing had happened, and leaves nothing.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from asicae.foundation.folders import draft, output_folder
from asicae.foundation.temporaries import remove_dead_in, temporary_file, temporary_folder
from tests.support.kills import at_every_change, killed_at, memory_folder

OLD = {"a": "old", "b/c": "old", "b/gone": "old", "d/e/f": "same"}
NEW = {"a": "new", "b/c": "new", "g/h": "new", "d/e/f": "same"}
PROGRAMS = {
    "draft": """
with draft(path) as work:
    (work / "b" / "gone").unlink()
    for name, text in NEW.items():
        write_text(work / name, text)
""",
    "output_folder": """
with output_folder(path, force=True) as work:
    for name, text in NEW.items():
        write_text(work / name, text)
""",
}
HEAD = """
import os, sys
from pathlib import Path
from asicae.foundation.files import write_text
from asicae.foundation.folders import draft, output_folder
NEW = {new!r}
path = Path(sys.argv[1])
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as made:
        yield made


def program(body: str, path: Path) -> list[str]:
    return [sys.executable, "-c", HEAD.format(new=NEW) + body, str(path)]


def content(place: Path) -> dict[str, str]:
    """Texts of all files, also hidden ones, by relative path."""
    files = (path for path in place.rglob("*") if path.is_file())
    return {str(path.relative_to(place)): path.read_text() for path in files}


def visible(folder: Path) -> dict[str, str]:
    return {name: text for name, text in content(folder).items() if not name.startswith(".")}


def make(folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.build
@pytest.mark.parametrize("plain", [False, True], ids=["exchange", "journal"])
@pytest.mark.parametrize("body", PROGRAMS.values(), ids=PROGRAMS)
def test_a_folder_is_the_old_or_the_new(folder: Path, body: str, plain: bool) -> None:
    path, seen = folder / "place" / "run", set()

    def begin() -> None:
        make(folder / "place", {})
        make(path, OLD)

    def check(at: int) -> None:
        if not plain:  # in one step, also for those who look without the kit
            assert visible(path) in (OLD, NEW), at
        with draft(path):
            found = content(path)
            seen.add(found == NEW)
            assert {n: t for n, t in found.items() if not n.startswith(".run.")} in (OLD, NEW), at
        assert [entry.name for entry in path.parent.iterdir()] == ["run"], at

    kills = at_every_change(program(body, path), folder / "place", begin, check, plain)
    assert kills >= 10 and seen == {False, True}


@pytest.mark.build
def test_where_one_stands_the_folder_stays(folder: Path) -> None:
    path = folder / "run"
    body = "before = os.stat('.').st_ino\nos.chdir(path)\npath = Path('.')\n" + PROGRAMS["draft"]
    inode: set[int] = set()

    def begin() -> None:
        make(path, OLD)
        inode.add(path.stat().st_ino)

    def check(at: int) -> None:
        assert path.stat().st_ino in inode
        with draft(path):
            pass
        assert content(path) in (OLD, NEW), at

    assert at_every_change(program(body, path), path, begin, check) >= 10
    assert content(path) == NEW


@pytest.mark.build
@pytest.mark.parametrize("old", [None, "old"])
def test_a_file_is_the_old_or_the_new(folder: Path, old: str | None) -> None:
    path = folder / "place" / "deep" / "file"
    command = program("write_text(path, 'new')", path)

    def begin() -> None:
        make(folder / "place", {} if old is None else {"deep/file": old})

    def check(at: int) -> None:
        assert (path.read_text() if path.exists() else None) in (old, "new"), at
        assert not killed_at(command, folder, 0)
        assert content(folder) == {"place/deep/file": "new"}

    assert at_every_change(command, folder / "place", begin, check) >= 1


@pytest.mark.build
@pytest.mark.parametrize("make_one", [temporary_file, temporary_folder])
def test_the_work_of_a_living_process_stays(folder: Path, make_one: Any) -> None:
    path = folder / "out"
    with make_one(path) as temporary:
        command = program("write_text(path, 'theirs')", path)
        assert not killed_at(command, folder, 0)
        assert temporary.exists() and path.read_text() == "theirs"
    assert [entry.name for entry in folder.iterdir()] == ["out"]


@pytest.mark.parametrize("make_one", [temporary_file, temporary_folder])
@pytest.mark.parametrize(("module", "call"), [(os, "open"), (fcntl, "flock")])
def test_work_that_is_taken_for_dead_before_its_lock_is_begun_again(
    module: ModuleType,
    call: str,
    make_one: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = getattr(module, call)

    def swept(*arguments: Any) -> Any:
        if any(tmp_path.iterdir()):
            monkeypatch.setattr(module, call, first)
            remove_dead_in(tmp_path)
            assert not any(tmp_path.iterdir())
        return first(*arguments)

    monkeypatch.setattr(module, call, swept)
    with make_one(tmp_path / "out") as temporary:
        assert temporary.exists()
        assert getattr(module, call) is first
    assert not any(tmp_path.iterdir())


def test_what_fails_leaves_the_old(folder: Path) -> None:
    make(folder / "run", OLD)
    for change in (draft, lambda path: output_folder(path, force=True)):
        with pytest.raises(ZeroDivisionError), change(folder / "run") as work:
            (work / "a").unlink(missing_ok=True)
            raise ZeroDivisionError
        assert content(folder) == {f"run/{name}": text for name, text in OLD.items()}
