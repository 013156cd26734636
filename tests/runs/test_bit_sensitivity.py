"""`asicae weights sensitivity`: the bits of a trained set of a run, ranked; what it refuses."""

import csv
from pathlib import Path

import pytest

from asicae.runs.job import Job
from tests.support.command_line import call


def test_a_run_ranks_the_bits_of_a_set(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bits.csv"
    words = ("--links", "2", "--events", "10", "-o", out)
    assert call("weights", "sensitivity", job.path, *words) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("small: EMD ") and said[-1] == str(out)
    with out.open(encoding="utf-8") as stream:
        changes = [float(row["emd_change"]) for row in csv.DictReader(stream)]
    assert len(changes) == job.network.weight_bits
    assert changes[0] > 0 and changes == sorted(changes, reverse=True)
    assert call("weights", "sensitivity", job.path, *words) == 2
    assert f"{out}: " in capsys.readouterr().err


def test_links_without_a_set_are_named(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("weights", "sensitivity", job.path, "--links", "3") == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].endswith("links: found 3, allowed are those it has sets for: 2, 5")
