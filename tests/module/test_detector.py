"""Modules through the endcap."""

import numpy as np

from asicae.module import detector
from asicae.module import parameters as par


def test_modules_stand_on_their_lattice():
    every = detector.modules()
    assert every.eta.min() >= 1.5 - 1e-9 and every.eta.max() <= 3.0 + 1e-9
    layers = detector.layers()
    z = layers.z_cm[every.layer - 1]
    assert np.allclose(np.sinh(every.eta) * every.radius_cm, z)
    assert np.allclose(detector.module_eta(every.layer, every.u, every.v), every.eta)
    half = par.MODULE_PITCH_CM / 2
    here = every.layer == 7
    places = np.stack(
        [(-2 * every.u + every.v)[here] * half, np.sqrt(3) * every.v[here] * half], axis=1
    )
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1)[~np.eye(here.sum(), dtype=bool)]
    assert np.isclose(gaps.min(), 16.74)
    # 48 hexagons of the cell lattice have the area of the module.
    assert np.isclose(48 * 2 * np.sqrt(3) * detector.HALF_PITCH_CM**2, np.sqrt(3) / 2 * 16.74**2)
    assert detector.module_eta(np.array([5]), np.array([0]), np.array([0])) == 0
    # Published figures: 27.7 X0 and 1.5 lengths of CE-E, 10 lengths in all, sensors of 120 µm
    # inside 70 cm, silicon up to 104.6 cm in the last layers, 321.05 to 361.97 cm for CE-E.
    assert np.isclose(layers.step_x0[:26].sum(), 27.7)
    assert np.isclose(layers.step_length[:26].sum(), 1.5)
    assert np.isclose(layers.step_length.sum(), 10.0)
    assert layers.z_cm[0] > 321.05 and layers.z_cm[25] < 361.97 < layers.z_cm[26]
    assert (np.diff(layers.z_cm) > 1.3).all() and layers.z_cm[46] < 514.05
    assert every.radius_cm[every.wafer_type == 0].max() < 70
    assert every.radius_cm[every.wafer_type > 0].min() >= 70
    assert every.radius_cm[every.layer == 47].max() <= 104.6
