"""Blocks are mapped one by one, kept by what they depend on, and limited by processor time."""

from pathlib import Path
from typing import Any

import pytest

from asicae.estimation import libraries, yosys
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.estimation.verilog_sources import VerilogSources
from asicae.foundation.errors import CheckFailed
from tests.estimation.toys import write_design

LIBRARY = libraries.load()
ONE = "module one (input [3:0] a_i, output [3:0] y_o); assign y_o = a_i + 4'd3; endmodule\n"
LEAF = (
    "module leaf #(parameter W = 2) (input [W-1:0] a_i, output y_o); assign y_o = ^a_i; endmodule\n"
)
TWO = """// Beside one, "one" of two.
module two #(parameter signed [7:0] ADDED = 1, parameter W = 2) (
  input [3:0] a_i, output [4:0] y_o);
  assign y_o[3:0] = a_i + ADDED[3:0];
  leaf #(.W(4)) u_leaf (.a_i(a_i), .y_o(y_o[4]));  /* as in one */
endmodule
"""
CHIP = """module chip (input [3:0] a_i, output [3:0] x_o, output [4:0] y_o, z_o);
  one u_one (.a_i(a_i), .y_o(x_o));
  two #(.ADDED(-8'sd3)) u_two (.a_i(x_o), .y_o(y_o));
  two #(.ADDED(8'd253)) u_other (.a_i(x_o), .y_o(z_o));
endmodule
"""
FILES = {"leaf": LEAF, "one": ONE, "two": TWO, "chip": CHIP}


class Home:
    """A folder of designs that share a cache."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache, self.count = folder, folder / "cache", 0

    def mapped(self, files: dict[str, str]) -> tuple[Synthesis, list[str]]:
        """A design, and which pieces of it had to be mapped, by name."""
        before = set(self.cache.glob("*-netlist-*"))
        self.count += 1
        design = write_design(self.folder / str(self.count), **files)
        found = synthesise(design, LIBRARY, "chip", cache=self.cache)
        new = set(self.cache.glob("*-netlist-*")) - before
        return found, sorted(path.name.partition("-")[0] for path in new)


def test_only_what_a_change_reaches_is_mapped_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first, new = home.mapped(FILES)
    assert new == ["chip", "one", "two", "two"]
    assert home.mapped(FILES) == (first, [])
    changed, new = home.mapped(FILES | {"one": ONE.replace("3;", "5;")})
    assert new == ["chip", "one"]  # the shell has looked at its ports
    place = first.children("chip")
    for block in ("u_two", "u_other"):
        assert changed.modules[place[block]] == first.modules[place[block]]
    assert changed.modules["one"] != first.modules["one"]
    assert home.mapped(FILES | {"leaf": LEAF.replace("^a_i", "&a_i")})[1] == ["two", "two"]
    other = CHIP.replace("253", "252")
    assert home.mapped(FILES | {"chip": other})[1] == ["chip", "two"]


def test_a_damaged_netlist_is_made_anew(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first, _ = home.mapped(FILES)
    for path in home.cache.glob("one-netlist-*/*.gz"):
        path.write_bytes(path.read_bytes()[:-9])
    assert home.mapped(FILES) == (first, [])


def test_files_that_share_macros_are_read_together(tmp_path: Path) -> None:
    write_design(tmp_path, **FILES)
    files = [tmp_path / f"{name}.v" for name in FILES]
    needed = {name: {f.stem for f in VerilogSources(files).below(name)} for name in FILES}
    assert needed == {
        "leaf": {"leaf"},
        "one": {"one"},
        "two": {"two", "leaf"},
        "chip": {"leaf", "one", "two", "chip"},
    }
    files[0].write_text("`define WIDTH 4\n" + LEAF)
    assert VerilogSources(files).below("one") == tuple(files)


def test_the_limit_is_of_processor_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yosys, "PROCESSOR_LIMIT_S", 1)
    wide = "module chip (input [63:0] a_i, b_i, output [127:0] y_o); assign y_o = a_i * b_i;\n"
    with pytest.raises(CheckFailed, match=r"chip\.v: Yosys took over 1 s of processor time"):
        Home(tmp_path).mapped({"chip": wide + "endmodule\n"})


@pytest.mark.parametrize("reads", [1, 2])
def test_modules_that_read_each_other_are_not_left_out_apart(reads: int) -> None:
    """Net 2 leaves the first, net 3 the second; net 1 enters both, and a cell reads all."""

    def child(kind: str, given: int, *read: int) -> dict[str, Any]:
        return {"type": kind, "connections": {"a": list(read), "q": [given]}}

    ports = {"ports": {"a": {"direction": "input"}, "q": {"direction": "output"}}}
    gate = {"type": "NAND2", "connections": {"A": [2]}}
    cells = {"first": child("one", 2, 1), "second": child("two", 3, 1, reads), "gate": gate}
    found = Synthesis("top", {"top": {"cells": cells}, "one": ports, "two": ports}, {})
    assert found.linked("top") == (reads == 2)
