"""Functions of the user are found where they are, and what cannot be used is said in one line."""

import inspect
import linecache
import os
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256
from asicae.foundation.validation import validated
from asicae.training.own_code import content_of, file_of, only, own_function
from asicae.training.settings import TrainSettings

MINE = """
from beside import HALF

value = 3

def half(target, decoded):
    return HALF

def more(target, decoded, weight):
    return 1

def fails(target, decoded):
    raise ValueError("not so\\nand more")

def leaves(target, decoded):
    raise SystemExit(0)
"""
BESIDE = "HALF = 0.5\n"


@pytest.fixture
def folder(own_folder: Path) -> Path:
    """A folder with modules of the user."""
    (own_folder / "deep" / "er").mkdir(parents=True)
    for name, text in (("own_mine", MINE), ("beside", BESIDE), ("deep/er/own", MINE)):
        (own_folder / f"{name}.py").write_text(text)
    (own_folder / "broken.py").write_text("def half(:\n")
    (own_folder / "leaves.py").write_text("raise SystemExit(0)\n")
    (own_folder / "json.py").write_text(MINE)
    return own_folder


ARGUMENTS = ("target", "decoded")


def test_it_is_found_in_the_folder_and_among_what_is_installed(folder: Path) -> None:
    found = own_function("own_mine:half", ARGUMENTS)
    assert found(1, 2) == 0.5 and found.module.path == Path("own_mine.py")
    assert found.module.sha256 == sha256(folder / "own_mine.py")
    assert own_function("deep.er.own:half", ARGUMENTS)(1, 2) == 0.5
    installed = own_function("textwrap:fill", ARGUMENTS)
    assert installed("a", 2) == "a" and installed.module.path.is_absolute()
    # An edit counts in the same process.
    path = folder / "own_mine.py"
    before = path.stat()
    path.write_text(MINE.replace("return HALF", "return 1.00"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    again = own_function("own_mine:half", ARGUMENTS)
    assert again(1, 2) == 1.0 and again.module.sha256 != found.module.sha256
    assert file_of("no.such.module:f") == Path("no/such/module.py")


def test_a_stage_has_one_content_of_it(folder: Path) -> None:
    path, name = folder / "own_mine.py", "own_mine:half"
    content = sha256(path)
    with only({name: content}):
        function = own_function(name, ARGUMENTS).function
        path.write_text(MINE.replace("return HALF", "return 1.00"))
        assert own_function(name, ARGUMENTS)(1, 2) == 0.5 and content_of(name) == content
        # What is compiled is read once more.
        linecache.updatecache(inspect.getfile(function), function.__globals__)
        assert "return HALF" in inspect.getsource(function)
        path.unlink()
        assert own_function(name, ARGUMENTS)(1, 2) == 0.5
        with pytest.raises(BadInput, match="own_mine:more: is not run here, allowed are"):
            own_function("own_mine:more", ARGUMENTS)
    path.write_text(MINE)
    with only({name: "0" * 64}), pytest.raises(BadInput, match="has changed meanwhile"):
        own_function(name, ARGUMENTS)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("own_none:half", "no module 'own_none', neither own_none.py in this folder nor"),
        ("own_mine.deeper:half", "no module 'own_mine.deeper'"),
        ("own_mine:other", "own_mine.py has no 'other', allowed is a function"),
        ("own_mine:value", "own_mine.py holds a int as 'value', allowed is a function"),
        ("own_mine:more", "takes (target, decoded, weight), allowed is (target, decoded)"),
        ("broken:half", "broken.py: cannot be imported, raised SyntaxError"),
        ("leaves:half", "leaves.py: cannot be imported, raised SystemExit (line 1)"),
        ("json:half", "json.py: 'json' is /"),
        ("math:cos", "math"),
    ],
)
def test_what_cannot_be_used_is_one_line(folder: Path, name: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        own_function(name, ARGUMENTS)
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_what_it_raises_is_one_line_with_its_place(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"^own_mine:fails: raised ValueError \(line 13\): not so$"):
        own_function("own_mine:fails", ARGUMENTS)(1, 2)
    with pytest.raises(BadInput, match=r"^own_mine:leaves: raised SystemExit \(line 16\): 0$"):
        own_function("own_mine:leaves", ARGUMENTS)(1, 2)


@pytest.mark.parametrize("name", ["mine", "mine.py", ":loss", "a:b:c", "../a:b", "a b:c", ""])
def test_a_text_of_another_form_is_no_function(name: str) -> None:
    for key in ("loss", "model"):
        with pytest.raises(BadInput, match=f"{key}: found .*allowed .*module:function"):
            validated(TrainSettings, {key: name}, "settings")
