"""What PeakRDL makes of the register map, and the C header, say what chip/ says."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from asicae.chip.registers import Register, register_map
from asicae.export.identity import identity_of
from asicae.export.register_documents import EXTRA, IP_XACT, PAGES
from asicae.export.registers import export_registers
from asicae.foundation import extras
from asicae.foundation.errors import MissingTool
from asicae.network.description import Network
from tests.judges import ip_xact
from tests.support.command_line import call

ECON_T = Network.preset("econ-t")
ACCESS = {"rw": "read-write", "ro": "read-only"}


def fields_of(register: Register) -> dict[str, tuple[int, int]]:
    """Name to (first bit, bits); one of all bits, of words and of bytes in a row, has no name."""
    if register.fields:
        return {field.name: (field.low, field.width) for field in register.fields}
    return {"VALUE": (0, 8 * register.size if register.size == 4 else 8)}


EXPECTED = {
    register.name: ip_xact.Register(
        register.address,
        register.size,
        ACCESS[register.access],
        register.reset,
        fields_of(register),
    )
    for register in register_map(ECON_T).registers
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        extras.require(EXTRA)
    except MissingTool as reason:
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("documents") / "econ-t"
    assert call("export-registers", "-n", "econ-t", "-o", folder) == 0
    return folder


def test_ip_xact_says_what_the_chip_says(documents: Path) -> None:
    assert ip_xact.registers(documents / IP_XACT) == EXPECTED
    assert ":".join(ip_xact.identity(documents / IP_XACT)) == str(identity_of(ECON_T))


@pytest.mark.parametrize(
    ("register", "old", "new"),
    [
        ("KEEP", "'hff", "'hfe"),
        ("WEIGHTS", "<ipxact:dim>1608", "<ipxact:dim>1607"),
        ("TMR_ERRORS", "'hc48", "'hc49"),
        ("CONTROL", "<ipxact:bitOffset>2", "<ipxact:bitOffset>4"),
        ("EXPECTED_CRC", "read-write", "read-only"),
    ],
)
def test_a_changed_component_is_seen(
    documents: Path, tmp_path: Path, register: str, old: str, new: str
) -> None:
    text = (documents / IP_XACT).read_text(encoding="utf-8")
    head, mark, tail = text.partition(f"<ipxact:name>{register}<")
    assert mark and old in tail
    (tmp_path / IP_XACT).write_text(head + mark + tail.replace(old, new, 1), encoding="utf-8")
    found = ip_xact.registers(tmp_path / IP_XACT)
    assert [name for name in EXPECTED if found[name] != EXPECTED[name]] == [register]


def test_pages_say_what_the_chip_says(documents: Path) -> None:
    nodes = json.loads((documents / PAGES / "data" / "ral-data-0.json").read_text("utf-8"))[1:]
    assert (documents / PAGES / "index.html").is_file()
    found = {}
    for node in nodes:
        count, size = node.get("dims", [1])[0], int(node["size"], 16)
        reset = sum(int(field["reset"], 16) << field["lsb"] for field in node["fields"])
        whole = sum(reset << 8 * size * index for index in range(count))
        fields = {
            field["name"]: (field["lsb"], field["msb"] - field["lsb"] + 1)
            for field in node["fields"]
        }
        found[node["name"]] = (int(node["offset"], 16), count * size, whole, fields)
    assert found == {
        name: (register.address, register.size, register.reset, register.fields)
        for name, register in EXPECTED.items()
    }


def test_it_has_the_other_forms_too(documents: Path, tmp_path: Path) -> None:
    for path in export_registers(ECON_T, tmp_path):
        assert (documents / path.name).read_bytes() == path.read_bytes()
    assert call("export-registers", "-o", documents) == 2  # which exists


def test_without_peakrdl_there_is_an_export_and_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extras, "installed_version", lambda package: None)
    assert call("export-registers", "-o", tmp_path / "out") == 2
    assert "pip install 'asicae[registers]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert call("export-rtl", "-n", "small", "-o", tmp_path / "chip") == 0


def constants(register: Register) -> dict[str, int]:
    """What the header defines of a register."""
    found = {"ADDRESS": register.address, "BYTES": register.size}
    found |= {f"{field.name}_MASK": register.mask(field.name) for field in register.fields}
    if register.size <= 4:
        return found | {"RESET": register.reset}
    every = register.reset.to_bytes(register.size, "little")
    assert every == every[:1] * register.size
    return found | {"RESET_BYTE": every[0]}


@pytest.mark.build
@pytest.mark.parametrize(("compiler", "language"), [("gcc", "c"), ("g++", "c++")])
def test_the_c_header_has_the_values_of_the_chip(
    tmp_path: Path, compiler: str, language: str
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"apt-get install {compiler}")
    export_registers(ECON_T, tmp_path)
    every = {
        f"ASICAE_{register.name}_{name}": value
        for register in register_map(ECON_T).registers
        for name, value in constants(register).items()
    }
    header = (tmp_path / "registers.h").read_text(encoding="utf-8")
    defined = {line.split()[1] for line in header.splitlines() if line.startswith("#define")}
    others = {"ASICAE_DEVICE_ADDRESS", "ASICAE_DESIGN_HASH_VALUE", "ASICAE_ECON_T_REGISTERS_H"}
    assert defined == {*every, *others}
    use = tmp_path / "use.c"

    def compiles(values: dict[str, int]) -> bool:
        tests = "".join(f"int t_{k}[({k} == {v}u) ? 1 : -1];\n" for k, v in values.items())
        use.write_text(f'#include "registers.h"\n{tests}', encoding="utf-8")
        words = [compiler, "-x", language, "-Wall", "-Werror", "-fsyntax-only", str(use)]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    assert compiles(every)
    assert not compiles(every | {"ASICAE_IDENTITY_RESET": every["ASICAE_IDENTITY_RESET"] ^ 1})
