"""Whole commands, killed at every change of a name: called again, they end as if nothing was."""

import subprocess
import sys
from pathlib import Path

import pytest

from asicae.campaigns import kill_commands, kills
from tests.support import kills as support
from tests.support.places import FIXTURES

QUICK = ("data convert", "data convert --force", "encode", "weights pack", "weights pack --force")
LONG = ("import", "import --force")
TRAINS = "train"
DRAWN = ("export-rtl --force", "run, imported", "run, imported, again")
PROGRAM = [sys.executable, "-m", "asicae.campaigns.kills", "--fixtures", str(FIXTURES)]


def kill(*options: str) -> str:
    command = [*PROGRAM, "--library", str(support.SOURCE), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def share(every_state: bool) -> str:
    """Of the states one in so many is gone on with."""
    return "1" if every_state else "2"


@pytest.mark.build
@pytest.mark.parametrize("name", QUICK)
def test_nothing_is_lost(name: str) -> None:
    assert f'"{name}": 0' not in kill("--every", name)


@pytest.mark.build
@pytest.mark.slow
@pytest.mark.parametrize("plain", [False, True], ids=["exchange", "journal"])
@pytest.mark.parametrize("name", LONG)
def test_nothing_is_lost_of_a_folder(name: str, plain: bool, share: str) -> None:
    assert '"tried": 0' not in kill("--copies", name, "--each", share, *["--plain"] * plain)


@pytest.mark.build
@pytest.mark.training
@pytest.mark.slow
def test_nothing_is_lost_of_a_training(share: str) -> None:
    assert '"tried": 0' not in kill("--copies", TRAINS, "--each", share)


@pytest.mark.parametrize("each", ["0", "-1", "all"])
def test_a_share_of_no_state_is_refused(each: str) -> None:
    with pytest.raises(SystemExit) as ended:
        kills.parsed(["--fixtures", "f", "--library", "l", "--each", each])
    assert ended.value.code == 2


def test_every_command_of_the_campaign_is_tested() -> None:
    names = {command.name for command in kill_commands.commands(FIXTURES)}
    # A folder that is replaced, and runs, take long: the campaign draws from their kills, and
    # tries every one of a run that trains.
    assert names - {*QUICK, *LONG, TRAINS} == {*DRAWN, "run"}


@pytest.mark.parametrize("name", DRAWN)
def test_what_the_campaign_draws_from_ends_well(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (command,) = (one for one in kill_commands.commands(FIXTURES) if one.name == name)
    monkeypatch.chdir(tmp_path)
    command.before()
    command.call()
    assert kill_commands.damages(tmp_path / kill_commands.RUN) == []
