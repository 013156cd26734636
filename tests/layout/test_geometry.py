"""Rectangles: polygons are cut without loss, turned cells keep their metal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.foundation.errors import BadInput
from asicae.layout.geometry import ORIENTATIONS, Field, Point, Rect, placed, rectangles

places = st.integers(0, 30)
rects = st.builds(
    lambda x, y, w, h: Rect(x, y, x + w, y + h),
    places,
    places,
    st.integers(1, 9),
    st.integers(1, 9),
)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.lists(places, min_size=7))
def test_a_polygon_is_its_rectangles(steps: list[int], heights: list[int]) -> None:
    """A skyline over a street: between its columns nothing is lost, and nothing is there twice."""
    corners, x, expected = [Point(0, 0)], 0, 0
    for width, height in zip(steps, heights, strict=False):
        corners += [Point(x, height + 1), Point(x + width, height + 1)]
        x += width
        expected += width * (height + 1)
    found = rectangles([*corners, Point(x, 0)])
    assert sum(rect.area for rect in found) == expected
    assert not any(a.overlaps(b) for i, a in enumerate(found) for b in found[:i])


def test_a_slanted_side_is_refused() -> None:
    with pytest.raises(ValueError, match="slanted"):
        rectangles([Point(0, 0), Point(3, 3), Point(3, 0)])


@given(rects, st.sampled_from(ORIENTATIONS))
def test_a_cell_that_is_turned_twice_is_as_before(rect: Rect, orientation: str) -> None:
    turned = placed(rect, 50, 40, orientation)
    assert turned.area == rect.area
    assert placed(turned, 50, 40, orientation) == rect


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        # A spot near the lower left of a cell of 10 by 4, as the reference manual draws it.
        ("N", Rect(1, 1, 3, 2)),
        ("S", Rect(7, 2, 9, 3)),
        ("FN", Rect(7, 1, 9, 2)),
        ("FS", Rect(1, 2, 3, 3)),
    ],
)
def test_orientations_are_those_of_the_manual(orientation: str, expected: Rect) -> None:
    assert placed(Rect(1, 1, 3, 2), 10, 4, orientation) == expected


@given(st.lists(st.tuples(st.sampled_from("ab"), rects), min_size=1), rects)
def test_a_field_finds_all_that_touch(shapes: list[tuple[str, Rect]], where: Rect) -> None:
    field = Field(7)
    for layer, rect in shapes:
        field.add(layer, rect)
    expected = {n for n, (layer, rect) in enumerate(shapes) if layer == "a" and rect.touches(where)}
    assert field.touching("a", where) == expected


def test_a_shape_of_a_damaged_file_ends_nothing() -> None:
    with pytest.raises(BadInput, match="a shape on metal1 is"):
        Field(10).add("metal1", Rect(-(2**30), 0, 2**30, 2**20))
