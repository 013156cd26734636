"""The simulation in an export, run as a user runs it who has cocotb and Verilator but no kit."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from asicae.chip.configuration import Configuration
from asicae.export.rtl import export_rtl
from asicae.export.simulation import KIT
from asicae.foundation.archives import write_npz
from asicae.foundation.assets import asset_folder
from asicae.network.description import Network
from tests.support.fusesoc import fusesoc
from tests.support.tiny_network import TINY

OWN = """
import cocotb
from verification.top.testbench import TB

@cocotb.test()
async def one_wrong_word_is_seen(dut):
    bench = TB(dut)
    await bench.reset()
    weights = bench.case.sets[0]
    weights.latents[3, 1] ^= 1
    await bench.load(weights)
    found = bench.compare(weights, await bench.stream(weights.words), len(weights.words))
    assert not found.mismatches, found.first
"""


@pytest.fixture
def sim(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    export_rtl(Network.load(path), tmp_path / "chip")
    return tmp_path / "chip" / "sim"


def make(sim: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``make`` with nothing of the environment that the kit or an active one would bring."""
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *words],
        cwd=sim,
        env={"PATH": os.defpath, "HOME": str(sim), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def failures(results: Path) -> dict[str, bool]:
    """Whether each test failed that ran."""
    cases = ElementTree.parse(results).getroot().iter("testcase")  # noqa: S314
    return {str(case.get("name")): case.find("failure") is not None for case in cases}


@pytest.mark.build
@pytest.mark.slow
def test_the_example_and_an_own_bench_run_without_the_kit(sim: Path) -> None:
    moved = sim.parent.rename(sim.parent.with_name("moved")) / "sim"
    done = make(moved)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "%Warning" not in done.stdout + done.stderr
    assert failures(moved / "results.xml") == {
        "words_match_golden": False,
        "registers_have_their_reset_values": False,
    }
    (moved / "own.py").write_text(OWN, encoding="utf-8")
    done = make(moved, "COCOTB_TEST_MODULES=own")
    assert done.returncode != 0
    assert failures(moved / "results.xml") == {"one_wrong_word_is_seen": True}
    assert "event 3, latent 1" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "hides"),
    [((), True), (("SIGNALS=all",), False), (("SIM=icarus",), False)],
)
def test_verilator_alone_is_told_to_hide_the_inside(
    sim: Path, words: tuple[str, ...], hides: bool
) -> None:
    """Behind what cocotb tells it, since the last counts; the ports stay visible by name."""
    said = make(sim, "-n", *words).stdout
    options = [word for word in said.split() if word.endswith("public-flat-rw")]
    assert (options[-1:] == ["--no-public-flat-rw"]) == hides
    shown = set(re.findall(r'-var "(\w+)"', (sim / "visible.vlt").read_text(encoding="utf-8")))
    assert {"clk_i", "latent_o", "sda_oe_o"} <= shown
    assert "visible.vlt" in (sim / "sources.f").read_text(encoding="utf-8").split()


@pytest.mark.build
@pytest.mark.slow
def test_fusesoc_runs_the_example_and_fails_by_one_wrong_word(sim: Path, tmp_path: Path) -> None:
    network = Network.load(tmp_path / "tiny.toml")
    done, case = fusesoc("sim", sim.parent, network, sim.parents[1]), sim / "data" / "set0.npz"
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    with np.load(case) as stored:
        arrays = dict(stored)
    arrays["latents"][3, 1] ^= 1
    write_npz(case, arrays)
    assert fusesoc("sim", sim.parent, network, sim.parents[1]).returncode != 0
    assert failures(sim / "results.xml") == {
        "words_match_golden": True,
        "registers_have_their_reset_values": False,
    }


def test_the_bench_is_the_kits_own(sim: Path) -> None:
    for name in KIT:
        assert (sim / "verification" / name).read_bytes() == (
            asset_folder("verification") / name
        ).read_bytes()
    # What is slow to simulate as it is built is listed as it is built for speed.
    export_rtl(Network.load(sim.parents[1] / "tiny.toml"), sim.parent, Configuration(mac="radix4"))
    assert "../rtl/neuron_model.v" in (sim / "sources.f").read_text(encoding="utf-8").split()
    listed = [line for line in (sim / "sources.f").read_text(encoding="utf-8").split() if line]
    assert all((sim / line).is_file() for line in listed)
