"""Nothing in a run folder is believed that is not as its stage left it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asicae.campaigns import damaged_runs
from asicae.concentrator.encoding import encode_files
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, write_json
from asicae.network.named import network_of
from asicae.network.weights import Weights
from asicae.readout.conversion import save
from asicae.runs.folder import METRICS
from asicae.runs.job import SETTINGS, Job
from asicae.runs.record import PROVENANCE, SEAL, sealed
from asicae.runs.stages import train
from asicae.runs.trained_sets import named_network
from asicae.simulation.engine_comparison import EngineComparison
from asicae.source.simulate import SourceSettings, simulate
from asicae.training.checkpoint import CHECKPOINTS
from tests.support.command_line import call
from tests.support.stand_in_run import finished, use_stand_ins

READ_BY = {
    words: globs
    for words, globs in damaged_runs.READ_BY.items()
    if words.split()[0] in ("evaluate", "report", "verify", "estimate")
}
"""What each command that goes on with a run reads beside what all of them read."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        use_stand_ins(patch)
        yield finished(tmp_path_factory.mktemp("sealed") / "run").path


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run of one's own; whatever a command would do then, it gets that far."""
    use_stand_ins(monkeypatch)
    engine = "asicae.simulation.engine_comparison.compare_engine"
    monkeypatch.setattr(engine, lambda *_, **__: EngineComparison("emulator", 1))
    monkeypatch.setattr("asicae.runs.stages.verify.regress", lambda *_: {})
    monkeypatch.setattr("asicae.simulation.regression.verify.compared_in", lambda _: [])
    monkeypatch.setattr(Job, "weight_sets", lambda job: [])
    return Path(shutil.copytree(made, tmp_path / "run"))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def into_link(path: Path) -> None:
    path.rename(path.parent.parent / f"elsewhere-{path.name}")
    path.symlink_to(path.parent.parent / f"elsewhere-{path.name}")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "flipped": flip,
    "removed": Path.unlink,
    "a folder": into_folder,
    "a link": into_link,
}
# The quick lane takes the kind that only a hash tells.
KINDS = [
    kind if kind == "flipped" else pytest.param(kind, marks=pytest.mark.slow) for kind in DAMAGES
]


def files(run: Path) -> list[str]:
    return sorted(str(p.relative_to(run)) for p in run.rglob("*") if p.is_file())


def tree(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files(folder)}


def of_stages(run: Path) -> dict[str, str]:
    """Stage by file, for all that is recorded, and for the records."""
    found = {}
    for path in (run / "stages").iterdir():
        found[f"stages/{path.name}"] = path.stem
        found |= dict.fromkeys(read_json(path)["outputs"], path.stem)
    return found


def words_of(command: str, run: Path) -> list[str]:
    return command.replace(damaged_runs.RUN, str(run)).split()


def test_all_that_a_run_holds_is_recorded(run: Path) -> None:
    assert set(files(run)) == of_stages(run).keys() | {METRICS, PROVENANCE}
    assert call("check", run) == 0
    for command in READ_BY:
        assert call(*words_of(command, run)) == 0, command
        assert call("check", run) == 0, command


@pytest.mark.parametrize("command", READ_BY)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_as_it_was_left_is_refused(
    kind: str, command: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = of_stages(run)
    chosen = [name for name in stages if damaged_runs.reads(command, name)]
    assert len(chosen) > 12
    # Only a hash tells flipped bits; of the rest each command and each kind meets some.
    turn = [*READ_BY].index(command) + [*DAMAGES].index(kind)
    for name in chosen if kind == "flipped" else chosen[turn % 3 :: 3]:
        copy = run.parent / "copy"
        shutil.copytree(run, copy)
        DAMAGES[kind](copy / name)
        before = tree(copy)
        assert call(*words_of(command, copy)) == 2, name
        *steps, said = capsys.readouterr().err.splitlines()
        assert said.startswith(f"asicae: {copy / name}: "), said
        left = "a link" if kind == "a link" else f"stage {stages[name]} left"
        assert left in said, said
        assert all(step.endswith("unchanged, skipped") for step in steps), steps
        assert tree(copy) | {PROVENANCE: b""} == before | {PROVENANCE: b""}
        shutil.rmtree(copy)
        for rest in run.parent.glob("elsewhere-*"):
            rest.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("kind", DAMAGES)
def test_check_tells_and_run_makes_it_again(
    kind: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, stages = tree(run), of_stages(run)
    kinds = {(stages[n], n.startswith("stages/")): n for n in stages}
    for name in [*kinds.values(), METRICS]:
        copy = run.parent / "copy"
        shutil.copytree(run, copy)
        DAMAGES[kind](copy / name)
        begun = stages.get(name) == "begin"
        assert call("check", copy) == 1, name
        assert str(copy / name) in capsys.readouterr().out, name
        done = call("run", copy)
        said = capsys.readouterr().err
        assert str(copy / name) in said and "Traceback" not in said
        if begun or (kind in ("a folder", "a link") and done):
            assert done == 2
        else:
            assert done == 0, (name, said)
            assert "; made again" in said
            assert call("check", copy) == 0
            after = tree(copy)
            assert after.keys() == before.keys()
            assert all(after[n] == before[n] for n in after if not of_times(n)), name
        capsys.readouterr()
        shutil.rmtree(copy)
        for rest in run.parent.glob("elsewhere-*"):
            rest.unlink()


def of_times(name: str) -> bool:
    return name == PROVENANCE or name.startswith("stages/")


@pytest.mark.parametrize("stage", ["begin", "train", "export"])
def test_an_edited_record_is_damaged_whatever_is_edited(stage: str, run: Path) -> None:
    path = run / "stages" / f"{stage}.json"
    content = read_json(path)
    edits = [{key: [content[key]]} for key in content] + [{"more": 1}, {"key": "0" * 64}]
    edits += [{"metrics": content["metrics"] | {"x": 1}}, {"seconds": content["seconds"] + 1}]
    texts = [json.dumps(content | edit) for edit in edits]
    # Also sealed again: types, names of others, and outputs that are too few or too many.
    outputs = content["outputs"]
    few = dict(list(outputs.items())[1:])
    again = [{"stage": "verify"}, {"outputs": []}, {"outputs": outputs | {"../x": "0" * 64}}]
    again += [{"metrics": {"x": True}}, {"seconds": "1"}, {"origins": [1]}]
    again += [] if stage == "begin" else [{"outputs": few}, {"outputs": outputs | {"x": "0" * 64}}]
    texts += [json.dumps(sealed(content | edit)) for edit in again]
    texts += [json.dumps(sealed({k: v for k, v in content.items() if k != "key"}))]
    texts += ["", "[]", "{", '{"seal": NaN}', "[" * 100_000]
    for text in texts:
        path.write_text(text)
        assert call("report", run) == 2, text[:80]
        assert call("check", run) == 1, text[:80]
    write_json(path, content)
    assert call("check", run) == 0
    assert sealed(content)[SEAL] == content[SEAL]


def test_a_record_of_no_stage_and_files_that_no_stage_left(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("stages/other.json", "weights/mine.npz", "rtl/more.v", "model/x.keras"):
        (run / name).write_text("{}")
        assert call("check", run) == 1
        assert f"{run / name}: " in capsys.readouterr().out
        assert call("evaluate" if "rtl" not in name else "estimate", run) == 2
        assert call("run", run) == 2
        assert f"{run / name}: " in capsys.readouterr().err
        (run / name).unlink()
    for name in ("weights/.mine.npz", "rtl/.more.v", "stages/.other.json"):
        (run / name).write_text("{}")
    assert call("check", run) == 0


def test_an_unfinished_stage_is_not_read_but_gone_on_with(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = Job.open(run)
    job.folder.forget("train")
    job.folder.write_metrics()
    job.write_provenance()
    assert call("evaluate", run) == 2
    assert "stage train has not finished; `asicae run" in capsys.readouterr().err
    assert call("run", run) == 0
    assert call("check", run) == 0


def test_another_network_is_not_trained(run: Path, tmp_path: Path) -> None:
    other = json.loads((run / "network.json").read_text())
    shutil.rmtree(run)
    small = Job.create(run, finished_settings(tmp_path))
    (run / "network.json").write_text(json.dumps(other | {"name": "other"}))
    assert call("run", run) == 2
    with pytest.raises(BadInput, match=r"network\.json: is not what stage begin left"):
        small.run(["train"])
    assert call("run", run, "--settings", run / SETTINGS) == 0
    assert call("check", run) == 0


def test_a_network_that_settings_do_not_name_is_not_trained(run: Path, tmp_path: Path) -> None:
    job = Job.open(run)
    assert named_network(job.settings, run) == job.network
    other = network_of("large")
    other.save(run / "network.json")
    damaged_runs.sealed_again(run, "network.json")
    with pytest.raises(BadInput, match=r"network\.json: is not the network small that"):
        train.STAGE.action(Job.open(run).view)
    # A file of one's own: told from the copy of the run while it is there.
    mine = tmp_path / "mine.json"
    settings = job.settings.model_copy(update={"network": str(mine)})
    other.save(mine)
    assert named_network(settings, run) == other
    network_of("small").save(mine)
    with pytest.raises(BadInput, match=r"mine\.json that the settings of the run name"):
        named_network(settings, run)
    mine.unlink()
    assert named_network(settings, run) == other


def test_a_file_of_a_run_that_a_command_is_given_is_as_it_was_left(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = Weights.random(network_of("small"), 1)
    own = weights.save(run / "kept" / "own.npz")  # of no stage's making
    monkeypatch.chdir(run / "weights")
    (tmp_path / "link.json").symlink_to(run / "network.json")
    flip(run / "weights" / "5links.npz")
    flip(run / "network.json")
    (run / "weights" / "mine.npz").write_bytes(own.read_bytes())
    out = ("-o", tmp_path / "out.bin")
    for words, name, why in (
        (("weights", "pack", "5links.npz", *out), "weights/5links.npz", "is not what stage train"),
        (("weights", "pack", "mine.npz", *out), "weights/mine.npz", "no stage left it"),
        (
            ("weights", "pack", own, *out, "-n", tmp_path / "link.json"),
            "network.json",
            "begin left",
        ),
        (("export-rtl", *out, "-n", "../network.json"), "network.json", "stage begin left"),
        (("data", "describe", f"{run}/weights/5*.npz"), "weights/5links.npz", "stage train left"),
    ):
        assert call(*words) == 2, words
        said = capsys.readouterr().err
        assert said.startswith(f"asicae: {run / name}: ") and why in said, said
    # Of no stage's making either: what a training that failed keeps to be used.
    best = weights.save(run / CHECKPOINTS / "weights" / "5links.npz")
    for path in (own, best):
        assert call("weights", "pack", path, *out, "-n", "small", "--force") == 0


def finished_settings(folder: Path):  # type: ignore[no-untyped-def]
    from asicae.runs.settings import RunSettings

    return RunSettings(network="small", links=(2, 5))


@pytest.mark.parametrize(
    "algorithm", ["best_choice", pytest.param("autoencoder", marks=pytest.mark.training)]
)
@pytest.mark.parametrize("kind", DAMAGES)
def test_decoding_reads_nothing_that_was_changed(
    kind: str, algorithm: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job, readouts, weights = Job.open(run), tmp_path / "events.npz", tmp_path / "w.npz"
    save(simulate(SourceSettings(events=20, seed=3), progress=False), readouts)
    Weights.random(job.network, 1).save(weights)
    mine = {"network": job.network, "weights": weights} if algorithm == "autoencoder" else {}
    values = {"alg_type": algorithm, "links": 2}
    encode_files([str(readouts)], tmp_path / "frames.npz", values, **mine)
    read = ("weights/2links.npz", "model/2links_decoder.keras", "network.json")
    if algorithm == "best_choice":
        read = ("compare/comparison.json", "compare/spreading.keras", "readouts/train.npz")
    for name in (*read, SETTINGS, "stages/train.json"):
        copy = tmp_path / "copy"
        shutil.copytree(run, copy)
        DAMAGES[kind](copy / name)
        out = tmp_path / "out.npz"
        assert call("decode", tmp_path / "frames.npz", "-o", out, "--run", copy) == 2
        said = capsys.readouterr().err
        assert f"{copy / name}: " in said and (" left" in said or "a link" in said)
        shutil.rmtree(copy)
        for rest in tmp_path.glob("elsewhere-*"):
            rest.unlink()


def test_weights_of_ones_own_are_adopted(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job, mine = Job.open(run), tmp_path / "mine.npz"
    Weights.random(job.network, 1).save(mine)
    assert call("weights", "adopt", run, mine) == 0
    assert call("check", run) == 0
    assert Job.open(run).view.weight_sets == ("mine", "5links", "dead_cells")
    assert call("estimate", run) == 0
    assert (run / "weights" / "mine.bin").is_file()
    assert call("run", run) == 0 and call("check", run) == 0
    origin = read_json(run / "stages" / "adopt.json")["origins"]
    assert [(o["name"], o["path"]) for o in origin] == [("mine", str(mine))]
    capsys.readouterr()
    for name in ("mine", "5links", "../x", ".x", ""):
        assert call("weights", "adopt", run, mine, "--name", name or " ") == 2
    Weights.random(job.network, 2).save(mine)
    assert call("weights", "adopt", run, mine, "--force") == 0
    assert call("weights", "adopt", run, mine, "--name", "two") == 0
    assert Job.open(run).view.weight_sets[:2] == ("two", "mine")
    (tmp_path / "bad.npz").write_bytes(b"no weights")
    assert call("weights", "adopt", run, tmp_path / "bad.npz") == 2
    assert call("run", run) == 0 and call("check", run) == 0
    flip(run / "weights" / "mine.npz")
    capsys.readouterr()
    for command in ("estimate", "run"):
        assert call(command, run) == 2
        assert "mine.npz: is not what stage adopt left" in capsys.readouterr().err
