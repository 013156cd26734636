"""Settings that cannot be used are refused before any work is spent, and none is ignored."""

import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from asicae.foundation import extras
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.readout.conversion import save
from asicae.readout.module_class import module_links
from asicae.runs.job import Job
from asicae.runs.quick import QUICK
from asicae.runs.readouts import PARTS, load_part, readout_files
from asicae.runs.settings import OF_TRAINING, RunSettings
from asicae.runs.stage import RunView
from asicae.runs.stages import evaluate
from asicae.runs.stages import readouts as stage
from asicae.training.sanity import check_learned
from tests.readout.made_up_readouts import readouts
from tests.support.altered_settings import ALTERED
from tests.support.command_line import call

SMALL = {"validation_events": 100, "test_events": 100}
REFUSED: dict[str, list[tuple[dict[str, Any], str]]] = {
    "network": [({"network": "absent"}, "absent"), ({"network": 5}, "network")],
    "source": [
        ({"source": {"events": 8_000}}, "source.events is 8000, allowed are 8256 and more"),
        ({"source": {"events": 0}}, "source.events: found 0"),
        ({"source": {"layers": []}}, "layers"),
        ({"class": "busy"}, "class: found 'busy', allowed are quiet (2), typical (5), dense (7)"),
        ({"class": 1}, "class: found '1', allowed are"),
        ({"class": True}, "class is True, allowed is the name of a class or its links"),
        ({"class": 7, "source": {"links": 5}}, "class is given beside source.links 5, allowed"),
    ],
    "chip": [
        (
            {"chip": {"clock": 1}},
            "chip.clock: found 1, extra inputs are not permitted, allowed are",
        ),
        ({"chip": {"voters": "x"}}, "chip.voters: found 'x'"),
    ],
    "data": [({"data": "absent.csv"}, "absent.csv: no such file")],
    "train": [
        ({"train": {"epochs": 0}}, "train.epochs: found 0"),
        ({"train": {"batch": 50_001}}, "source.events is 58000, allowed are 58001 and more"),
        ({"train": {"hidden": []}}, "train.hidden"),
    ],
    "compare": [
        ({"compare": {"choice_events": 3_001}}, "compare.choice_events is 3001, allowed are"),
        ({"compare": {"spreading_epochs": -1}}, "compare.spreading_epochs"),
    ],
    "links": [
        ({"links": []}, "links is [], allowed are different ones of [1, 2, 3, 4, 5]"),
        ({"links": [6]}, "links is [6]"),
        ({"links": [2, 2]}, "links is [2, 2]"),
        ({"links": ["2"], "dead_cells_links": 3}, ""),
    ],
    "hybrid": [
        ({"hybrid": {"links": [3]}}, "links is [3], allowed are different ones of [1, 2]"),
        ({"hybrid": {"links": [1, 1]}}, "links is [1, 1]"),
        ({"hybrid": {"links": []}}, "links is []"),
        ({"links": [2], "hybrid": {}}, "hybrid.links holds 1, allowed are those of links [2]"),
        ({"hybrid": {"networks": ["hybrid-2"]}}, "networks is ['hybrid-2'], allowed is one for"),
        ({"hybrid": {"networks": ["absent", "hybrid-2"]}}, "absent"),
        ({"hybrid": {"networks": ["econ-t", "hybrid-2"]}}, "1 links: 16 latents do not fit"),
        ({"hybrid": {"busy_hits": 3}}, "hybrid.busy_hits: found 3"),
    ],
    "validation_events": [
        ({"validation_events": 99}, "validation_events: found 99"),
        ({"validation_events": 53_000}, "source.events is 58000, allowed are 58256"),
    ],
    "test_events": [
        ({"test_events": 99}, "test_events: found 99"),
        ({"test_events": 55_000}, "source.events is 58000, allowed are 58256"),
    ],
    "dead_cells": [
        *(({"dead_cells": n}, f"dead_cells: found {n}, allowed are 0 to 40") for n in (-1, 41)),
        ({"dead_cells": [3, 3]}, "dead cells [3, 3], allowed are different ones of 0..47"),
        ({"dead_cells": list(range(48))}, "not all of them"),
        ({"dead_cells": {"9,3": [3]}}, "'9,3' is no module, allowed is LAYER,U,V"),
        ({"dead_cells": {"9,3,-2": [48]}}, "dead cells [48], allowed are different ones"),
    ],
    "dead_cells_links": [
        ({"links": [3], "dead_cells_links": 2}, "dead_cells_links is 2, allowed is one of links"),
        ({"dead_cells_links": 6}, "dead_cells_links is 6"),
    ],
    "dead_cells_seed": [({"dead_cells_seed": -1}, "dead_cells_seed: found -1")],
    "verify_events": [
        ({"verify_events": 0}, "verify_events: found 0"),
        ({"verify_events": 5_001}, "verify_events is 5001, allowed are test_events 5000 at most"),
    ],
    "engine_events": [({"engine_events": 99}, "engine_events: found 99")],
    "estimate_events": [
        ({"estimate_events": 9}, "estimate_events: found 9"),
        ({"estimate_events": 5_001}, "estimate_events is 5001, allowed are test_events 5000"),
    ],
    "timed_events": [
        ({"timed_events": 1}, "timed_events: found 1"),
        ({"timed_events": 1_001}, "timed_events is 1001, allowed are estimate_events 1000"),
    ],
    "wire_um_per_pin": [
        ({"wire_um_per_pin": -0.1}, "wire_um_per_pin: found -0.1"),
        ({"wire_um_per_pin": 1_001.0}, "wire_um_per_pin: found 1001.0"),
    ],
    "estimate_seed": [({"estimate_seed": -1}, "estimate_seed: found -1")],
    "liberty": [
        ({"liberty": "absent.lib"}, "absent.lib: no such file"),
        ({"liberty": "own.csv"}, "own.csv: Liberty"),
        ({"liberty": ["own.csv", "absent.lib"]}, "absent.lib: no such file"),
        ({"liberty": ["own.csv", 3]}, "liberty.1: found 3"),
    ],
    "reading": [
        ({"reading": {"layers": "9"}}, "reading is given, allowed is that only beside data"),
        ({"data": "own.csv", "reading": {"layers": "x"}}, "layers 'x': found 'x'"),
        ({"data": "own.csv", "class": "busy"}, "class: found 'busy', allowed are"),
        ({"data": "own.csv", "reading": {"module_class": "1"}}, "class: found '1', allowed are"),
        ({"data": "own.csv", "reading": {"density": "MD"}}, "density 'MD'"),
        ({"data": "own.csv", "reading": {"order": "mux"}}, "cell order 'mux' is unknown"),
        ({"data": "own.csv", "reading": {"format": "tsv"}}, "format 'tsv'"),
        ({"data": "own.csv", "reading": {"module": "9,3"}}, "module: found '9,3'"),
        ({"data": "own.csv", "reading": {"branch": ["x=y"]}}, "branch of 'x'"),
        ({"data": "own.csv", "reading": {"mux": "absent"}}, "absent: no such file"),
        ({"data": "own.csv", "reading": {"calibration": "absent"}}, "absent: no such file"),
        ({"data": "own.csv", "reading": {"min_signal": 2}}, "signal fraction 2"),
        ({"data": "own.csv", "reading": {"wafer": ["1"]}}, "wafer: found '1'"),
        ({"data": "own.csv", "reading": {"types": "3"}}, "types '3'"),
        ({"data": "own.csv", "reading": {"first_cell": "no"}}, "reading.first_cell"),
        ({"data": "own.csv", "reading": {"other": 1}}, "reading.other"),
    ],
    "split_seed": [
        ({"split_seed": 2}, "split_seed is given, allowed is that only beside data"),
        ({"data": "own.csv", "split_seed": -1}, "split_seed: found -1"),
    ],
    "allow_worse_than_mean": [({"allow_worse_than_mean": "perhaps"}, "allow_worse_than_mean")],
    "imported": [
        ({"imported": {"model": "absent.h5"}}, "absent.h5"),
        ({"imported": {"model": "absent.h5"}, "data": "absent.csv"}, "absent.csv: no such file"),
        ({"imported": {}}, "imported.model"),
    ],
}
"""Settings by the field that is wrong in them, and words of the message."""
CASES = [(given, words) for cases in REFUSED.values() for given, words in cases]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with readouts as a detector orders them: by layer."""
    monkeypatch.chdir(tmp_path)
    drawn = readouts(900)
    save(drawn.select(np.argsort(drawn.layer, kind="stable")), tmp_path / "own.csv")
    return tmp_path


def settings_file(folder: Path, values: dict[str, Any]) -> Path:
    path = folder / "settings.json"
    path.write_text(json.dumps(values))
    return path


@pytest.mark.parametrize(("given", "words"), CASES, ids=[words or "links" for _, words in CASES])
def test_it_is_refused_before_any_work(
    own: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], words: str
) -> None:
    for name in ("simulate", "load", "save"):
        monkeypatch.setattr(stage, name, lambda *a, name=name, **k: pytest.fail(f"{name} called"))
    with pytest.raises(BadInput) as refused:
        Job.create(own / "run", RunSettings.load(settings_file(own, given)))
    assert words in str(refused.value) and "\n" not in str(refused.value)
    assert not (own / "run").exists()


def test_every_setting_has_values_that_are_refused() -> None:
    assert REFUSED.keys() == RunSettings.model_fields.keys()


@pytest.mark.parametrize("name", OF_TRAINING)
def test_what_an_import_would_ignore_is_refused(own: Path, name: str) -> None:
    plain = RunSettings().model_dump(mode="json") | {"imported": {"model": "a.h5"}}
    assert RunSettings.load(settings_file(own, plain)).imported
    value = ALTERED[name]
    value = value.model_dump(mode="json") if hasattr(value, "model_dump") else value
    changed = plain | {name: value} | ({"dead_cells_links": 4} if name == "links" else {})
    with pytest.raises(BadInput, match=r"is given, allowed is that only without imported"):
        RunSettings.load(settings_file(own, changed))


def test_defaults_follow_what_is_given_and_stay_when_stored(own: Path) -> None:
    few = {"source": {"events": 1_000}} | SMALL | {"links": [3, 5]}
    settings = RunSettings.load(settings_file(own, few))
    assert (settings.dead_cells_links, settings.verify_events) == (5, 100)
    assert (settings.estimate_events, settings.compare.choice_events) == (100, 100)
    assert RunSettings.load(settings_file(own, settings.model_dump(mode="json"))) == settings
    assert RunSettings.load(settings_file(own, {"links": [2, 5]})).dead_cells_links == 2
    assert RunSettings.load(settings_file(own, {})) == RunSettings()


def test_a_quick_run_has_two_numbers_of_links_and_no_other_file(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = RunSettings.load(None, QUICK)
    assert len(settings.links) == 2 and settings.source.events < RunSettings().source.events / 10
    assert call("run", own / "run", "--quick", "--settings", settings_file(own, {})) == 2
    assert "--quick is given beside --settings" in capsys.readouterr().err
    assert not (own / "run").exists()


def test_what_is_given_beside_a_file_wins_and_that_is_said(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = settings_file(own, {"network": "small", "data": "own.csv", "reading": {"layers": "9"}})
    assert RunSettings.load(path, {"reading": {}}).network == "small"
    assert RunSettings.load(path, {"network": "small"}).network == "small"
    assert capsys.readouterr().err == ""
    chosen = RunSettings.load(path, {"network": "econ-t", "reading": {"skip_bad": True}})
    assert chosen.network == "econ-t" and chosen.data == "own.csv"
    assert chosen.reading.layers == "9" and chosen.reading.skip_bad
    said = capsys.readouterr().err
    assert said == f"{path}: network 'small' gives way to 'econ-t', as given\n"


def parts(run: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The parts of the readouts of a run."""
    job = Job.create(run, RunSettings.model_validate(values))
    assert (job.path / "settings.json").is_file()
    return {part: load_part(run, part) for part in PARTS}


def test_a_class_is_that_of_the_source_or_of_what_is_read(own: Path) -> None:
    drawn = RunSettings.load(settings_file(own, {"class": "dense"}))
    usual = RunSettings().source
    assert (drawn.source.links, drawn.source.mixture) == (7, "pileup")
    assert (drawn.source.events, drawn.source.seed) == (usual.events, usual.seed)
    assert RunSettings.load(settings_file(own, drawn.model_dump(mode="json"))) == drawn
    mixed = {"class": 5, "source": {"mixture": "signal", "events": 1_000}} | SMALL
    found = parts(own / "drawn", {"network": "small"} | mixed)
    for part in found.values():
        assert (module_links(part) == 5).all()
    read = RunSettings.load(settings_file(own, {"class": "quiet", "data": "own.csv"}))
    assert read.source == usual and read.reading.module_class == "2"
    few = {"data": "own.csv", "network": "small"} | SMALL
    found = parts(own / "read", few | {"class": 2})
    kept = np.concatenate([part.calq for part in found.values()])
    quiet = readouts(900)
    assert len(kept) == (module_links(quiet) == 2).sum() > 300
    assert sorted(map(bytes, kept)) == sorted(map(bytes, quiet.calq[module_links(quiet) == 2]))
    lacking = own / "behind.csv"
    save(quiet.select(quiet.layer > 26), lacking)
    with pytest.raises(BadInput, match=r"no modules are left \(selected: class of 7 links"):
        parts(own / "lacking", few | {"data": str(lacking), "class": "dense"})
    assert not (own / "lacking").exists()


def test_a_class_on_the_command_line_is_that_of_the_run(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", own / "run", "--class", "busy") == 2
    assert "class: found 'busy', allowed are" in capsys.readouterr().err
    path = settings_file(own, {"class": 2})
    assert call("run", own / "run", "--settings", path, "--class", "none") == 2
    err = capsys.readouterr().err
    assert f"{path}: class 2 gives way to 'none', as given" in err
    assert not (own / "run").exists()


def test_read_modules_are_shuffled_before_they_are_split(own: Path) -> None:
    values = {"data": "own.csv", "network": "small"} | SMALL
    found = parts(own / "a", values)
    whole = set(found["train"].layer)
    for part in ("validation", "test"):
        assert len(found[part]) == 100
        # As many of each half of the layers as a draw of 100 gives.
        assert 25 < (found[part].layer <= 23).sum() < 75
        assert len(set(found[part].layer) & whole) > 20
        assert "shuffled with seed 1" in found[part].source
    rows = np.concatenate([found[part].calq for part in PARTS])
    assert sorted(map(bytes, rows)) == sorted(map(bytes, readouts(900).calq))
    again, other = parts(own / "b", values), parts(own / "c", values | {"split_seed": 2})
    assert np.array_equal(again["test"].calq, found["test"].calq)
    assert not np.array_equal(other["test"].calq, found["test"].calq)


def test_a_run_reads_as_a_conversion_does(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (own / "own.csv").read_text().splitlines()
    text[3] = text[3].replace(",", ",x", 1)
    (own / "own.csv.json").unlink()
    (own / "own.csv").write_text("\n".join(text))
    how = {"skip_bad": True, "density": "LD"}
    values = {"data": "own.csv", "network": "small", "reading": how} | SMALL
    with pytest.raises(BadInput, match="row 4, column 'CALQ_0'"):
        Job.create(own / "a", RunSettings.model_validate(values | {"reading": {}}))
    assert not (own / "a").exists()
    found = parts(own / "b", values)
    assert not any(part.high_density.any() for part in found.values())
    assert "left out: 1 x CALQ: not an integer" in capsys.readouterr().err


def test_a_set_that_learned_nothing_is_a_failed_check() -> None:
    metrics = {"emd.mean_image": 4.5, "emd.autoencoder.2links": 4.4, "train.dead_latents": 16}
    check_learned(metrics, [2])
    for distance in (4.5, 4.6, float("nan")):
        with pytest.raises(CheckFailed, match=r"emd .* at 5 links, .* 4\.5000: .*16 latents"):
            check_learned(metrics | {"emd.autoencoder.5links": distance}, [2, 5])


@pytest.mark.parametrize("command", ["train", "run"])
def test_commands_keep_their_reading_options_in_the_settings(
    own: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    found: list[RunSettings] = []

    def create(path: Path, settings: RunSettings, force: bool = False) -> Job:
        found.append(settings)
        raise BadInput("seen")

    monkeypatch.setattr(extras, "require", lambda *names: None)
    monkeypatch.setattr(Job, "create", create)
    (own / "mux.csv").write_text(",".join(map(str, range(48))))
    path = settings_file(own, {"network": "small", "data": str(own / "own.csv")})
    words = ("--settings", path, "--layers", "5,7-9", "--wafer", "3,-2", "--wafer", "1,1")
    words += ("--skip-bad", "--branch", "eta=", "--format", "csv", "--mux", "mux.csv")
    target = (own / "run",) if command == "run" else ("own.csv", "-o", own / "run")
    assert call(command, *target, *words) == 2
    reading = found[0].reading
    assert found[0].network == "small" and found[0].data == str(own / "own.csv")
    assert (reading.layers, reading.wafer, reading.skip_bad) == ("5,7-9", ("3,-2", "1,1"), True)
    assert (reading.branch, reading.format) == (("eta=",), "csv")
    assert reading.mux == str(own / "mux.csv")
    assert readout_files(found[0]) == [own / "own.csv", own / "mux.csv"]
    if command == "train":
        made = len(found)
        imported = own / "imported.json"
        imported.write_text(json.dumps({"imported": {"model": "a.h5"}}))
        assert call(command, *target, "--settings", imported) == 2 and len(found) == made
        assert call(command, *target, *words, "--network", "econ-t") == 2
        assert found[1].network == "econ-t"


@pytest.mark.parametrize("allowed", [False, True])
def test_the_evaluation_of_a_run_fails_where_nothing_was_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: bool
) -> None:
    metrics = {"emd.mean_image": 4.5, "emd.autoencoder.2links": 4.6, "train.dead_latents": 16}
    anything = MagicMock()
    anything.evaluate_all.return_value = metrics
    anything.evaluate_dead_cells.return_value = {}
    for name in ("evaluate", "trained"):
        monkeypatch.setitem(sys.modules, f"asicae.training.{name}", anything)
    monkeypatch.setattr(evaluate, "load_part", anything)
    monkeypatch.setattr(evaluate, "load_network", anything)
    monkeypatch.setattr(evaluate, "_exactness", lambda *given: {})
    monkeypatch.setattr(evaluate.golden, "speed", lambda *given: 1.0)
    monkeypatch.setattr(evaluate, "Encoder", anything)
    settings = RunSettings(links=(2,), allow_worse_than_mean=allowed)
    view = RunView(tmp_path, settings, ())
    if allowed:
        assert evaluate.STAGE.action(view)["emd.autoencoder.2links"] == 4.6
    else:
        with pytest.raises(CheckFailed, match=r"emd 4\.6000 at 2 links, .* 4\.5000: .*16 latents"):
            evaluate.STAGE.action(view)


def test_a_library_is_one_file_or_several() -> None:
    for given, wanted in (("a.lib", ("a.lib",)), (["a", "b"], ("a", "b")), (None, ()), ([], ())):
        assert RunSettings.model_validate({"liberty": given}).liberty == wanted
    assert RunSettings().liberty == ()
