"""Runs whose stages take no time, killed at changes; and faults that this has to find.

Each third state that a kill can leave is gone on with, which finds every fault; all of them with
`--every-state`, as `make campaign-kills` has it.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.support.kills import library, memory_folder

PROGRAM = """
import json, shutil, sys
from functools import partial
from pathlib import Path

import pytest

from asicae.campaigns.kill_commands import RUN, SETTINGS, Command, called
from asicae.campaigns.kill_copies import Copies
from asicae.foundation import exchange, folders, temporaries
from asicae.foundation.files import write_json
from asicae.runs import lock
from asicae.runs.folder import RunFolder
from tests.support.stand_in_run import use_stand_ins

def not_in_one_step(new, path):
    if path.is_dir():
        shutil.rmtree(path)
    new.rename(path)

patch = pytest.MonkeyPatch()
use_stand_ins(patch)
nothing = lambda *given: None
FAULTS = {
    "none": [],
    "not in one step": [(folders, "put", not_in_one_step)],
    "a stage is never done": [(RunFolder, "_is_done", lambda *given: False)],
    "what is dead stays": [(lock, "remove_dead_below", nothing), (lock, "remove_dead", nothing),
                           (folders, "remove_dead", nothing)],
    "no journal is read": [(lock, "finish", nothing), (folders, "finish", nothing)],
}
run = partial(called, ("run", RUN, "--settings", SETTINGS))

def settings():
    write_json(Path(SETTINGS), {"network": "small", "links": [2, 5]})

def again():
    settings()
    run()
    (Path(RUN) / "rtl" / "asicae_top.v").unlink()

place, name, plain, fault, each = sys.argv[1:]
command = Command(name, run, again if name == "again" else settings)
for owner, attribute, other in FAULTS[fault]:
    patch.setattr(owner, attribute, other)
copies = Copies(command, Path(place) / "place", plain == "plain")
found = copies.violations(most=50 if fault == "none" else 1, each=int(each))
print(json.dumps([copies.changes, copies.states, copies.tried, found]))
"""


SHARE = 3
"""Of the states one in so many is gone on with."""


@dataclass(frozen=True)
class Found:
    """Numbers of changes, of different copies before them and of those gone on with; violations."""

    changes: int
    states: int
    tried: int
    violations: list[str]


def killed(name: str, plain: bool, fault: str = "none", each: int = SHARE) -> Found:
    """What becomes of the kills of a command."""
    with memory_folder() as place:
        words = [str(place), name, "plain" if plain else "exchange", fault, str(each)]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words],
            env=os.environ | {"LD_PRELOAD": str(library())},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return Found(*json.loads(done.stdout))


@pytest.mark.build
@pytest.mark.slow
@pytest.mark.parametrize(("name", "plain"), [("run", False), ("again", True)])
def test_nothing_is_lost_of_a_run(name: str, plain: bool, every_state: bool) -> None:
    each = 1 if every_state else SHARE
    found = killed(name, plain, each=each)
    assert found.violations == [] and found.changes >= found.states >= 50
    assert found.tried == -(-found.states // each)


@pytest.mark.build
@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "name", "plain"),
    [
        ("not in one step", "again", False),
        ("a stage is never done", "run", False),
        ("what is dead stays", "run", False),
        ("no journal is read", "again", True),
    ],
)
def test_a_fault_is_found(fault: str, name: str, plain: bool) -> None:
    assert killed(name, plain, fault).violations
