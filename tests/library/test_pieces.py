"""A library that several processes make is that of one; each piece is made once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.library import pieces
from asicae.library.making import make
from asicae.library.pieces import LOCKS, Piece, done
from asicae.library.record import LIBRARY_FILE
from asicae.library.stored import Library
from tests.library.inline_pieces import InlineCrew
from tests.library.stand_in_base import Tuner, base_run
from tests.library.test_making import described


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        yield base_run(tmp_path_factory.mktemp("base") / "run", patch)


def shared(base: Path, out: Path, crew: InlineCrew) -> Library:
    asked = described(base, out.parent)
    return make(asked, "library.toml", out, False, Tuner(fail_at=0), crew.entered())


def test_whoever_makes_it_it_is_the_same(base: Path, tmp_path: Path) -> None:
    """The process that is asked tunes nothing itself."""
    alone, out, crew = tmp_path / "alone", tmp_path / "shared", InlineCrew()
    make(described(base, tmp_path), "library.toml", alone, False, Tuner())
    shared(base, out, crew)
    assert len(set(crew.tuned)) == len(crew.tuned) == crew.pieces
    names = {str(path.relative_to(alone)) for path in alone.rglob("*") if path.is_file()}
    assert names == {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    for name in names - {path for path in names if path.startswith("events")}:
        assert (out / name).read_bytes() == (alone / name).read_bytes(), name
    assert not (out / LOCKS).exists()
    again = InlineCrew()
    shared(base, out, again)
    assert again.pieces == 0


@pytest.mark.parametrize("limit", range(8))
def test_what_is_made_before_a_cut_is_not_made_again(
    limit: int, base: Path, tmp_path: Path
) -> None:
    out, cut, rest = tmp_path / "made", InlineCrew(limit), InlineCrew()
    with pytest.raises(KeyboardInterrupt):
        shared(base, out, cut)
    assert not (out / LIBRARY_FILE).exists() and cut.pieces == limit
    shared(base, out, rest)
    assert not set(cut.tuned) & set(rest.tuned)
    assert len({*cut.tuned, *rest.tuned}) == len(cut.tuned) + len(rest.tuned) == 5 + 4


def piece_of(base: Path, folder: Path, **changes: object) -> str:
    """The text of the first set."""
    asked = described(base, folder)
    given = {"source": "library.toml", "cwd": str(folder), "out": str(folder / "made")}
    piece = Piece(description=asked, **given, name="all", links=0, events=0, key="", **changes)
    return json.dumps(piece.model_dump(mode="json"))


def test_a_worker_where_something_else_is_installed_makes_nothing(
    base: Path, tmp_path: Path
) -> None:
    tuner = Tuner()
    told = json.loads(done(piece_of(base, tmp_path), tuner))
    assert "all follows from something else where a worker is" in told["failed"]
    assert tuner.tuned == [] and not (tmp_path / "made" / "made").exists()


@pytest.mark.parametrize("kind", [BadInput, CheckFailed])
def test_what_a_worker_cannot_make_ends_the_call_in_its_words(
    kind: type[Exception], base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object, *_: object) -> None:
        raise kind("set front: the training ended")

    monkeypatch.setattr(pieces.Maker, "made", fails)
    with pytest.raises(kind, match=r"^set front: the training ended$"):
        shared(base, tmp_path / "made", InlineCrew())
    assert (tmp_path / "made" / "controls" / "weights").is_dir()
