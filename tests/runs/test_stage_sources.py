"""A stage is made again when its sources change: all that it uses, and nothing else."""

import inspect
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from asicae.foundation.assets import PACKAGE, asset_folder
from asicae.foundation.import_closure import Sources
from asicae.runs.imported import import_settings
from asicae.runs.job import Job
from asicae.runs.kinds import IMPORTED, TRAINED, WITH_HYBRID, RunKind
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Stage
from tests.runs.hiding_stage import STAGE as TOY
from tests.support.altered_settings import ALTERED, decides
from tests.support.places import FIXTURES
from tests.support.stage_use import StageUse, watching

STAGES = {stage.name: stage for stage in (*IMPORTED.stages, *WITH_HYBRID.stages)}
ALL = set(STAGES)
CHIP = {"export", "verify", "engines", "estimate"}
LEARNED = {"train", "hybrid", "evaluate", "compare"}
LIGHT = ("import", "readouts", "export", "report")
"""Stages that need neither a compiler nor TensorFlow."""
ASSETS = ("rtl", "hls", "verification")
CHANGED = {
    "asicae/__init__.py": ALL,
    "asicae/foundation/files.py": ALL,
    "asicae/foundation/validation.py": ALL,
    "asicae/module/codes.py": ALL - {"import"},
    "asicae/network/golden.py": {*CHIP, *LEARNED, "report"},
    "asicae/network/presets/small.toml": ALL - {"readouts"},
    "asicae/network/importing/importer.py": {"import", *LEARNED},
    "asicae/readout/formats/ntuple.py": {"readouts", "compare", "engines"},
    "asicae/readout/formats/npz.py": ALL - {"import", "export", "report"},
    "asicae/source/showers.py": {"readouts", "compare", "engines"},
    "asicae/concentrator/codec.py": {"hybrid", "compare"},
    "asicae/metrics/transport.py": LEARNED,
    "asicae/training/fit.py": LEARNED - {"compare"},
    "asicae/comparison/compare.py": {"compare"},
    "asicae/export/registers.py": {"export", "engines"},
    "asicae/export/templates/registers.html.j2": {"export", "engines"},
    "asicae/simulation/builds/runner_process.py": {"verify", "engines"},
    "asicae/simulation/engines/chip_driver.hpp": {"engines"},
    "asicae/simulation/engines/chip_host.hpp": {"engines"},
    "asicae/estimation/timed/simulator.cpp": {"estimate"},
    "asicae/estimation/yosys_process.py": {"estimate"},
    "asicae/report/page.py": {"report"},
    "asicae/report/templates/report.html.j2": {"report"},
    "asicae/runs/stages/verify.py": {"verify"},
    "asicae/runs/folder.py": set(),
    "asicae/runs/settings.py": set(),
    "asicae/cli/main.py": set(),
    "rtl/mac.v": {"export", "engines"},
    "hls/asicae_layers.hpp": {"engines"},
    # Benches go into sim/ of an export.
    "verification/top/bench_top.py": CHIP - {"estimate"},
    "verification/testplan.yaml": CHIP - {"estimate"},
}


def source_of(stage: Stage, package: Path = PACKAGE) -> Path:
    """The file that holds a stage, in a copy of the package."""
    return package / Path(inspect.getfile(stage.action)).relative_to(PACKAGE)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with its assets beside it, as in a checkout."""
    root = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "_assets")
    shutil.copytree(PACKAGE, root / PACKAGE.name, ignore=ignored)
    for kind in ASSETS:
        shutil.copytree(asset_folder(kind), root / kind, ignore=ignored)
    return root / PACKAGE.name


def digests(package: Path) -> dict[str, str]:
    """Hash of the sources by stage, with nothing remembered."""
    sources = Sources(package)
    return {name: sources.digest(source_of(stage, package)) for name, stage in STAGES.items()}


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources()


def changed_stages(sources: Sources, path: Path) -> set[str]:
    """Stages whose sources change when a file has another content with the same imports."""

    def found() -> dict[str, str]:
        return {name: sources.digest(source_of(stage)) for name, stage in STAGES.items()}

    before, true_hash = found(), sources._hash
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "_hash", lambda p: "changed" if p == path else true_hash(p))
        after = found()
    return {name for name in STAGES if before[name] != after[name]}


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_file_changes_the_stages_that_use_it(name: str, sources: Sources) -> None:
    kind, _, rest = name.partition("/")
    path = asset_folder(kind) / rest if kind in ASSETS else PACKAGE.parent / name  # type: ignore[arg-type]
    assert path.is_file()
    assert changed_stages(sources, path) == CHANGED[name]


def test_bytes_on_disk_decide_and_no_place_does(copied: Path) -> None:
    before = digests(copied)
    assert before == digests(PACKAGE)
    with (copied.parent / "rtl" / "mac.v").open("a") as file:
        file.write("\n")
    after = digests(copied)
    assert {stage for stage in ALL if before[stage] != after[stage]} == CHANGED["rtl/mac.v"]


def test_a_new_import_counts(copied: Path) -> None:
    page = copied / "report" / "page.py"
    text = page.read_text()
    page.write_text(f"{text}\n\ndef late() -> None:\n    import asicae.report.own\n")
    found = []
    for value in (1, 2):
        (copied / "report" / "own.py").write_text(f"VALUE = {value}\n")
        found.append(digests(copied))
    page.write_text(text)
    assert {stage for stage in ALL if found[0][stage] != found[1][stage]} == {"report"}


def test_an_installed_wheel_has_the_same_sources(copied: Path, tmp_path: Path) -> None:
    """There the assets lie in the package."""
    wheel = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, wheel, ignore=shutil.ignore_patterns("__pycache__"))
    for kind in ASSETS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(asset_folder(kind), wheel / "_assets" / kind, ignore=ignored)
    assert digests(wheel) == digests(PACKAGE)


def test_assets_are_used_whole_and_by_someone(sources: Sources) -> None:
    used = {p for stage in STAGES.values() for p in sources.closure(source_of(stage)).values()}
    for kind in ASSETS:
        files = {path for path in asset_folder(kind).rglob("*") if path.is_file()}
        assert {path for path in files - used if "__pycache__" not in path.parts} == set()


def test_it_takes_one_look_at_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound on work: reading and hashing go with the number of files, not of stages."""
    looks: Counter[Path] = Counter()
    read = Path.read_text

    def counted(path: Path, *arguments: str, **named: str) -> str:
        looks[path] += 1
        return read(path, *arguments, **named)

    monkeypatch.setattr(Path, "read_text", counted)
    sources = Sources()
    for stage in STAGES.values():
        sources.digest(source_of(stage))
    assert len(looks) > 100 and set(looks.values()) == {1}


def missing(used: StageUse, stages: Iterable[Stage], sources: Sources) -> dict[str, set[str]]:
    """Files by stage that its action used and that are none of its sources."""
    found = {
        stage.name: used.files[stage.name] - sources.closure(_file(stage)).keys()
        for stage in stages
    }
    return {name: files for name, files in found.items() if files}


def _file(stage: Stage) -> Path:
    return Path(inspect.getfile(stage.action))


def undecided(use: StageUse, kind: RunKind, settings: RunSettings) -> dict[str, set[str]]:
    """Settings by stage that its action read, and that decide neither about it nor before it.

    What a stage reads from an earlier one follows the settings of that.
    """
    decided: set[str] = set()
    found = {}
    for stage in kind.stages:
        decided |= {name for name in ALTERED if decides(stage, name, settings)}
        if left := use.settings[stage.name] - decided:
            found[stage.name] = left
    return found


@pytest.fixture(scope="module")
def light_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, StageUse]:
    """An imported run, but for what builds and synthesises, and what its stages used."""
    path = tmp_path_factory.mktemp("light") / "run"
    settings = import_settings(FIXTURES / "qkeras09" / "econ_t.h5", None, {})
    small = settings.source.model_copy(update={"events": 400})
    held_out = dict.fromkeys(
        ("validation_events", "test_events", "verify_events", "estimate_events"), 100
    )
    with watching((*IMPORTED.stages, TOY)) as used:
        job = Job.create(path, settings.model_copy(update={"source": small, **held_out}))
        job.run(LIGHT)
        job.folder.run(TOY, job.view)
    return job, used


def test_light_stages_use_nothing_but_their_sources(
    light_run: tuple[Job, StageUse], sources: Sources
) -> None:
    job, used = light_run
    light = [stage for stage in job.stages if stage.name in LIGHT]
    assert all(len(used.files[name]) > 3 for name in LIGHT)
    assert missing(used, light, sources) == {}
    assert undecided(used, IMPORTED, job.settings) == {}


def test_what_the_sources_lack_is_seen(light_run: tuple[Job, StageUse], sources: Sources) -> None:
    _, used = light_run
    assert missing(used, [TOY], sources) == {"toy": {"asicae/foundation/threads.py", "rtl/mac.v"}}
    assert undecided(used, replace(IMPORTED, stages=(TOY,)), RunSettings()) == {
        "toy": {"engine_events"}
    }


@pytest.mark.slow
def test_all_stages_use_nothing_but_their_sources(
    job: Job, stage_use: StageUse, sources: Sources
) -> None:
    """Those of the short run, which trains, builds and synthesises."""
    assert all(len(stage_use.files[stage.name]) > 3 for stage in job.stages)
    assert missing(stage_use, job.stages, sources) == {}
    assert undecided(stage_use, TRAINED, job.settings) == {}
