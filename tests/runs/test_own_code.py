"""Code of the user in runs: known by its name and content wherever it lies, run if he wants it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256, write_text
from asicae.runs import kinds
from asicae.runs.folder import RunFolder
from asicae.runs.job import Job
from asicae.runs.record import PROVENANCE, StageRecord
from asicae.runs.seal import BEGIN
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.runs.trained import begin
from asicae.training.own_code import file_of, own_function
from asicae.training.settings import TrainSettings
from tests.support.command_line import call
from tests.support.stand_in_run import use_stand_ins

NAME = "own_pack.losses:mine"
SETTINGS = RunSettings(train=TrainSettings(loss=NAME))
CODE = "def mine(target, decoded):\n    return decoded\n"


def leave(run: RunView) -> Metrics:
    """Make the output of a stage."""
    (run.path / "left").write_text("")
    return {}


STAGE = Stage("toy", "leaving a file", leave, ("left",), code=lambda s: s.train.own_code)


def recorded(run: Path, inputs: dict[str, str]) -> None:
    """Leave the record of what a run was begun with."""
    StageRecord(stage=BEGIN, key="", metrics={}, outputs={}, inputs=inputs, seconds=0.0).save(run)


def begin_without_code(settings: RunSettings) -> Callable[[Path], None]:
    """Begin a run without TensorFlow."""
    return begin(settings.model_copy(update={"train": TrainSettings()}))


def installed(place: Path, content: str) -> Path:
    """A folder that holds the module, installed."""
    module = place / "own_pack" / "losses.py"
    module.parent.mkdir(parents=True)
    (module.parent / "__init__.py").write_text("")
    module.write_text(content)
    return place


def test_it_is_the_same_wherever_it_is_installed(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    view = RunView(folder.path, SETTINGS, (), frozenset({NAME}))
    folder.path.mkdir()

    def runs(place: Path | None) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            if place is not None:
                patch.syspath_prepend(str(place))
            return folder.run(STAGE, view)

    first = installed(tmp_path / "first", CODE)
    assert runs(first)
    content = sha256(first / "own_pack" / "losses.py")
    assert folder.records()["toy"].inputs == {NAME: content}
    assert not runs(installed(tmp_path / "second", CODE))
    assert not runs(None)
    assert runs(installed(tmp_path / "third", f"{CODE}\n"))


def test_nothing_in_a_run_folder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "their_run"
    write_text(run / PROVENANCE, "{}")
    write_text(run / "deep" / "evil.py", CODE)
    for place, name in ((tmp_path, "their_run.deep.evil:mine"), (run, "deep.evil:mine")):
        monkeypatch.chdir(place)
        path = file_of(name)
        recorded(run, {name: sha256(path)})
        view = RunView(run, RunSettings(train=TrainSettings(loss=name)), (), frozenset({name}))
        with pytest.raises(BadInput, match=r"lies in the run folder .*their_run, of which no"):
            RunFolder(run).run(STAGE, view)
        with pytest.raises(BadInput, match="lies in the run folder"):
            begin(view.settings)
    assert not (run / "left").exists()


def test_what_only_the_run_names_is_the_file_that_it_was_begun_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path, name = write_text(tmp_path / "mine.py", CODE), "mine:mine"
    folder = RunFolder(tmp_path / "run")
    view = RunView(folder.path, RunSettings(train=TrainSettings(loss=name)), ())
    for inputs in ({}, {name: sha256(Path(__file__))}, {"mine:other": sha256(path)}):
        recorded(folder.path, inputs)
        with pytest.raises(BadInput, match=f"{name}: its file is not the one that .* begun with"):
            folder.run(STAGE, view)
    assert set(folder.records()) == {BEGIN} and not (folder.path / "left").exists()
    recorded(folder.path, {name: sha256(path)})
    assert folder.run(STAGE, view)
    write_text(path, f"{CODE}\n")
    with pytest.raises(BadInput, match=name):
        folder.run(STAGE, view)
    assert folder.run(STAGE, replace(view, named=frozenset({name})))


def test_settings_of_ones_own_name_code_and_those_of_a_run_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stand_ins(monkeypatch)
    monkeypatch.setattr(kinds, "TRAINED", replace(kinds.TRAINED, begin=begin_without_code))
    monkeypatch.chdir(tmp_path)
    path, name, run = write_text(tmp_path / "mine.py", CODE), "mine:mine", tmp_path / "run"
    file = write_text(tmp_path / "my.json", f'{{"train": {{"loss": "{name}"}}}}')
    settings = RunSettings.load(file)
    job = Job.create(run, settings)
    assert job.view.named == {name}
    assert job.folder.records()[BEGIN].inputs == {name: sha256(path)}
    assert Job.open(run).view.named == Job.resume(run, {}).view.named == set()
    assert Job.resume(run, {}, file).view.named == {name}
    assert Job.resume(run, {"train": {"loss": name}}).view.named == {name}
    write_text(path, f"{CODE}\n")
    assert call("evaluate", run) == 2
    assert call("run", run) == 2
    assert call("run", run, "-s", file) == 0
    assert call("evaluate", run) == 0


def test_what_a_stage_runs_is_what_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path, name = write_text(tmp_path / "own_of_stage.py", CODE), "own_of_stage:mine"
    content, folder = sha256(path), RunFolder(tmp_path / "run")
    settings = RunSettings(train=TrainSettings(loss=name))
    view = RunView(folder.path, settings, (), frozenset({name}))

    def edit_between(run: RunView) -> Metrics:
        found = [own_function(name, ("target", "decoded"))(1, 2)]
        write_text(path, CODE.replace("return decoded", "return target"))
        found.append(own_function(name, ("target", "decoded"))(1, 2))
        return {**leave(run), "decoded": str(found)}

    def edit_before(run: RunView) -> Metrics:
        write_text(path, f"{CODE}\n")
        return edit_between(run)

    folder.path.mkdir()
    assert folder.run(replace(STAGE, action=edit_between), view)
    record = folder.records()["toy"]
    assert record.metrics == {"decoded": "[2, 2]"} and record.inputs == {name: content}
    with pytest.raises(BadInput, match=r"own_of_stage\.py has changed meanwhile"):
        folder.run(replace(STAGE, action=edit_before), view)
    with pytest.raises(BadInput, match=f"{name}: is not run here"):
        folder.run(replace(STAGE, action=edit_before, code=lambda s: {}), view)
