"""What ``asicae settings`` prints is all there is, says what it means, and are the defaults."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from asicae.runs.settings import RunSettings
from asicae.runs.settings_text import NONE, WIDTH, commented, descriptions
from tests.support.command_line import call

TEXT = commented()
KEY = re.compile(r"^#?(\w+) = ", re.MULTILINE)


def test_what_is_printed_changes_nothing_and_says_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(TEXT)
    assert RunSettings.load(path) == RunSettings()
    lines = [line for line in TEXT.splitlines() if not line.endswith(NONE)]
    path.write_text(re.sub(r"^#(?=\w)", "", "\n".join(lines), flags=re.MULTILINE))
    assert len(tomllib.loads(path.read_text())) > 15
    assert RunSettings.load(path) == RunSettings()


def models(of: type[BaseModel]) -> list[type[BaseModel]]:
    found = [of]
    for field in of.model_fields.values():
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found += models(kind)
    return found


def test_every_key_is_there_and_told() -> None:
    every = models(RunSettings)
    assert len(every) == 8
    names = [name for model in every for name in model.model_fields]
    beside = ["class", "microarchitecture"]
    tables = re.findall(r"^#?\[(\w+)\]$", TEXT, re.MULTILINE)
    assert sorted([*names, *beside]) == sorted([*KEY.findall(TEXT), *tables])
    for model in every:
        assert set(descriptions(model)) == set(model.model_fields), model


def test_lines_are_short_and_each_key_stands_behind_its_comment() -> None:
    lines = TEXT.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert [line for line in lines if re.match(r"\w", line)] == ["events = 58000", "seed = 11"]
    assert all(
        lines[place - 1].startswith("# ") for place, line in enumerate(lines) if KEY.match(line)
    )
    assert '#bank = "ff"' in lines and 'One of "ff", "gated", "latch".' in TEXT
    assert "Allowed: above 0 below 1." in TEXT and "9,223" not in TEXT


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("settings") == 0
    assert capsys.readouterr().out == TEXT
