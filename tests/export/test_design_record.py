"""What an export says of how it is built: found from both of its folders, and held to its form."""

from pathlib import Path

import pytest

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import NAIVE
from asicae.export.check import check_export
from asicae.export.design_record import DESIGN, FILELIST, DesignRecord, recorded
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.description import Network

SMALL = Network.preset("small")
BARRIER = Configuration(barrier=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export without a record, as all were once; around it, the record of another."""
    DesignRecord(configuration=BARRIER).save(tmp_path / DESIGN)
    rtl = tmp_path / "chip" / "rtl"
    rtl.mkdir(parents=True)
    (rtl / FILELIST).write_text("asicae_top.v\n")
    return tmp_path / "chip"


def test_it_is_found_from_the_export_and_from_its_verilog(folder: Path) -> None:
    assert recorded(folder) == recorded(folder / "rtl") == NAIVE
    DesignRecord(configuration=BARRIER).save(folder / DESIGN)
    assert recorded(folder) == recorded(folder / "rtl") == BARRIER


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"design.json"),
        ("[]", r"design.json"),
        ("{}", r"design.json: configuration: field required"),
        ('{"version": 2, "configuration": {}}', r"design.json: version: found 2, .*1"),
        ('{"configuration": {"rom": 1}}', r"design.json: configuration.rom: .*allowed are pipel"),
        ('{"configuration": {"barrier": 1}}', r"design.json: configuration.barrier: found 1"),
        ('{"configuration": {"bank": "sram"}}', r"configuration.bank: found 'sram', .*'ff'"),
    ],
)
def test_another_content_is_refused(text: str, message: str, folder: Path) -> None:
    (folder / DESIGN).write_text(text)
    with pytest.raises(BadInput, match=message):
        recorded(folder / "rtl")


def test_a_record_of_another_chip_is_noticed(tmp_path: Path) -> None:
    export_rtl(SMALL, tmp_path, BARRIER)
    check_export(SMALL, tmp_path)
    DesignRecord(configuration=NAIVE).save(tmp_path / DESIGN)
    with pytest.raises(CheckFailed, match="instance 'u_barrier': found barrier"):
        check_export(SMALL, tmp_path)
