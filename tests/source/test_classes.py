"""Modules of one class: at their published occupancy, from words, a file and the command line."""

import json

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module import detector
from asicae.module.link_map import CLASSES, links_of, published_cells
from asicae.readout.reading import load
from asicae.source import places
from asicae.source.settings import SourceSettings, settings_from
from asicae.source.simulate import simulate
from tests.support.command_line import call

BAND = {3: 0.08, 4: 0.08, 5: 0.08, 6: 0.10, 7: 0.13, 8: 0.18, 9: 0.18, 10: 0.23, 11: 0.25}
"""Trigger links -> how far the mean occupancy may be from the published one; docs/source.md."""


def test_each_class_has_its_published_occupancy():
    """Cells above 1.35 transverse MIP at pileup 200; no class is taken for the next."""
    ratios = []
    for links, band in BAND.items():
        ours = simulate(
            SourceSettings(links=links, events=1024, seed=3, threshold_mip_t=1.35), progress=False
        )
        place = ours.layer, ours.wafer_u, ours.wafer_v
        assert (links_of(*place) == links).all() and (ours.pileup == 200).all()
        published = published_cells(*place).mean()
        ratios.append((ours.calq > 0).sum(axis=1).mean() / published)
        assert abs(ratios[-1] - 1) < band, (links, ratios[-1])
    assert abs(np.median(ratios) - 1) < 0.12
    quiet = simulate(
        SourceSettings(links=2, events=2048, seed=3, threshold_mip_t=1.35, layers=(1, 5, 9, 13)),
        progress=False,
    )
    published = published_cells(quiet.layer, quiet.wafer_u, quiet.wafer_v).mean()
    assert abs((quiet.calq > 0).sum(axis=1).mean() / published - 1) < 0.15
    assert (quiet.calq.sum(axis=1) == 0).mean() > 0.3  # empty crossings belong to the class


def test_modules_of_a_class_are_equally_likely_and_may_be_narrowed():
    every = detector.modules()
    chosen = np.diff(places.borders(False, None, 0.25, 7, None), prepend=0.0)
    links = links_of(every.layer, every.u, every.v)
    assert np.array_equal(chosen, links == 7)
    some = np.diff(places.borders(False, (7, 9, 11), 0.25, 7, (40.0, 55.0)), prepend=0.0) > 0
    assert set(every.layer[some]) == {9, 11}  # those of layer 7 are further out
    assert every.radius_cm[some].max() <= 55 and every.radius_cm[some].min() >= 40
    ring = np.diff(places.borders(False, None, 0.25, None, (60.0, 70.0)), prepend=0.0) > 1e-12
    assert np.array_equal(ring, (every.radius_cm >= 60) & (every.radius_cm <= 70))
    with pytest.raises(BadInput, match=r"links 11, layers \(25,\): no module has them all"):
        simulate(SourceSettings(links=11, layers=(25,)), progress=False)


def test_what_is_not_asked_for_follows_from_the_class():
    dense = settings_from({"links": "dense"})
    assert dense == settings_from({"links": 7}) == SourceSettings(links=7)
    assert (dense.mixture, dense.pileup_levels, dense.drop_empty) == ("pileup", (200,), False)
    signal = settings_from({"links": 7, "mixture": "signal", "drop_empty": True})
    assert signal.pileup_levels == (200,) and signal.drop_empty
    text = dense.model_dump_json()
    assert SourceSettings.model_validate_json(text) == dense
    # Without a class a source is called as before there were any.
    assert not {"links", "radius_cm"} & json.loads(SourceSettings().model_dump_json()).keys()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"links": "busy"}, r"class: found 'busy', allowed are quiet \(2\)"),
        ({"links": 12}, r"class: found '12', allowed are"),
        ({"links": True}, r"links"),
        ({"links": 5.0}, r"links"),
        ({"links": 5, "partial": True}, "partial is true, allowed is false with links"),
        ({"radius_cm": [60.0, 50.0]}, r"radius_cm is \(60.0, 50.0\), allowed is"),
    ],
)
def test_bad_classes_are_refused_in_one_line(values, message):
    with pytest.raises(BadInput, match=message) as error:
        settings_from(values)
    assert "\n" not in str(error.value)


def test_the_command_line_draws_a_class(tmp_path, capsys):
    out = tmp_path / "a.npz"
    assert call("data", "simulate", "-o", out, "--class", "typical", "--events", 300) == 0
    ours = load(out)
    wanted = simulate(SourceSettings(links=5, events=300), progress=False)
    assert np.array_equal(ours.calq, wanted.calq) and '"links":5' in ours.source
    assert call("data", "simulate", "-o", tmp_path / "b.npz", "--class", "busy") == 2
    assert "class: found 'busy', allowed are quiet (2), typical (5), dense (7)" in (
        capsys.readouterr().err
    )
    assert call("data", "simulate", "--help") == 0
    said = capsys.readouterr().out
    assert all(name in said for name in CLASSES) and "{names" not in said
