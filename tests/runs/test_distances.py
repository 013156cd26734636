"""What a scan learns from a run: its EMD, as long as the run is as its stages left it."""

import shutil
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.runs.distances import distances_of
from asicae.runs.job import Job
from asicae.scan.scan import distance_of
from asicae.training.record import EVALUATION_FOLDER, evaluation_file, set_name


def test_the_distance_of_a_run_is_that_of_its_metrics(job: Job) -> None:
    links = max(job.settings.links)
    found = distances_of([job.path])
    distance = distance_of(job.network, found)
    assert distance is not None and distance.weights == set_name(links)
    assert distance.emd == job.folder.metrics()[f"emd.autoencoder.{set_name(links)}"]


def test_a_run_whose_evaluation_was_changed_is_refused(job: Job, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(job.path, copy)
    name = f"{EVALUATION_FOLDER}/{evaluation_file(max(job.settings.links))}"
    with (copy / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(BadInput, match="is not what stage evaluate left"):
        distances_of([copy])


def test_a_run_that_was_not_evaluated_is_refused(job: Job, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(job.path, copy)
    (copy / "stages" / "evaluate.json").unlink()
    with pytest.raises(BadInput, match="has no EMD"):
        distances_of([copy])
