"""The cache: found again by content, unharmed or made anew, and nobody else's."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from asicae.foundation import cache
from asicae.foundation.cache import MANIFEST, Entry, cached, default_folder
from asicae.foundation.errors import BadInput

TEXT = b"thirty bytes that took an hour"


class Maker:
    """Makes the same two files at every call and counts the calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, work: Path) -> list[str]:
        self.calls += 1
        assert list(work.iterdir()) == []
        (work / "deep").mkdir()
        (work / "deep" / "lib.so").write_bytes(TEXT)
        (work / "table.json").write_text("{}")
        (work / "left_over.o").write_text("not kept")
        return ["deep/lib.so", "table.json"]


@pytest.fixture
def made(tmp_path: Path) -> tuple[Maker, Callable[[], Entry]]:
    """A maker, and the call that finds its entry."""
    maker = Maker()
    return maker, lambda: cached("name", ["part", 1], maker, tmp_path / "cache")


def whole(entry: Entry) -> bool:
    names = sorted(path.name for path in entry.folder.iterdir())
    return names == ["lib.so", MANIFEST, "table.json"] and (
        (entry.folder / "lib.so").read_bytes() == TEXT
    )


def test_an_entry_is_made_once_and_holds_what_was_named(
    made: tuple[Maker, Callable[[], Entry]], tmp_path: Path
) -> None:
    maker, find = made
    first, again = find(), find()
    assert (first.new, again.new, maker.calls) == (True, False, 1)
    assert first.folder == again.folder and whole(first)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [first.folder.name]
    assert (first.folder.stat().st_mode & 0o777, (tmp_path / "cache").stat().st_mode & 0o777) == (
        0o700,
        0o700,
    )


@pytest.mark.parametrize("parts", [["part", 2], ["part"], {"part": 1}, "part"])
def test_other_parts_are_another_entry(
    parts: object, made: tuple[Maker, Callable[[], Entry]], tmp_path: Path
) -> None:
    maker, find = made
    assert cached("name", parts, maker, tmp_path / "cache").folder != find().folder
    assert maker.calls == 2


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def flip_unseen(path: Path) -> None:
    """As a bad disk does: neither size nor time changes, only the content."""
    before = path.stat()
    flip(path, 3)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    cache._checked.clear()


def replace_by_link(path: Path) -> None:
    moved = path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(moved)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped byte": lambda entry: flip(entry / "lib.so", 7),
    "flipped byte, unseen": lambda entry: flip_unseen(entry / "lib.so"),
    "cut": lambda entry: (entry / "lib.so").write_bytes(TEXT[:9]),
    "empty": lambda entry: (entry / "table.json").write_bytes(b""),
    "missing file": lambda entry: (entry / "lib.so").unlink(),
    "missing manifest": lambda entry: (entry / MANIFEST).unlink(),
    "half a manifest": lambda entry: (entry / MANIFEST).write_text('{"key": "'),
    "manifest of another kind": lambda entry: (entry / MANIFEST).write_text("[1]"),
    "another key": lambda entry: flip(entry / MANIFEST, 12),
    "another hash": lambda entry: flip(entry / MANIFEST, 120),
    "file by a link": lambda entry: replace_by_link(entry / "lib.so"),
    "entry by a link": replace_by_link,
    "folder for a file": lambda entry: [(entry / "lib.so").unlink(), (entry / "lib.so").mkdir()],
    "open to others": lambda entry: entry.chmod(0o750),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_entry_is_made_anew(kind: str, made: tuple[Maker, Callable[[], Entry]]) -> None:
    maker, find = made
    entry = find()
    DAMAGES[kind](entry.folder)
    again = find()
    assert again.new and maker.calls == 2
    assert not again.folder.is_symlink() and whole(again)
    assert not find().new


def test_a_name_outside_of_the_entry_is_none_of_its_files(
    made: tuple[Maker, Callable[[], Entry]],
) -> None:
    maker, find = made
    manifest = find().folder / MANIFEST
    content = json.loads(manifest.read_text())
    content["files"]["../lib.so"] = content["files"]["lib.so"]
    manifest.write_text(json.dumps(content))
    assert find().new and maker.calls == 2


def test_a_file_in_the_place_of_an_entry_is_replaced(
    made: tuple[Maker, Callable[[], Entry]], tmp_path: Path
) -> None:
    _, find = made
    place = find().folder
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    place.write_text("a file")
    assert whole(find())


def test_hashes_are_compared_once_as_long_as_nothing_changes(
    made: tuple[Maker, Callable[[], Entry]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, find = made
    entry = find()
    find()
    hashed: list[Path] = []

    def counted(path: Path) -> str:
        hashed.append(path)
        return real(path)

    real = cache.sha256
    monkeypatch.setattr(cache, "sha256", counted)
    assert not find().new and hashed == []
    (entry.folder / "lib.so").touch()
    assert not find().new and entry.folder / "lib.so" in hashed


def test_a_maker_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fails(work: Path) -> list[str]:
        (work / "lib.so").write_bytes(TEXT)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached("name", 1, fails, tmp_path)
    assert list(tmp_path.iterdir()) == []


# Two files, the second after a second; says when the first is there.
CHILD = """
import sys, time
from pathlib import Path
from asicae.foundation.cache import cached

def make(work):
    (work / "lib.so").write_bytes(b"half")
    print("made", flush=True)
    time.sleep(float(sys.argv[2]))
    (work / "lib.so").write_bytes(b"whole")
    return ["lib.so"]

entry = cached("name", [1], make, Path(sys.argv[1]))
print((entry.folder / "lib.so").read_text(), flush=True)
"""


def child(folder: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(folder), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_a_killed_process_leaves_is_no_entry_and_goes(tmp_path: Path) -> None:
    with child(tmp_path, 60) as process:
        assert process.stdout is not None and process.stdout.readline() == "made\n"
        process.send_signal(signal.SIGKILL)
    (dead,) = tmp_path.iterdir()
    assert dead.name.startswith(".")
    with child(tmp_path, 60) as living:  # another one is at work meanwhile
        assert living.stdout is not None and living.stdout.readline() == "made\n"
        assert not dead.exists()
        (work,) = tmp_path.iterdir()
        with child(tmp_path, 0) as process:
            assert process.communicate()[0] == "made\nwhole\n"
        assert work.exists()
        living.send_signal(signal.SIGKILL)
    # Also one that finds what it looks for.
    assert not cached("name", [1], lambda work: [], tmp_path).new
    assert [path.name[0] for path in tmp_path.iterdir()] == ["n"]


def test_processes_may_make_the_same_entry_at_once(tmp_path: Path) -> None:
    processes = [child(tmp_path, 0.3) for _ in range(3)]
    said = [process.communicate()[0].splitlines()[-1] for process in processes]
    assert said == ["whole"] * 3
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_entry_may_be_replaced_by_several_at_once(tmp_path: Path) -> None:
    with child(tmp_path, 0) as process:
        process.communicate()
    (library,) = tmp_path.glob("*/lib.so")
    library.write_bytes(b"holed")
    test_processes_may_make_the_same_entry_at_once(tmp_path)


# -- whose it is ---------------------------------------------------------------------------------


def test_the_default_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "asicae"
    assert cached("name", 1, Maker()).folder.parent == tmp_path / "asicae"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".cache" / "asicae"


def test_the_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(cache.os, "geteuid", lambda: os.getuid() + 1)
    message = rf"cache: belongs to user {os.getuid()}, allowed .* user {os.getuid() + 1}"
    with pytest.raises(BadInput, match=message):
        cached("name", 1, Maker(), tmp_path / "cache")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("what", ["link to the folder", "entry", "file"])
def test_what_another_user_has_planted_is_not_used(what: str, tmp_path: Path) -> None:
    maker = Maker()
    entry = cached("name", 1, maker, tmp_path / "cache").folder
    if what == "link to the folder":
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "cache")
        assert not cached("name", 1, maker, link).new
        os.chown(link, 1234, 1234, follow_symlinks=False)
        with pytest.raises(BadInput, match="link: belongs to user 1234"):
            cached("name", 1, maker, link)
        return
    os.chown(entry if what == "entry" else entry / "lib.so", 1234, 1234)
    again = cached("name", 1, maker, tmp_path / "cache")
    assert again.new and whole(again)


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_folder_that_is_open_to_others_is_closed(mode: int, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(mode)
    cached("name", 1, Maker(), folder)
    assert folder.stat().st_mode & 0o7777 == 0o700
