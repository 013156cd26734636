"""Options: each is written down once, and every command shows those that it takes."""

import ast
from collections import Counter
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup, TyperOption

from asicae.cli.main import app
from tests.support.places import PACKAGE

SHARED = ("--force", "--out", "-o", "--network", "-n", "--settings", "-s")


def texts(path: Path) -> Counter[str]:
    """How often each text stands in a module."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return Counter(
        n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)
    )


def test_shared_options_are_written_down_once() -> None:
    found = {path.name: texts(path) for path in (PACKAGE / "cli").glob("*.py")}
    for name in SHARED:
        assert {file: t[name] for file, t in found.items() if t[name]} == {"options.py": 1}, name


def commands() -> dict[str, list[TyperOption]]:
    """Options of every command by its words."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    found = {}
    for name, command in group.commands.items():
        inner = command.commands if isinstance(command, TyperGroup) else {"": command}
        for word, one in inner.items():
            words = f"{name} {word}".strip()
            found[words] = [p for p in one.params if isinstance(p, TyperOption)]
    return found


@pytest.mark.parametrize(("words", "options"), commands().items(), ids=commands())
def test_an_option_means_the_same_everywhere(words: str, options: list[TyperOption]) -> None:
    for option in options:
        short = {"--out": "-o", "--network": "-n", "--settings": "-s"}
        for long, letter in short.items():
            assert (long in option.opts) == (letter in option.opts), words
        if "--force" in option.opts:
            assert option.is_flag and option.help == "Replace what exists."
