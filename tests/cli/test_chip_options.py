"""How the chip is built, on the command line: for an export and for the settings of a run."""

from pathlib import Path

import pytest

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import NAIVE, configuration_of
from asicae.cli.chip_options import ChipOptions
from asicae.export.design_record import recorded
from asicae.foundation.errors import BadInput
from asicae.runs.settings import RunSettings
from tests.support.command_line import call

ALIGNED = configuration_of("aligned")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), NAIVE),
        (("--microarchitecture", "aligned"), ALIGNED),
        (("--barrier",), ALIGNED),
        (("--microarchitecture", "aligned", "--no-barrier"), NAIVE),
    ],
)
def test_an_export_is_built_as_asked(
    words: tuple[str, ...], expected: Configuration, tmp_path: Path
) -> None:
    assert call("export-rtl", "-n", "small", "-o", tmp_path / "chip", *words) == 0
    assert recorded(tmp_path / "chip") == expected
    assert (tmp_path / "chip" / "rtl" / "barrier.v").is_file() == expected.barrier


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--microarchitecture", "fast"), "found 'fast', allowed are naive, aligned"),
        (("--bank", "sram"), "bank: found 'sram'"),
        (("--tmr", "2"), "voters: found 2"),
    ],
)
def test_what_there_is_not_leaves_nothing(
    words: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("export-rtl", "-n", "small", "-o", tmp_path / "chip", *words) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_name_on_the_command_line_wins_whole_over_a_file(tmp_path: Path) -> None:
    """Choices alone win one by one."""
    file = tmp_path / "my.toml"
    file.write_text("[chip]\nmicroarchitecture = 'aligned'\n")
    given = {"chip": ChipOptions().settings()}
    assert RunSettings.load(file, given).chip == ALIGNED
    given = {"chip": ChipOptions(microarchitecture="naive").settings()}
    assert RunSettings.load(file, given).chip == NAIVE
    given = {"chip": ChipOptions(barrier=False).settings()}
    assert RunSettings.load(file, given).chip == NAIVE
    with pytest.raises(BadInput, match="found 'fast'"):
        ChipOptions(microarchitecture="fast").settings()
