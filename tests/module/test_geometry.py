import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module import geometry as geo

# The public tables, typed as published; nothing here is derived.
SIMULATION_8X8 = """
28 29 30 31  0  4  8 12
24 25 26 27  1  5  9 13
20 21 22 23  2  6 10 14
16 17 18 19  3  7 11 15
47 43 39 35  .  .  .  .
46 42 38 34  .  .  .  .
45 41 37 33  .  .  .  .
44 40 36 32  .  .  .  .
"""
AE_8X8 = """
 0  1  2  3  4  5  6  7
 8  9 10 11 12 13 14 15
16 17 18 19 20 21 22 23
24 25 26 27 28 29 30 31
32 33 34 35  .  .  .  .
36 37 38 39  .  .  .  .
40 41 42 43  .  .  .  .
44 45 46 47  .  .  .  .
"""
UV_TO_PIXEL = """
32 40 48 56  .  .  .  .
24 33 41 49 57  .  .  .
16 25 34 42 50 58  .  .
 8 17 26 35 43 51 59  .
 0  9 18 27 28 29 30 31
 .  1 10 19 20 21 22 23
 .  .  2 11 12 13 14 15
 .  .  .  3  4  5  6  7
"""
UV_TO_SIMULATION = """
47 46 45 44  .  .  .  .
16 43 42 41 40  .  .  .
20 17 39 38 37 36  .  .
24 21 18 35 34 33 32  .
28 25 22 19  3  7 11 15
 . 29 26 23  2  6 10 14
 .  . 30 27  1  5  9 13
 .  .  . 31  0  4  8 12
"""


def table(text):
    return np.array([[-1 if word == "." else int(word) for word in line.split()]
                     for line in text.strip().splitlines()])  # fmt: skip


def places(values):
    """Value -> flat place of a literal table."""
    return {int(value): place for place, value in enumerate(values.ravel()) if value >= 0}


def test_8x8_silicon_order():
    pixels = places(table(AE_8X8))
    assert geo.ARRANGEMENTS["8x8"].pixels.tolist() == [pixels[k] for k in range(48)]
    assert geo.ARRANGEMENTS["8x8"].shape == (8, 8, 1)


def test_8x8_simulation_order():
    picture = np.full(64, -1)
    picture[geo.ARRANGEMENTS["8x8"].pixels] = geo.AE_FROM_SIMULATION
    assert (picture.reshape(8, 8) == table(SIMULATION_8X8)).all()


def test_uv_to_pixel_and_to_simulation_number():
    pixels, numbers = np.full((8, 8), -1), np.full((8, 8), -1)
    pixels[geo.CELL_UV[:, 0], geo.CELL_UV[:, 1]] = geo.ARRANGEMENTS["8x8"].pixels
    numbers[geo.CELL_UV[:, 0], geo.CELL_UV[:, 1]] = geo.AE_FROM_SIMULATION
    assert (pixels == table(UV_TO_PIXEL)).all()
    assert (numbers == table(UV_TO_SIMULATION)).all()


def test_all_public_8x8_maps_give_the_same_physical_image():
    """Three literal routes from a lattice cell to its pixel agree for 48 of 48 cells."""
    uv_pixel, uv_number = table(UV_TO_PIXEL).ravel(), table(UV_TO_SIMULATION).ravel()
    number_pixel, ae_pixel = places(table(SIMULATION_8X8)), places(table(AE_8X8))
    cells = np.flatnonzero(uv_pixel >= 0)
    direct = [int(uv_pixel[cell]) for cell in cells]
    through_number = [number_pixel[int(uv_number[cell])] for cell in cells]
    assert len(cells) == 48 and direct == through_number
    code = {f"{u},{v}": k for k, (u, v) in enumerate(geo.CELL_UV.tolist())}
    assert [ae_pixel[code[f"{c // 8},{c % 8}"]] for c in cells] == direct
    # Two numbers exchanged in one table are noticed.
    uv_number[[cells[0], cells[9]]] = uv_number[[cells[9], cells[0]]]
    changed = [number_pixel[int(uv_number[cell])] for cell in cells]
    assert sum(a == b for a, b in zip(changed, direct, strict=True)) == 46


def test_4x4x3_places_simulation_numbers():
    numbers = np.arange(48)
    image = np.zeros((4, 4, 3), dtype=int)
    for c in range(3):
        for i in range(16):
            image[i // 4][i % 4][c] = numbers[i + 16 * c]
    arrangement = geo.ARRANGEMENTS["4x4x3"]
    ours = arrangement.image(geo.reorder(numbers, "simulation", "ae"))
    assert arrangement.shape == (4, 4, 3) and (ours == image).all()
    assert (arrangement.cells(ours) == geo.AE_FROM_SIMULATION).all()


def test_4x4x3_channels_are_one_rhombus_turned_by_120_degrees():
    centres = geo.CENTRES[geo.SIMULATION_FROM_AE]
    turn = np.exp(2j * np.pi / 3)
    points = (centres @ [1, 1j]).reshape(3, 16)
    assert min(abs(points[1] - points[0] * t).max() for t in (turn, turn.conj())) < 1e-12
    assert min(abs(points[2] - points[1] * t).max() for t in (turn, turn.conj())) < 1e-12


def test_reorder_is_the_permutation_both_ways_and_refuses_others():
    values = np.arange(96).reshape(2, 48)
    ae = geo.reorder(values, "simulation", "ae")
    assert ae[0, :8].tolist() == [28, 29, 30, 31, 0, 4, 8, 12]
    assert ae[0, 32:40].tolist() == [47, 43, 39, 35, 46, 42, 38, 34]
    assert (geo.reorder(ae, "ae", "simulation") == values).all()
    with pytest.raises(BadInput, match="'mux' is unknown"):
        geo.reorder(values, "mux", "ae")
    with pytest.raises(BadInput, match="last axis"):
        geo.reorder(values[:, :47], "ae", "simulation")


def test_centres_form_the_hexagonal_lattice():
    distance = np.linalg.norm(geo.CENTRES[:, None] - geo.CENTRES[None], axis=-1)
    neighbours = np.isclose(distance, 2.0, rtol=0, atol=1e-12)
    assert abs(geo.CENTRES.mean(axis=0)).max() < 1e-12
    assert distance[~np.eye(48, dtype=bool)].min() > 2.0 - 1e-12
    # Lattice neighbours are exactly the cells one step away in (u, v) axes of 120 degrees.
    steps = geo.CELL_UV[:, None] - geo.CELL_UV[None]
    unit = {(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)}
    expected = np.array([[tuple(step) in unit for step in row] for row in steps.tolist()])
    assert (neighbours == expected).all()
    inner = neighbours.sum(axis=1) == 6
    # Each rhombus has 7 of its 16 cells on the rim of the module.
    assert inner.sum() == 27 and neighbours.sum(axis=1).min() == 3


def test_symmetries_keep_all_distances_and_are_a_group():
    between = np.linalg.norm(geo.CENTRES[:, None] - geo.CENTRES, axis=2)
    for cells in geo.SYMMETRIES:
        assert sorted(cells) == list(range(48))
        np.testing.assert_allclose(between[np.ix_(cells, cells)], between, atol=1e-9)
    every = {tuple(cells) for cells in geo.SYMMETRIES.tolist()}
    assert len(every) == 6 and tuple(range(48)) == tuple(geo.SYMMETRIES[0])
    assert {tuple(a[b]) for a in geo.SYMMETRIES for b in geo.SYMMETRIES} == every


def test_hexagons_tile_and_cell_at_finds_the_nearest_centre():
    corners = geo.hexagon_corners()
    assert np.allclose(np.hypot(*corners.T), 2 / np.sqrt(3))
    area = 0.5 * abs(np.dot(corners[:, 0], np.roll(corners[:, 1], -1))
                     - np.dot(corners[:, 1], np.roll(corners[:, 0], -1)))  # fmt: skip
    assert np.isclose(area, 2 * np.sqrt(3))  # the area that one lattice point owns
    rng = np.random.default_rng(3)
    points = rng.uniform(-9, 9, (40000, 2))
    distance = np.linalg.norm(points[:, None] - geo.CENTRES[None], axis=-1)
    cells = geo.cell_at(points[:, 0], points[:, 1])
    inside = cells >= 0
    assert (cells[inside] == distance.argmin(axis=1)[inside]).all()
    assert np.isclose(inside.mean() * 18**2, 48 * area, rtol=0.03)
    assert distance.min(axis=1)[~inside].min() > 1.0
    # Corners of a cell just inside belong to it, just outside do not.
    for k in (0, 20, 47):
        near, far = (geo.CENTRES[k] + corners * scale for scale in (0.999, 1.001))
        assert (geo.cell_at(near[:, 0], near[:, 1]) == k).all()
        assert (geo.cell_at(far[:, 0], far[:, 1]) != k).all()
