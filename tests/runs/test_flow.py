"""The whole path on the small network: every contract of a run folder, and resuming it."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from asicae.estimation.libraries import locate
from asicae.estimation.record import EstimateRecord
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.description import Network
from asicae.runs.folder import RunFolder
from asicae.runs.imported import import_settings
from asicae.runs.job import Job
from asicae.runs.record import sealed
from asicae.runs.results_told import in_words
from asicae.runs.seal import BEGIN
from asicae.runs.settings import RunSettings
from asicae.runs.stage import RunView, Stage
from asicae.runs.stages import engines
from asicae.simulation import executions
from asicae.simulation.engine_comparison import EngineComparison
from tests.support.command_line import call
from tests.support.places import FIXTURES

QKERAS09 = FIXTURES / "qkeras09"

KEYS = {
    "readout.events",
    "train.events",
    "train.epochs",
    "train.seconds",
    "train.dead_latents",
    "emd.autoencoder.2links",
    "emd.autoencoder.5links",
    "emd.mean_image",
    "emd.untrained",
    "emd.events_excluded",
    "response.autoencoder.5links",
    "resolution.autoencoder.5links",
    "emd_error.autoencoder.5links",
    "emd.threshold_sum.2links",
    "emd.super_trigger_cell.5links",
    "emd.best_choice.2links",
    "emd_error.best_choice.2links",
    "emd.repeater.11links",
    "emd.pileup200.autoencoder.2links",
    "emd.pileup200.best_choice.5links",
    "emd.pileup200.repeater.11links",
    "emd.pileup200.events_excluded",
    "emd.best_choice.2links.occupancy_1-4",
    "emd.autoencoder.5links.occupancy_20+",
    "emd.pileup200.autoencoder.2links.class_2",
    "emd.class7.autoencoder.2links.class_7",
    "emd_by_charge.best_choice.2links",
    "hottest_found.autoencoder.5links",
    "centroid.class7.adaptive_choice.2links",
    "width.pileup200.autoencoder.2links",
    "width_spread.super_trigger_cell.5links",
    "readout.test_events.occupancy_5-9",
    "response.best_choice.2links",
    "resolution.pileup200.autoencoder.5links",
    "response_hottest.autoencoder.2links",
    "resolution_hottest.pileup200.threshold_sum.5links",
    "bits_sent.threshold_sum.2links.mean",
    "bits_sent.threshold_sum.2links.max",
    "bits_sent.pileup200.autoencoder.5links.mean",
    "decode.best_choice.2links",
    "threshold.pileup200.threshold_sum.2links",
    "stc_type.super_trigger_cell.5links",
    "compression.bits_received",
    "compression.bits_decoded",
    "compression.bits_sent.5links",
    "compression.ratio_received.5links",
    "compression.ratio_decoded.5links",
    "exact.qkeras_vs_golden.words",
    "exact.qkeras_vs_golden.mismatches",
    "exact.golden_vs_rtl.words",
    "exact.golden_vs_rtl.sums",
    "exact.golden_vs_rtl.mismatches",
    "weights.parameters",
    "weights.bits",
    "weights.load_ms_1mhz",
    "rtl.interval_bx",
    "rtl.microarchitecture",
    "rtl.latency_bx",
    "area.mm2_65nm.low",
    "area.mm2_65nm.nominal",
    "area.mm2_65nm.high",
    "energy.nj_65nm.low",
    "energy.nj_65nm.nominal",
    "energy.nj_65nm.high",
    "speed.golden_per_s",
}
FILES = (
    "network.json",
    "model/5links_encoder.keras",
    "weights/5links.npz",
    "weights/5links.bin",
    "weights/dead_cells.yaml",
    "train/history.csv",
    "evaluation/autoencoder_5links.npz",
    "readouts/pileup.npz",
    "readouts/class7.npz",
    "compare/comparison.json",
    "compare/spreading.keras",
    "rtl/asicae_top.v",
    "rtl/filelist.f",
    "registers.rdl",
    "registers.h",
    "synth/estimate.json",
    "metrics.json",
    "report.html",
    "provenance.json",
)


def test_each_stage_says_what_it_found(job: Job) -> None:
    said = {name: in_words(name, found.metrics) for name, found in job.folder.records().items()}
    assert {name for name, words in said.items() if not words} == {BEGIN, "report"}
    assert "0 differ" in said["verify"] and "65 nm" in said["estimate"]


def test_a_run_folder_describes_itself(job: Job) -> None:
    assert [name for name in FILES if not (job.path / name).is_file()] == []
    metrics = json.loads((job.path / "metrics.json").read_text())
    assert sorted(KEYS - metrics.keys()) == []
    engines = [f"golden_vs_{name}" for name in ("emulator", "ac", "ap", "verilated")]
    assert metrics["exact.golden_vs_emulator.sums"] == 3_000
    assert metrics["speed.emulator_per_s"] > 0 and metrics["speed.verilated_per_s"] > 0
    for pair in ("qkeras_vs_golden", "golden_vs_rtl", *engines):
        assert metrics[f"exact.{pair}.mismatches"] == 0
    assert (metrics["rtl.interval_bx"], metrics["rtl.latency_bx"]) == (1, 2)
    assert metrics["weights.bits"] == job.network.weight_bits
    assert metrics["area.mm2_65nm.low"] < metrics["area.mm2_65nm.high"]


def test_the_report_is_self_contained(job: Job) -> None:
    text = (job.path / "report.html").read_text()
    assert "<script" not in text and "src=" not in text and "@import" not in text
    assert text.count("<svg") >= 8
    for title in (
        "Events in, latents, events out",
        "Beside the classical algorithms, at equal bandwidth",
        "Exactness",
        "Beside the published chip",
    ):
        assert title in text


def test_the_comparison_agrees_with_the_evaluation(job: Job) -> None:
    metrics = json.loads((job.path / "metrics.json").read_text())
    content = json.loads((job.path / "compare" / "comparison.json").read_text())
    assert [about["name"] for about in content["sets"]] == ["test", "pileup200", "class7"]
    assert [about["events"] for about in content["sets"]] == [500, 500, 100]
    points = {(p["set"], p["algorithm"], p["links"]): p for p in content["points"]}
    assert len(points) == 3 * (2 * 5 + 1)
    for links in (2, 5):
        mine = points["test", "autoencoder", links]
        assert mine["mean_bits"] == mine["max_bits"] == 32 * links
        for key in ("emd", "response", "resolution"):
            assert mine[key] == pytest.approx(metrics[f"{key}.autoencoder.{links}links"])
        classical = points["pileup200", "best_choice", links]
        tried = classical["tried_on_validation"]
        assert tried[classical["decode"]] == min(tried.values())
        assert {"drop", "even", "near_1", "mean_image", "class_image", "learned"} <= tried.keys()


def test_readouts_of_ones_own_have_no_simulated_sets(job: Job, tmp_path: Path) -> None:
    settings = job.settings.model_copy(update={"data": str(tmp_path / "own.npz")})
    mine = Job(RunFolder(tmp_path / "run"), settings)
    simulated = shutil.ignore_patterns("pileup.npz", "class*.npz")
    for folder in ("readouts", "model", "weights"):
        shutil.copytree(job.path / folder, mine.path / folder, ignore=simulated)
    shutil.copy(job.path / "network.json", mine.path)
    stage = next(stage for stage in mine.stages if stage.name == "compare")
    metrics = stage.action(mine.view)
    assert "emd.best_choice.2links" in metrics
    assert not [key for key in metrics if "pileup200." in key or "class7." in key]
    assert not list((mine.path / "readouts").glob("[pc]*.npz"))


def test_unchanged_stages_are_skipped_and_changed_ones_are_not(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.run()
    said = capsys.readouterr().err
    stages = [stage.name for stage in job.stages]
    assert [name for name in stages if f"{name}: unchanged" in said] == stages
    path = job.path / "weights" / "5links.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadInput, match=r"5links\.bin: is not what stage export left"):
        job.run(["export"])
    job.mend()
    job.run(["export"])
    assert "export: done" in capsys.readouterr().err


def tree(folder: Path) -> dict[str, bytes]:
    """Every file with its content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def of_stages(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "stages").glob("*.json")}


def test_force_keeps_what_still_holds_and_drops_the_rest(job: Job, tmp_path: Path) -> None:
    mine = tmp_path / "run"
    shutil.copytree(job.path, mine)
    before, stages = tree(mine), of_stages(mine)
    too_few = job.settings.model_copy(update={"test_events": 9_000})
    with pytest.raises(BadInput, match="3000 events, more than 9300 are needed"):
        Job.create(mine, too_few, force=True)
    assert tree(mine) == before
    changed = job.settings.model_copy(update={"verify_events": 100})
    with pytest.raises(BadInput, match="--force"):
        Job.create(mine, changed)
    assert tree(mine) == before
    Job.create(mine, changed, force=True)
    assert of_stages(mine) == stages - {"verify", "report"}
    gone = before.keys() - tree(mine).keys()
    assert {Path(name).parts[0] for name in gone} == {"verify", "report.html", "stages"}
    metrics = json.loads((mine / "metrics.json").read_text())
    assert "exact.golden_vs_rtl.words" not in metrics and "area.mm2_65nm.low" in metrics
    other = job.settings.model_copy(update={"links": (5,)})
    Job.create(mine, other, force=True)
    assert of_stages(mine) == {"begin", "readouts"}
    folders = {"readouts", "stages"}
    files = {"settings.json", "network.json", "metrics.json", "provenance.json"}
    assert {path.name for path in mine.iterdir()} == folders | files
    assert json.loads((mine / "metrics.json").read_text()) == {"readout.events": 3_000}


def test_an_import_over_a_training_leaves_nothing_of_it(job: Job, tmp_path: Path) -> None:
    mine = tmp_path / "run"
    shutil.copytree(job.path, mine)
    Job.create(mine, import_settings(QKERAS09 / "econ_t.h5", None, {}), True)
    assert not of_stages(mine) & {"train", "evaluate", "compare"}
    assert not any((mine / name).exists() for name in ("train", "evaluation", "compare"))


def test_a_forced_import_is_whole_or_not_at_all(tmp_path: Path) -> None:
    run, bad = tmp_path / "run", tmp_path / "bad.h5"
    bad.write_text("no HDF5")
    models = [QKERAS09 / name for name in ("conditional.hdf5", "econ_t.h5")]

    def create(model: Path) -> Job:
        latent = "latent_quantization" if "conditional" in model.name else None
        return Job.create(run, import_settings(model, None, {"latent": latent}), True)

    create(models[0]).run(["readouts", "export"])
    before = tree(run)
    with pytest.raises(BadInput) as refused:
        create(bad)
    assert str(refused.value).startswith(f"{bad}: ")
    assert tree(run) == before
    create(models[1])
    assert of_stages(run) == {"begin", "import", "readouts"}
    assert [path.name for path in (run / "model").iterdir()] == [models[1].name]
    assert [path.name for path in (run / "weights").iterdir()] == ["imported.npz"]
    assert not (run / "rtl").exists() and not (run / "registers.h").exists()
    assert Network.load(run / "network.json") != Network.model_validate_json(before["network.json"])
    again = Job.open(run)
    (run / "network.json").write_bytes(before["network.json"])
    with pytest.raises(BadInput, match=r"network\.json: is not what stage import left"):
        again.prepare()  # what `asicae verify` does first
    again.mend()
    again.prepare()
    assert Network.load(run / "network.json") != Network.model_validate_json(before["network.json"])


def test_a_stage_that_fails_leaves_no_metrics(tmp_path: Path) -> None:
    def fails(run: RunView) -> dict[str, int]:
        raise CheckFailed("no")

    def stage(action: Callable[[RunView], dict[str, int]]) -> Stage:
        return Stage("verify", "", action, ())

    folder, view = RunFolder(tmp_path), RunView(tmp_path, RunSettings(), ())
    folder.run(stage(lambda run: {"mismatches": 0}), view)
    assert folder.metrics() == {"mismatches": 0}
    with pytest.raises(CheckFailed):
        folder.run(stage(fails), view, force=True)
    assert json.loads((tmp_path / "metrics.json").read_text()) == {}


def test_nothing_outside_the_folder_is_dropped(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "stages").mkdir(parents=True)
    for name, output in (("a", "../mine/data"), ("b", str(tmp_path / "mine" / "data")), ("c", "")):
        record = {"stage": name, "key": "", "metrics": {"x": 1}, "seconds": 1, "origins": []}
        content = sealed(record | {"outputs": {output: "0" * 64}})
        (run / "stages" / f"{name}.json").write_text(json.dumps(content))
    (run / "stages" / "d.json").write_text("[]")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data").write_text("x")
    folder = RunFolder(run)
    folder.drop_others([])
    for name in "abcd":
        folder.drop(name)
    assert (tmp_path / "mine" / "data").read_text() == "x"
    assert folder.metrics() == {}


def test_engines_depend_on_the_source_and_on_what_builds_them(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = engines.STAGE.settings(job.settings)
    source = job.settings.source.model_copy(update={"mixture": "pileup"})
    other = Job(job.folder, job.settings.model_copy(update={"source": source}))
    assert engines.STAGE.settings(other.settings) != settings
    for variable in ("CXX", "ASICAE_AC_TYPES", "ASICAE_AP_TYPES"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, str(tmp_path / "absent"))
            assert engines.STAGE.settings(job.settings) != settings
    asked: list[object] = []

    def compare(*_: object, source: object, **__: object) -> EngineComparison:
        asked.append(source)
        return EngineComparison("x", 1)

    monkeypatch.setattr(executions, "compare_engine", compare)
    engines.STAGE.action(other.view)
    assert asked == [source] * len(executions.engines_of_a_run())


def test_another_setting_needs_force(job: Job) -> None:
    with pytest.raises(BadInput, match="--force"):
        Job.create(job.path, job.settings.model_copy(update={"verify_events": 7}))
    assert Job.open(job.path).settings == job.settings


@pytest.mark.parametrize("mutation", ["weight", "expected"])
def test_a_flipped_bit_fails_the_regression(
    job: Job, mutation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (job.path / "metrics.json").read_bytes()
    assert call("verify", job.path, "--mutate", mutation) == 1
    assert "differs from golden" in capsys.readouterr().err
    assert (job.path / "metrics.json").read_bytes() == before


@pytest.mark.parametrize("engine", ["verilated", "emulator"])
def test_engines_are_compared_over_fresh_events(
    job: Job, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (job.path / "metrics.json").read_bytes()
    words = ("--engine", engine, "--events", "3000")
    assert call("verify", job.path, *words) == 0
    assert f"{engine}: 48000 latents and 3000 sums compared, 0 differ" in capsys.readouterr().out
    for mutation in ("weight", "expected"):
        assert call("verify", job.path, *words, "--mutate", mutation) == 1
        said = capsys.readouterr().err
        assert f"{engine} differs from golden: set 5links, event " in said
    assert call("verify", job.path, *words, "--waves") == 2
    assert call("verify", job.path, "--events", "3000") == 2
    assert call("verify", job.path, "--engine", engine, "--events", "0") == 2
    assert "events: found 0" in capsys.readouterr().err
    assert (job.path / "metrics.json").read_bytes() == before


def test_a_library_in_files_gives_the_same_estimate_beside_the_runs_own(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """NanGate45 in two packed files: the same cells in the same order, so the same figures."""
    text = locate().read_text()
    cells = [match.start() for match in re.finditer(r"^\s*cell \(", text, re.MULTILINE)]
    head, middle = cells[0], cells[len(cells) // 2]
    parts = (text[:middle] + "}", text[:head] + text[middle:])
    given: list[object] = []
    for number, part in enumerate(parts):
        path = tmp_path / f"part{number}.lib.gz"
        path.write_bytes(gzip.compress(part.encode(), 1))
        given += ["--liberty", path]
    before, beside = tree(job.path), job.path / "synth" / "nangate45-typical.json"
    assert call("estimate", job.path, *given) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("nangate45: 45 nm, corner typical, 1.1 V, 25 °C (part0.lib.gz, ")
    assert said[-1] == str(beside)
    own, other = (EstimateRecord.load(p) for p in (job.path / "synth" / "estimate.json", beside))
    assert other.metrics == own.metrics
    assert (other.library.files, other.library.key) != (own.library.files, "")
    assert call("check", job.path) == 0
    beside.unlink()
    told = {"provenance.json"}  # of the last command
    after = tree(job.path)
    assert {name for name in before | after if before.get(name) != after.get(name)} <= told
    assert call("estimate", job.path, *given[:2]) == 2
    assert "part0.lib.gz: the chip needs " in capsys.readouterr().err
