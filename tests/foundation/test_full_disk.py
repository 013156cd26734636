"""A disk that is full, and a cache that cannot be used, are named with their cure."""

import contextlib
import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from asicae.foundation import cache, files
from asicae.foundation.errors import BadInput
from asicae.foundation.folders import draft, output_folder
from asicae.readout.conversion import save
from tests.readout.made_up_readouts import ENDINGS, readouts
from tests.support.command_line import call

LIMIT = 1 << 16


@contextlib.contextmanager
def full() -> Iterator[None]:
    """No file grows beyond a limit: what the system then says is what it says of a full disk.

    Not even those of the tests' runner, so no longer than needed.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("ending", ENDINGS)
def test_readouts_that_do_not_fit_are_named_and_leave_nothing(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "there" / f"a{ending}"
    with full(), pytest.raises(OSError, match="File too large") as refused:
        save(readouts(3_000), path)
    assert refused.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_which_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.csv"
    with full():
        assert call("data", "simulate", "-o", out, "--events", 1000) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1] == f"asicae: {out}: File too large"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_every_way_to_write_names_what_it_writes(tmp_path: Path, code: int) -> None:
    path = tmp_path / "a"
    for writes in (files.output_file, output_folder, draft):
        for inner in (None, "b/c"):
            with pytest.raises(OSError, match=os.strerror(code)) as refused, writes(path) as made:
                name = None if inner is None else str(made / inner)
                raise OSError(code, "whatever", name)
            assert refused.value.filename == str(path if inner is None else path / inner)
    with pytest.raises(FileNotFoundError) as other, files.output_file(path):
        (tmp_path / "absent").open()
    assert other.value.filename == str(tmp_path / "absent")


def in_the_way(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file"


def below_a_file(folder: Path) -> Path:
    return in_the_way(folder) / "cache"


@pytest.mark.parametrize("place", [in_the_way, below_a_file])
def test_a_cache_that_cannot_be_made_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place(tmp_path)))
    with pytest.raises(BadInput, match=r"cannot be used as cache \(.*XDG_CACHE_HOME$"):
        cache.cached("a", 1, lambda work: [])


def test_a_cache_that_is_full_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(work: Path) -> list[str]:
        (work / "big").write_bytes(b"")
        return ["big"]

    def refused(*args: object, **kwargs: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("_collected", "temporary_folder"):
        with monkeypatch.context() as patch:
            patch.setattr(f"asicae.foundation.cache.{name}", refused)
            with pytest.raises(BadInput, match=r"\(No space left on device\); .* XDG_CACHE_HOME"):
                cache.cached("a", 1, make, tmp_path / "cache")
    assert cache.cached("a", 1, make, tmp_path / "cache").new


def test_the_limit_is_real(tmp_path: Path) -> None:
    with full(), pytest.raises(OSError, match="File too large"):
        (tmp_path / "a").write_bytes(np.zeros(2 * LIMIT, np.uint8).tobytes())
