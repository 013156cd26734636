"""Pyverilog's parser: its tables are kept, and nothing depends on whether they are."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.places import ROOT

ASKED = """
import sys, pathlib
from ply import yacc
built = []
make = yacc.LRGeneratedTable.__init__
yacc.LRGeneratedTable.__init__ = lambda *a, **k: (built.append(1), make(*a, **k))[1]
from asicae.export.pyverilog_design import parse
found = parse([pathlib.Path("rtl/pipeline_rank.v"), pathlib.Path("rtl/voter.v")])
print(len(built), sorted(found), found["voter"].port_widths({"WIDTH": 5}))
"""


def asked(cache: Path) -> tuple[int, str]:
    """How often tables were built, and what was found."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    built, _, found = done.stdout.partition(" ")
    return int(built), found


def test_tables_are_built_once_and_change_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first, again = asked(cache), asked(cache)
    assert (first[0], again[0]) == (1, 0)
    assert first[1] == again[1] and "'a_i': 5" in first[1]
    (entry,) = (cache / "asicae").glob("verilog-tables-*")
    assert {path.name for path in entry.iterdir()} == {"manifest.json", "parsetab.pyc"}
    (entry / "parsetab.pyc").write_bytes(b"no tables")
    assert asked(cache) == first  # what is damaged is made anew


def test_without_a_cache_they_are_built(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert asked(tmp_path / "cache")[0] == 1
