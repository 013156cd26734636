"""Commands that are killed, what has to be there before, and what they leave."""

import hashlib
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from asicae.campaigns.same_bytes import LEFT_OUT, content
from asicae.cli.main import main as asicae
from asicae.estimation.record import LEAST_EVENTS
from asicae.foundation.errors import BadInput
from asicae.foundation.files import write_json
from asicae.foundation.validation import validated
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.conversion import save
from asicae.runs.imported import import_settings
from asicae.runs.job import Job
from asicae.runs.lock import alone_in
from asicae.runs.record import PROVENANCE, SEAL, STAGES
from asicae.runs.settings import RunSettings
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

RUN, OUT = "run", "out"
SETTINGS, READOUTS = "settings.json", "in.npz"
LIGHT = ("import", "readouts", "export")
"""Stages of an imported run that neither build nor train."""
EVENTS, HELD_OUT = 700, 100
"""Of the smallest run that trains: events of its source, and of each part that is held out."""


@dataclass(frozen=True)
class Command:
    """One that is killed.

    Attributes:
        name: of the trial.
        call: runs it in the folder of the trial, which is the working folder.
        before: makes what has to be there, in the working folder.
        trains: whether it takes too long to be called for every kill.
    """

    name: str
    call: Callable[[], None]
    before: Callable[[], None] = lambda: None
    trains: bool = False

    def __str__(self) -> str:
        return self.name


def commands(fixtures: Path) -> list[Command]:
    """All of them; ``fixtures`` is the folder with sound models."""
    models = fixtures.resolve()
    first = models / "qkeras09" / "econ_t.h5"
    second = models / "qkeras_v3" / "conditional.keras"

    def words(*given: object) -> Callable[[], None]:
        return partial(called, given)

    imported = words("import", first, "-o", RUN)
    return [
        Command("data convert", words("data", "convert", READOUTS, "-o", "out/a.csv"), readouts),
        Command(
            "data convert --force",
            words("data", "convert", READOUTS, "-o", "a.parquet", "--force"),
            partial(readouts, "a.parquet"),
        ),
        Command(
            "encode",
            words(*"encode in.npz -o out/f.npz --algorithm best_choice --links 2".split()),
            readouts,
        ),
        Command("weights pack", words("weights", "pack", "set.npz", "-o", OUT), weights),
        Command(
            "weights pack --force",
            words("weights", "pack", "set.npz", "-o", OUT, "--force"),
            partial(weights, packed=True),
        ),
        Command("export-rtl --force", words("export-rtl", "-o", OUT, "--force"), old_folder),
        Command("import", imported),
        Command("import --force", words("import", second, "-o", RUN, "--force"), imported),
        Command("run, imported", partial(light_run, first)),
        Command("run, imported, again", partial(light_run, first), partial(stale_run, first)),
        Command("run", words("run", RUN, "--settings", SETTINGS), small_settings, trains=True),
        Command(
            "train",
            words("train", READOUTS, "-o", RUN, "--settings", SETTINGS),
            partial(small_settings, data=True),
            trains=True,
        ),
    ]


def called(words: Sequence[object]) -> None:
    """``asicae WORDS``.

    Raises:
        BadInput: it ends with another code than 0.
    """
    own, sys.argv = sys.argv, ["asicae", *map(str, words)]
    try:
        asicae()
    except SystemExit as leaving:
        if leaving.code:
            raise BadInput(f"asicae {' '.join(map(str, words))}: exit {leaving.code}") from None
    finally:
        sys.argv = own


def readouts(*more: str) -> None:
    """Some readouts as ``in.npz``, and under the other names given."""
    for name in (READOUTS, *more):
        save(simulate(SourceSettings(events=60, seed=3)), Path(name), False)


def small_settings(data: bool = False) -> None:
    """Those of a run that trains and is as short as can be; ``data``: on readouts of one's own."""
    source = SourceSettings(events=EVENTS, seed=5)
    found: dict[str, Any] = {
        "network": "small",
        "links": [2, 5],
        "dead_cells": 0,
        "train": {"epochs": 2, "next_epochs": 1, "fine_tune_epochs": 1, "hidden": [8], "batch": 64},
        "compare": {"choice_events": 20, "spreading_epochs": 1},
        "validation_events": HELD_OUT,
        "test_events": HELD_OUT,
        "verify_events": 20,
        "engine_events": 100,
        "estimate_events": LEAST_EVENTS,
        "allow_worse_than_mean": True,
    }
    if data:
        save(simulate(source), Path(READOUTS), False)
    else:
        found["source"] = {"events": source.events, "seed": source.seed}
    write_json(Path(SETTINGS), found)


def weights(packed: bool = False) -> None:
    """A weight set; ``packed``: there are older files of another one already."""
    network = Network.preset("econ-t")
    if packed:
        Weights.random(network, 1).save(Path("set.npz"))
        called(("weights", "pack", "set.npz", "-o", OUT))
    Weights.random(network, 2).save(Path("set.npz"))


def old_folder() -> None:
    """Something that is to be replaced."""
    (Path(OUT) / "deep").mkdir(parents=True)
    (Path(OUT) / "deep" / "old").write_text("old")


def light_run(model: Path) -> None:
    """An imported run, made or gone on with, without what builds."""
    few = {
        "source": SourceSettings(events=300, seed=5).model_dump(mode="json"),
        "validation_events": 100,
        "test_events": 100,
        "verify_events": 100,
        "estimate_events": 50,
        "timed_events": 50,
    }
    usual = import_settings(model, None, {}).model_dump(mode="json")
    settings = validated(RunSettings, usual | few, "settings of a light run")
    with alone_in(Path(RUN)):
        Job.create(Path(RUN), settings).run(LIGHT)


def stale_run(model: Path) -> None:
    """A whole one, one of whose outputs is gone."""
    light_run(model)
    (Path(RUN) / "rtl" / "asicae_top.v").unlink()


def tree(folder: Path) -> dict[str, str | None]:
    """What lies below ``folder``, hidden too: hashes of the files without times, None of folders.

    What cannot be equal is named all the same; locks are left out.
    """
    return {
        str(path.relative_to(folder)): digest(_content(path)) if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(".lock")
    }


def digest(value: Any) -> str:
    """SHA-256 of bytes or of something that consists of texts, numbers and the like."""
    data = value if isinstance(value, bytes) else repr(value).encode()
    return hashlib.sha256(data).hexdigest()


def _content(path: Path) -> Any:
    if path.parent.name != STAGES and any(map(path.match, LEFT_OUT)):
        return None
    try:
        found = content(path)
    except (ValueError, KeyError, zipfile.BadZipFile):  # it is not what its name says
        return path.read_bytes()
    if path.parent.name != STAGES or not isinstance(found, dict):
        return found
    # Hashes of files with times in them; `damages` compares them with the files.
    kept = {key: value for key, value in found.items() if key not in ("key", SEAL)}
    return kept | {"outputs": sorted(found.get("outputs", {}))}


def damages(run: Path) -> list[str]:
    """What in a run folder is not what its stages left; nothing where there is no run."""
    if not (run / PROVENANCE).is_file():
        return []
    try:
        return [damage.line(run) for damage in Job.open(run).seal.check()]
    except BadInput as error:
        return [str(error)]


def differences(found: dict[str, str | None], expected: dict[str, str | None]) -> list[str]:
    """Names of what is there only once, else of what differs."""
    return sorted(set(found) ^ set(expected)) or [n for n in found if found[n] != expected[n]]
