"""The public map of trigger links: as published, and found from any place of the detector."""

from collections import Counter

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module import detector
from asicae.module.link_map import (
    CLASSES,
    class_links,
    in_sector,
    link_map,
    links_of,
    published_cells,
)

# Full silicon modules of one sector: trigger links -> modules, mean cells above 1.35 transverse MIP
# (github.com/mhassans/hgcal-linkmapping, its two tables joined by hand).
PUBLISHED = {
    2: (2429, 0.4), 3: (176, 2.8), 4: (74, 4.3), 5: (58, 6.4), 6: (32, 9.5), 7: (20, 13.4),
    8: (6, 15.6), 9: (8, 19.5), 10: (8, 24.9), 11: (4, 27.0),
}  # fmt: skip


def test_the_map_is_the_public_one():
    full = link_map().at(link_map().full)
    for links, (modules, cells) in PUBLISHED.items():
        here = full.at(full.links == links)
        assert len(here) == modules
        assert round(float(here.cells.mean()), 1) == pytest.approx(cells)
    assert sum(modules for modules, _ in PUBLISHED.values()) == len(full) == 2815
    assert len(link_map()) == 3294


def test_every_place_has_one_turn_in_the_sector():
    u, v = (grid.ravel() for grid in np.meshgrid(np.arange(-14, 15), np.arange(-14, 15)))
    first, second = in_sector(u, v)
    away = (u != 0) | (v != 0)
    assert ((first > 0) & (second >= 0))[away].all()
    # Three modules turn into each place, at the same distance from the beam.
    distance2 = u**2 - u * v + v**2
    assert (first**2 - first * second + second**2 == distance2).all()
    near = away & (distance2 < 100)
    turned = zip(first[near].tolist(), second[near].tolist(), strict=True)
    assert set(Counter(turned).values()) == {3}
    assert (in_sector(np.array([0]), np.array([0]))[0] == 0).all()


def test_modules_of_the_detector_have_their_links_and_occupancy():
    every = detector.modules()
    links = links_of(every.layer, every.u, every.v)
    shallow = link_map().at(link_map().full & (link_map().layer <= 25))
    for count in range(4, 12):
        assert (links == count).sum() == 3 * (shallow.links == count).sum() > 0
    assert set(links[every.layer > 26]) == {2}
    cells = published_cells(every.layer, every.u, every.v)
    assert np.isnan(cells[every.layer > 26]).all()
    assert np.isnan(cells[links == 0]).all()
    assert not np.isnan(cells[(links > 0) & (every.layer <= 26)]).any()
    assert links_of(np.array([5]), np.array([90]), np.array([3]))[0] == 0


def test_classes_are_named_or_counted():
    assert [class_links(name) for name in CLASSES] == [2, 5, 7]
    assert class_links("11") == 11
    for text in ("12", "1", "busy", "", "5.0", "٥"):
        with pytest.raises(BadInput, match=r"class: found .*quiet \(2\), .*\.\.11") as error:
            class_links(text)
        assert "\n" not in str(error.value)
