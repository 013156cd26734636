"""Pages of the docs that tests follow literally: sections, the files in them, the commands."""

import re
import shlex
from pathlib import Path

from tests.support.places import ROOT


def section(page: str, title: str) -> str:
    """What stands under a title of a page of the docs, up to the next one."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (found,) = re.findall(
        rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE
    )
    return str(found)


def write_files(text: str, folder: Path) -> None:
    """Write the files that a text holds whole."""
    for name, content in re.findall(
        r"^```\w+ file=(\S+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    ):
        (folder / name).write_text(content, encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """The commands that a text says to type, without the word ``asicae``."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]
