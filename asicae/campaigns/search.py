"""A search whose worker and whose client are killed: is it the one that nothing interrupted?

    python -m asicae.campaigns.search --work build/search --trials 40 --seed 1 \
        --out docs/results/search.json

A run is trained for its events, and searched over with two workers. In between every worker and the
client are killed by turns (SIGKILL); the same call goes on. Then the journal is compared with those
of two searches over the first trials that nobody interrupts, in other folders, with one worker and
with two, which also give the throughput of one beside that of two. The run is kept and taken again.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from asicae.campaigns.markdown import what_must_not_be
from asicae.campaigns.record import publish, record
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import read_bytes, write_text
from asicae.runs.job import Job
from asicae.runs.lock import alone_in
from asicae.runs.settings import RunSettings
from asicae.search.journal import JOURNAL, MAX_BYTES
from asicae.search.picture import PICTURE_FILE
from asicae.search.record import SEARCH_FILE, SearchRecord
from asicae.search.table import table

RUN: Final = """\
network = "econ-t"
links = [2]
dead_cells = 0
source = { events = 14000, seed = 11 }
validation_events = 1000
test_events = 3000

[train]
epochs = 10
hidden = [128, 128]
"""
SEARCH: Final = """\
base = "{base}"
links = 2
trials = {trials}
seed = {seed}
ahead = 4
drawn = 6
regimes = ["all", "occupancy 20+"]

[space]
"conv.filters" = [2, 4, 6, 8]
weight_bits = [4, 5, 6]
latents = [8, 12, 16]
microarchitecture = ["naive", "aligned", "lean"]
"train.epochs" = [5, 10]
"train.learning_rate" = [0.003, 0.01, 0.03]
"""
COMPARED: Final = 16
"""First trials that are searched for once more, by one worker and by two, without kills; the last
of them are proposed from the outcomes of others."""
CALM: Final = {"alone": 1, "together": 2}
"""Searches that nothing interrupts, by the number of workers."""
POLL_S: Final = 1.0


def main() -> None:
    """Search, kill, compare, and write the record with page and picture."""
    options = _parsed()
    work: Path = options.work
    work.mkdir(parents=True, exist_ok=True)
    _trained(work)
    killed = _searched(work, "killed", options.trials, options.seed, workers=2, kills=options.kills)
    few = min(COMPARED, options.trials)
    calm = {name: _searched(work, name, few, options.seed, CALM[name]) for name in CALM}
    found = SearchRecord.load(work / "killed" / SEARCH_FILE)
    wrong = [
        f"{line} ({name})"
        for name in CALM
        for line in differences(told(work / "killed"), told(work / name))
    ]
    if killed["workers"] + killed["clients"] != options.kills:
        wrong.append(f"fewer than {options.kills} kills hit a search at work")
    if len(found.rows) != options.trials:
        wrong.append(f"{len(found.rows)} trials are told, {options.trials} were asked for")
    figures = {
        "trials": len(found.rows),
        "without_figures": sum(bool(row.outcome.reason) for row in found.rows),
        "front": sum(row.pareto for row in found.rows),
        "killed": killed,
        **calm,
        "times_as_many": round(
            calm["together"]["trials_an_hour"] / calm["alone"]["trials_an_hour"], 2
        ),
        "compared_lines": len(told(work / "alone")),
    }
    made = record(
        options.seed,
        {"trials": options.trials, "kills": options.kills, "run": RUN, "search": SEARCH},
        figures,
        packages=("optuna", "distributed", "tensorflow", "numpy"),
        violations=wrong,
    )
    page = "\n".join([table(found).rstrip("\n"), *_about(figures), *what_must_not_be(made)]) + "\n"
    picture = read_bytes(work / "killed" / PICTURE_FILE, MAX_BYTES)
    publish(made, page, options.out, picture)


def _about(figures: dict[str, Any]) -> list[str]:
    killed = figures["killed"]
    return [
        "",
        f"{killed['workers']} workers and {killed['clients']} clients were killed in between; "
        f"{figures['compared_lines']} lines of the journal were compared with those of searches "
        "that nothing interrupted, by one worker and by two.",
        "",
        f"{figures['alone']['trials_an_hour']:.0f} trials an hour with one worker, "
        f"{figures['together']['trials_an_hour']:.0f} with two: {figures['times_as_many']} times "
        "as many, the start of the call included.",
    ]


def told(folder: Path) -> list[dict[str, Any]]:
    """The journal without when and by which process its lines were written."""
    lines = map(json.loads, read_bytes(folder / JOURNAL, MAX_BYTES).splitlines())
    return [
        {k: v for k, v in line.items() if k != "worker_id" and "datetime" not in k}
        for line in lines
    ]


def differences(long: Sequence[Any], short: Sequence[Any]) -> list[str]:
    """In which lines a journal does not begin as another one."""
    pairs = zip(long, short, strict=False)
    wrong = [f"line {n} of the journal differs" for n, (a, b) in enumerate(pairs, 1) if a != b]
    return wrong + (["the journal is shorter"] if len(long) < len(short) else [])


def _trained(work: Path) -> None:
    write_text(work / "run.toml", RUN)
    with alone_in(work / "run"):
        settings = RunSettings.load(work / "run.toml", {})
        Job.create(work / "run", settings).run(["readouts", "train"])


def _searched(
    work: Path, name: str, trials: int, seed: int, workers: int, kills: int = 0
) -> dict[str, float]:
    """Search in a folder anew, with so many kills, of a worker and of the client by turns."""
    shutil.rmtree(work / name, ignore_errors=True)
    text = SEARCH.format(base=work / "run", trials=trials, seed=seed)
    write_text(work / f"{name}.toml", text)
    words = ["search", str(work / f"{name}.toml"), "-o", str(work / name)]
    command = _command(*words, "--workers", str(workers))
    tally, began = {"workers": 0, "clients": 0}, time.monotonic()
    client = subprocess.Popen(command)
    for number in range(kills):
        _wait(work / name, (number + 1) * trials // (kills + 1), client)
        if client.poll() is not None:
            break
        if number % 2 == 0:
            os.kill(_worker(client.pid), signal.SIGKILL)
            tally["workers"] += 1
        else:
            client.kill()
            client.wait()
            tally["clients"] += 1
            client = subprocess.Popen(command)
    if code := client.wait():
        raise CheckFailed(f"{' '.join(words)}: exit {code}")
    took = time.monotonic() - began
    return {**tally, "seconds": round(took, 1), "trials_an_hour": round(trials * 3600 / took, 1)}


def _wait(folder: Path, lines: int, client: "subprocess.Popen[bytes]") -> None:
    """Until so many trials are told, or the client has ended."""
    journal = folder / JOURNAL
    while client.poll() is None:
        if journal.is_file() and len(journal.read_bytes().splitlines()) > lines:
            return
        time.sleep(POLL_S)


def _worker(client: int) -> int:
    """A worker of a client: of its processes the one that computes most.

    Raises:
        CheckFailed: it has none.
    """
    import psutil

    every = psutil.Process(client).children(recursive=True)
    found = [one for one in every if "spawn_main" in " ".join(one.cmdline())]
    if not found:
        raise CheckFailed(f"process {client} has no worker")
    return int(max(found, key=lambda one: sum(one.cpu_times()[:2])).pid)


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "asicae", *words]


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="folder of run and searches")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--kills", type=int, default=4, help="workers and the client by turns")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
