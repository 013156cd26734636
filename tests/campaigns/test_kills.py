"""Whole commands, killed at every change of a name: called again, they end as if nothing was."""

import subprocess
import sys

import pytest

from asicae.campaigns import kills
from tests.support import kills as support
from tests.support.places import FIXTURES

QUICK = ("data convert", "data convert --force", "encode", "weights pack", "weights pack --force")
LONG = ("import", "import --force")
PROGRAM = [sys.executable, "-m", "asicae.campaigns.kills", "--fixtures", str(FIXTURES)]


@pytest.mark.build
@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)]
)
def test_nothing_is_lost(name: str) -> None:
    command = [*PROGRAM, "--library", str(support.SOURCE), "--every", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'"{name}": 0' not in done.stdout


def test_every_command_of_the_campaign_is_tested() -> None:
    names = {command.name for command in kills.commands(FIXTURES)}
    # A folder that is replaced, and runs, take long: the campaign draws from their kills.
    assert names - {*QUICK, *LONG} == {"export-rtl --force", "run", "run again"}
