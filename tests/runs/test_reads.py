"""Whatever a command reads of a run, it has made sure before that its stage left it so."""

import shutil
from pathlib import Path

import pytest

from asicae.network.weights import Weights
from asicae.runs.job import Job
from asicae.runs.seal import Seal
from tests.support.command_line import call
from tests.support.read_watch import watching_reads
from tests.support.short_run import NAME

pytestmark = pytest.mark.usefixtures("undrawn")

ENCODE = "encode {run}/readouts/test.npz --links 5 --algorithm"
OWN = "-n {run}/network.json --weights {run}/weights/5links.npz"
COMMANDS = {
    "report {run}": {"evaluation/autoencoder_5links.npz", "train/history.csv", "network.json"},
    "check {run}": {"settings.json"},
    "run {run}": {"settings.json"},
    "evaluate {run}": {"model/5links_encoder.keras", "weights/2links.npz", "readouts/train.npz"},
    "verify {run}": {"weights/5links.npz", "readouts/test.npz"},
    "verify {run} --mutate weight": {"weights/5links.npz", "readouts/test.npz"},
    "verify {run} --engine emulator --events 500": {"weights/dead_cells.npz", "network.json"},
    "estimate {run}": {"weights/5links.npz", "readouts/test.npz"},
    f"{ENCODE} best_choice -o {{out}}/charges.npz --force": {"readouts/test.npz"},
    f"{ENCODE} autoencoder {OWN} -o {{out}}/latents.npz --force": {
        *("weights/5links.npz", "readouts/test.npz", "network.json"),
    },
    "decode {out}/charges.npz -o {out}/x.npz --run {run}": {
        *("compare/comparison.json", "readouts/train.npz"),
    },
    "decode {out}/latents.npz -o {out}/y.npz --run {run}": {"model/5links_decoder.keras"},
    "weights pack {run}/weights/5links.npz -o {out}/w.bin -n {run}/network.json": {
        *("weights/5links.npz", "network.json"),
    },
    "weights unpack {run}/weights/5links.bin -o {out}/u.npz -n small": {"weights/5links.bin"},
    "weights diff {run}/weights/5links.npz {run}/weights/5links.yaml -n small": {
        *("weights/5links.npz", "weights/5links.yaml"),
    },
    "export-rtl -n {run}/network.json -o {out}/rtl": {"network.json"},
    "export-hls -n {run}/hls/network.json -o {out}/hls --weights {run}/weights/2links.npz": {
        *("hls/network.json", "weights/2links.npz"),
    },
    "data describe {run}/readouts/*.npz": {"readouts/pileup.npz", "readouts/validation.npz"},
    "import {run}/model/5links_encoder.keras -o {out}/run": {"model/5links_encoder.keras"},
    "weights adopt {run} {out}/own.npz": {"network.json"},
}
"""Commands, with some of what each reads."""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, shared_run: Path) -> dict[str, Path]:
    """A finished run of one's own, and a folder for what is made."""
    run = tmp_path_factory.mktemp("reads") / NAME
    shutil.copytree(shared_run / NAME, run)
    out = run.parent / "out"
    Weights.random(Job.open(run).network, 3).save(out / "own.npz")
    made = {"run": run, "out": out}
    for command in COMMANDS:
        if command.startswith("encode"):  # what others decode
            assert call(*command.format(**made).split()) == 0
    return made


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[:60])
def test_what_is_read_is_known_to_be_as_it_was_left(command: str, places: dict[str, Path]) -> None:
    words = command.format(**places).split()
    with watching_reads(places["run"]) as watch:
        # An error that is planted must be found.
        assert call(*words) == int("--mutate" in words)
    assert watch.unsure == []
    assert watch.read >= COMMANDS[command]


def test_a_read_of_what_nobody_made_sure_of_is_noticed(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = places["run"]
    report = f"report {run}".split()
    with pytest.MonkeyPatch.context() as patch, watching_reads(run) as watch:
        patch.setattr(Seal, "require", lambda *_: None)
        assert call(*report) == 0
    assert {"train/history.csv", "compare/comparison.json"} <= set(watch.unsure)
    with pytest.MonkeyPatch.context() as patch, watching_reads(run) as watch:
        patch.setattr("asicae.runs.job.require_begun", lambda *_: None)
        assert call(*report) == 0
    assert "settings.json" in watch.unsure
    with pytest.MonkeyPatch.context() as patch, watching_reads(run) as watch:
        patch.setattr("asicae.runs.given.require_given", lambda *_: None)
        assert call("data", "describe", run / "readouts" / "test.npz") == 0
    assert set(watch.unsure) == {"readouts/test.npz"}
    read = Job.write_provenance

    def reads_more(job: Job) -> None:
        (job.path / "registers.json").read_text()
        read(job)

    with watching_reads(run) as watch:
        monkeypatch.setattr(Job, "write_provenance", reads_more)
        assert call(*report) == 0
    assert set(watch.unsure) == {"registers.json"}
