"""The suite that every stage goes through by being listed, and a toy that is added to a list."""

import json
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from asicae.foundation.import_closure import Sources
from asicae.layout.record import LAYOUT_FOLDER
from asicae.readout.conversion import save
from asicae.runs.folder import METRICS, RunFolder
from asicae.runs.imported import import_settings
from asicae.runs.job import SETTINGS
from asicae.runs.kinds import IMPORTED, TRAINED, WITH_HYBRID, RunKind
from asicae.runs.record import PROVENANCE
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.source.simulate import SourceSettings, simulate
from asicae.training.settings import HybridSettings
from tests.conformance import toy_stage
from tests.support.altered_settings import ALTERED, decides
from tests.support.places import FIXTURES

MODEL = FIXTURES / "qkeras09" / "econ_t.h5"
KINDS = {
    "trained": (TRAINED, RunSettings()),
    "with a hybrid": (WITH_HYBRID, RunSettings(hybrid=HybridSettings())),
    "imported": (IMPORTED, import_settings(MODEL, None, {})),
    "with a toy": (replace(TRAINED, stages=(*TRAINED.stages, toy_stage.STAGE)), RunSettings()),
}
CASES = [(kind, stage) for kind, (listed, _) in KINDS.items() for stage in listed.stages]
MACHINERY = {"stages", SETTINGS, METRICS, PROVENANCE, LAYOUT_FOLDER}
"""What no stage makes: that of every run, and blocks that were laid out by their command."""


def name_for(glob: str) -> str:
    """A name that a glob matches."""
    return glob.replace("**/", "").replace("[!r]", "q").replace("*", "made")


def found(folder: Path, glob: str) -> set[str]:
    """Files of a folder that a glob matches."""
    return {str(p.relative_to(folder)) for p in folder.glob(glob) if p.is_file()}


def put(folder: Path, name: str, text: str = '"made"') -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def overlap(first: str, second: str, folder: Path) -> bool:
    """Whether a file can be matched by two globs."""
    for glob in (first, second):
        put(folder, name_for(glob))
    return bool(found(folder, first) & found(folder, second))


@pytest.mark.parametrize(("kind", "stage"), CASES, ids=lambda value: getattr(value, "name", value))
class TestEveryStage:
    def test_it_makes_something_within_the_run(self, kind: str, stage: Stage) -> None:
        assert stage.outputs and stage.name and stage.title
        for glob in (*stage.outputs, *stage.inputs):
            parts = Path(glob).parts
            assert parts and ".." not in parts and not Path(glob).is_absolute()
        assert not {Path(glob).parts[0] for glob in stage.outputs} & MACHINERY

    def test_nobody_else_makes_it(self, kind: str, stage: Stage, tmp_path: Path) -> None:
        others = [other for other in KINDS[kind][0].stages if other != stage]
        assert stage.name not in {other.name for other in others}
        pairs = [(a, b) for a in stage.outputs for other in others for b in other.outputs]
        made_twice = [pair for n, pair in enumerate(pairs) if overlap(*pair, tmp_path / str(n))]
        assert made_twice == []

    def test_what_it_reads_was_made_before(self, kind: str, stage: Stage, tmp_path: Path) -> None:
        """By an earlier stage or with the run, in a run of some kind; by a later one in none."""
        listed = KINDS[kind][0].stages
        later = listed[listed.index(stage) + 1 :]
        for glob in stage.inputs:
            assert not [s.name for s in later if makes(s, glob, tmp_path / kind / s.name)]
            assert Path(glob).parts[0] in MACHINERY or any(
                makes_before(*of_kind, stage, glob, tmp_path / name)
                for name, of_kind in KINDS.items()
            )

    def test_its_settings_are_json_and_decide(self, kind: str, stage: Stage) -> None:
        _, settings = KINDS[kind]
        values = stage.settings(settings)
        assert json.loads(json.dumps(values)) == dict(values)
        deciding = [name for name in ALTERED if decides(stage, name, settings)]
        assert bool(deciding) == bool(values)

    def test_it_is_made_again_when_anything_changes(
        self, kind: str, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, settings = KINDS[kind]
        monkeypatch.chdir(tmp_path)
        for name in (ALTERED["data"], *ALTERED["liberty"]):
            put(tmp_path, name)
        own = [n for n in stage.makes(RunView(tmp_path, settings, ())) if read(stage, n)]
        for name in (*map(name_for, stage.inputs), *own):
            put(tmp_path, name)
        stand_in = replace(stage, action=_maker(stage))
        folder = RunFolder(tmp_path)

        def runs(settings: RunSettings = settings, force: bool = False) -> bool:
            ran = folder.run(stand_in, RunView(tmp_path, settings, ()), force)
            assert not folder.run(stand_in, RunView(tmp_path, settings, ()))
            return ran

        assert runs()
        assert runs(force=True)
        for glob in dict.fromkeys((*stage.outputs, *stage.inputs)):
            put(tmp_path, name_for(glob), '"changed"')
            assert runs(), glob
        for glob in set(stage.outputs) - set(stage.inputs):
            (tmp_path / name_for(glob)).unlink()
            assert runs(), glob
        for name in ALTERED:
            if decides(stage, name, settings):
                assert runs(settings.model_copy(update={name: ALTERED[name]})), name
        runs()
        monkeypatch.setattr(Sources, "digest", lambda *_: "other sources")
        assert runs()


def _maker(stage: Stage) -> Callable[[RunView], Metrics]:
    """An action that makes what a stage declares, but for what it finds there."""

    def make(run: RunView) -> Metrics:
        globs = set(stage.outputs) - set(stage.inputs)
        for name in {*map(name_for, globs), *stage.makes(run)}:
            if not read(stage, name):
                put(run.path, name)
        return {}

    return make


def read(stage: Stage, name: str) -> bool:
    """Whether a file is an input of a stage."""
    return any(fnmatchcase(name, glob) for glob in stage.inputs)


def makes(stage: Stage, glob: str, folder: Path) -> bool:
    """Whether something that a glob matches is an output of a stage."""
    outputs = enumerate(stage.outputs)
    return any(overlap(glob, output, folder / str(number)) for number, output in outputs)


def makes_before(
    kind: RunKind, settings: RunSettings, stage: Stage, glob: str, folder: Path
) -> bool:
    """Whether a run of a kind has what a glob matches when the turn of a stage comes."""
    if stage not in kind.stages:
        return False
    kind.begin(settings)(folder / "begun")
    earlier = kind.stages[: kind.stages.index(stage)]
    at_first = bool(found(folder / "begun", glob))
    return at_first or any(makes(s, glob, folder / s.name) for s in earlier)


def test_an_input_that_nobody_makes_is_seen(tmp_path: Path) -> None:
    stray = replace(toy_stage.STAGE, inputs=("nowhere/*",))
    kind = replace(TRAINED, stages=(*TRAINED.stages, stray))
    assert not makes_before(kind, RunSettings(), stray, "nowhere/*", tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_names_its_own_stages(kind: str) -> None:
    listed, settings = KINDS[kind]
    names = {stage.name for stage in listed.stages}
    assert {listed.first, *listed.preparation} <= names
    assert listed.weight_sets(settings)


def test_a_toy_stage_runs(tmp_path: Path) -> None:
    readouts = simulate(SourceSettings(events=50, seed=3), progress=False)
    save(readouts, tmp_path / "readouts" / "test.npz")
    folder, view = RunFolder(tmp_path), RunView(tmp_path, RunSettings(), ())
    assert folder.run(toy_stage.STAGE, view)
    metrics = json.loads((tmp_path / METRICS).read_text())
    assert metrics == {"toy.share_of_cells": pytest.approx((readouts.calq > 0).mean())}
    assert not folder.run(toy_stage.STAGE, view)
    folder.drop_others(TRAINED.stages)
    assert not (tmp_path / "toy").exists() and folder.metrics() == {}
