"""Folders that change whole or not at all."""

from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.foundation.folders import draft, output_folder
from tests.support.other_user import give, open_place, said_by_other


def test_errors_in_a_draft_name_the_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught, draft(tmp_path) as folder:
        assert folder != tmp_path
        raise BadInput(f"{folder}/weights: bad")
    assert str(caught.value) == f"{tmp_path}/weights: bad"


def test_a_draft_replaces_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new"
    with pytest.raises(ValueError, match="no"), draft(path) as folder:
        (folder / "a").write_text("1")
        raise ValueError("no")
    assert not path.exists()
    with draft(path) as folder:
        (folder / "a").write_text("1")
    with pytest.raises(ValueError, match="no"), draft(path) as folder:
        (folder / "a").unlink()
        raise ValueError("no")
    assert [entry.name for entry in path.iterdir()] == ["a"]
    with draft(path) as folder:
        (folder / "a").unlink()
        (folder / "b").write_text("2")
    assert [entry.name for entry in path.iterdir()] == ["b"]


def test_an_output_folder_is_refused_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    for force in (False, True):
        with output_folder(path, force) as folder:
            (folder / str(force)).write_text("")
    assert [entry.name for entry in path.iterdir()] == ["True"]
    with pytest.raises(BadInput, match="exists already"), output_folder(path):
        raise AssertionError("the folder was not refused")
    with pytest.raises(ValueError, match="no"), output_folder(path, True):
        raise ValueError("no")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    assert [entry.name for entry in path.iterdir()] == ["True"]


CHANGES = """
import sys
from pathlib import Path
from asicae.foundation.folders import draft
from asicae.foundation.temporaries import temporary_folder
path = Path(sys.argv[1])
# then
try:
    with temporary_folder(path):
        print("beside")
except PermissionError:
    print("nothing beside")
with draft(path) as folder:
    (folder / "old").unlink()
    (folder / "new").write_text("2")
"""


def test_a_folder_in_one_that_cannot_be_written_is_replaced_too() -> None:
    with open_place() as place:
        path = place / "run"
        path.mkdir()
        (path / "old").write_text("1")
        for own in (path, path / "old"):
            give(own)
        place.chmod(0o555)
        assert said_by_other(CHANGES, path) == "nothing beside\n"
        assert [entry.name for entry in path.iterdir()] == ["new"]
