"""All sets of a library in one verilated chip, loaded through I2C in turn: no word differs."""

import json
from pathlib import Path

import pytest

from asicae.library.record import LIBRARY_FILE
from asicae.library.stored import Library
from asicae.readout.conversion import save
from tests.library.made_up_library import SEEDS, made_up
from tests.readout.made_up_readouts import readouts
from tests.support.command_line import call

pytestmark = pytest.mark.build

EVENTS = 300


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of three sets, with other events for each."""
    made = made_up(tmp_path / "made")
    for number, name in enumerate(SEEDS):
        save(readouts(EVENTS, seed=number + 1), made / "events" / f"{name}.npz")
    return made


def test_three_sets_in_one_chip_equal_golden(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("library", "verify", folder) == 0
    latents = EVENTS * Library.load(folder).network.latents
    assert capsys.readouterr().out.splitlines() == [
        f"3 sets loaded through I2C into one chip: {3 * latents} latents and {3 * EVENTS} sums "
        "compared, 0 differ"
    ]
    assert call("library", "verify", folder, "--events", 100) == 0
    assert "300 sums compared" in capsys.readouterr().out


@pytest.mark.parametrize("mutate", ["weight", "expected"])
def test_one_bit_of_the_last_set_is_found(
    mutate: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("library", "verify", folder, "--mutate", mutate) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "RTL differs from golden: set broken, event " in line


def test_a_library_that_cannot_be_verified_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "events" / "dense.npz").unlink()
    assert call("library", "verify", folder) == 2
    assert "dense.npz: no such file; allowed is what" in capsys.readouterr().err
    record = json.loads((folder / LIBRARY_FILE).read_text())
    record["sets"][0]["crc32"] = record["sets"][1]["crc32"]
    (folder / LIBRARY_FILE).write_text(json.dumps(record))
    assert call("library", "verify", folder) == 2
    assert "set all: crc32 is " in capsys.readouterr().err
    assert call("library", "verify", folder, "--events", 0) == 2
