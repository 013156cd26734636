"""Exports, images, frames and golden words are the same to the byte as when they were recorded."""

import json
from pathlib import Path

from tests.conformance.fixed_outputs import TABLE, made


def test_every_file_is_as_recorded(tmp_path: Path) -> None:
    wanted, found = json.loads(TABLE.read_text(encoding="utf-8")), made(tmp_path)
    differing = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
    assert sorted(found) == sorted(wanted) and differing == []
