"""What the ways to decode measure on training events."""

import dataclasses

import numpy as np

from asicae.comparison.decode_options import ClassImages


def test_class_images_are_those_of_their_modules(parts):
    training, validation, _ = parts
    images = ClassImages.measured(training)
    assert len(images.images) > 10
    layer, dense = next(iter(images.images))
    rows = (training.layer == layer) & (training.high_density == dense)
    expected = (training.calq[rows] / training.calq[rows].sum(axis=1, keepdims=True)).mean(axis=0)
    mine = (validation.layer == layer) & (validation.high_density == dense)
    found = images.of(validation)
    np.testing.assert_allclose(found[mine], np.tile(expected, (mine.sum(), 1)))
    unknown = dataclasses.replace(validation, layer=np.full(len(validation), 199, np.int16))
    np.testing.assert_allclose(images.of(unknown)[0], images.overall)
