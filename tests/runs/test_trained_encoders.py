"""The encoders of a run as one more code: as it compared them, and from the command line."""

import dataclasses
from pathlib import Path

import pytest

from asicae.comparison.choice import measure_maps
from asicae.comparison.contenders import Contender
from asicae.comparison.crossings import Asked, measure_crossings
from asicae.comparison.links_record import FIXED, Code, EncoderOrigin, LinksRecord
from asicae.comparison.record import COMPARISON_FILE, OWN, ComparisonRecord
from asicae.comparison.trained_encoders import TrainedEncoders
from asicae.concentrator.algorithms.table import AUTOENCODER, HYBRID_CHOICE
from asicae.foundation.errors import BadInput
from asicae.metrics.images import mean_image
from asicae.runs.job import Job
from asicae.runs.readouts import load_part
from asicae.runs.trained_encoders import origin_of, trained_encoders
from tests.support.command_line import call
from tests.support.true_hybrid import with_hybrids

pytestmark = pytest.mark.training


def _distances(encoders: TrainedEncoders, run: Path) -> dict[int, float]:
    test, image = load_part(run, "test"), mean_image(load_part(run, "train").calq)
    found = {each: encoders.sent_and_decoded(each, test) for each in encoders.contenders}
    measured = measure_maps(found, test, image)
    return {each.links: result.distances.mean for each, result in measured.items()}


def test_they_are_those_that_the_run_compared(job: Job) -> None:
    encoders = trained_encoders(job.path)
    assert encoders.origin == origin_of(encoders.network, job.settings)
    points = ComparisonRecord.load(job.path / COMPARISON_FILE).points
    mine = [p for p in points if (p.set, p.algorithm) == (OWN, AUTOENCODER.name)]
    wanted = {point.links: point.emd for point in mine}
    assert _distances(encoders, job.path) == wanted and list(wanted) == [2, 5]
    two, five = encoders.sets[2], encoders.sets[5]
    swapped = {2: dataclasses.replace(two, decoder=five.decoder), 5: five}  # type: ignore[type-var]
    other = _distances(dataclasses.replace(encoders, sets=swapped), job.path)
    assert other[2] != wanted[2] and other[5] == wanted[5]
    used = [encoders.at_most(links) for links in (1, 2, 4, 5, 11)]
    assert used == [Contender(AUTOENCODER.name, n) for n in (2, 2, 2, 5, 5)]


def test_links_has_them_beside_the_others(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "links.json"
    words = ["links", "--class", "11", "--events", "100", "--fit-events", "100", "-o", out]
    assert call(*words, "--run", job.path) == 0
    assert "autoencoder: small trained on modules of all classes" in capsys.readouterr().out
    (measured,) = LinksRecord.load(out).classes
    points = measured.of(Code(algorithm=AUTOENCODER.name, buffer=FIXED))
    assert [point.links for point in points] == [2, 5]
    # Two epochs on the mixture: beyond any code for dense modules, and never as near as they need.
    assert all(0.3 < point.emd < 5 for point in points)
    needed = [n for n in LinksRecord.load(out).needed if n.code.algorithm == AUTOENCODER.name]
    assert {n.by_class["11"] for n in needed} == {None} and len(needed) == 7
    assert call(*words, "--force", "--run", tmp_path) == 2
    assert "no run folder" in capsys.readouterr().err
    assert call(*words, "--force", "--run", job.path, "--run", job.path) == 2
    assert "two are trained on modules of all classes" in capsys.readouterr().err


def test_crossings_have_them_with_the_links_of_each_module(job: Job) -> None:
    """Modules of layer 27 have 2 or 3 links, for which there is one weight set."""
    asked = Asked(
        events=50, whole=2, fit_events=100, pt_gev=(40, 60), links=None, seed=1, layers=(27,)
    )
    encoders = trained_encoders(job.path)
    record = measure_crossings(asked, [encoders])
    points = {point.code.algorithm: point for point in record.points}
    mine = points[AUTOENCODER.name]
    assert (mine.mean_links, record.encoders) == (2, (encoders.origin,))
    assert points["best_choice"].towers.error < mine.towers.error < 2
    assert not record.hybrids and HYBRID_CHOICE.name not in points
    hybrids = with_hybrids(1, 2).hybrids
    with_them = measure_crossings(asked, [dataclasses.replace(encoders, hybrids=hybrids)])
    hybrid = {point.code.algorithm: point for point in with_them.points}[HYBRID_CHOICE.name]
    assert (hybrid.mean_links, hybrid.towers.error) == (2, 0)  # its decoder knows all charges
    assert [each.network for each in with_them.hybrids] == ["hybrid_1", "hybrid_2"]
    dense = dataclasses.replace(
        encoders, origin=EncoderOrigin(network="small", own_readouts=False, module_class=7)
    )
    with pytest.raises(BadInput, match="runs: none is trained on modules of 2 links"):
        measure_crossings(asked, [dense])
