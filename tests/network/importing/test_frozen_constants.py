"""Constants of frozen graphs in other shapes and types: what they mean, or a refusal."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.campaigns.damaged_graphs import FORMS, constants, damaged_constant, entry
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.golden import encode
from asicae.network.importing.importer import ImportChoice, import_model
from tests.support.frozen_graphs import UNITS, Drawing, drawn, kept, numbers


def ones(graph: Drawing, *sizes: int) -> str:
    return graph.constant(np.ones(sizes, dtype=np.float32))


def filled(graph: Drawing, x: str, sizes: str) -> str:
    """``x`` times ones of a shape."""
    return graph.add("Mul", x, graph.add("Fill", sizes, 1.0))


def shaped(graph: Drawing, x: str, sizes: Any) -> str:
    return graph.add("Reshape", x, graph.constant(sizes))


@pytest.mark.parametrize(
    "same",
    [
        lambda g, x: g.add("Mul", x, ones(g, 1, 1)),
        lambda g, x: g.add("Mul", ones(g, 1), x),
        lambda g, x: filled(g, x, g.add("Shape", x)),
        lambda g, x: filled(g, x, g.constant(np.int64([1, 1]))),
        lambda g, x: shaped(g, x, np.int64([-1, UNITS])),
    ],
)
def test_one_in_any_shape_changes_nothing(
    same: Callable[[Drawing, str], str], tmp_path: Path
) -> None:
    plain = import_model(kept(tmp_path, bytes(drawn()[0].content)))
    tail = drawn(lambda g, x: g.bits(same(g, x), 9, 2))[0]
    assert import_model(kept(tmp_path, bytes(tail.content))).network == plain.network


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda g, x: g.bits(shaped(g, x, np.float32([-1, np.nan])), 9, 2),
            "numbers of float32, all",
        ),
        (
            lambda g, x: g.bits(shaped(g, x, np.float32([-1, np.inf])), 9, 2),
            "numbers of float32, all",
        ),
        (
            lambda g, x: g.bits(shaped(g, x, np.array([True, True])), 9, 2),
            "of bool, allowed are int",
        ),
        (lambda g, x: g.add("Mul", x, 2.0**124), "no quantiser"),
        (
            lambda g, x: g.bits(g.add("Mul", x, ones(g, 1, 1, 1)), 9, 2),
            "allowed is one number of ea",
        ),
        (lambda g, x: g.bits(filled(g, x, g.constant(np.int32([6]))), 9, 2), "in another shape"),
        (lambda g, x: g.bits(filled(g, x, g.add("Shape", "codes")), 9, 2), "in another shape"),
    ],
)
def test_what_means_another_thing_is_refused_in_one_line(
    draw: Callable[[Drawing, str], str], message: str, tmp_path: Path
) -> None:
    path = kept(tmp_path, bytes(drawn(draw)[0].content))
    with pytest.raises(BadInput, match=message) as caught:
        import_model(path)
    assert str(caught.value).isprintable() and str(path) in str(caught.value)


def joined() -> bytes:
    """A graph in which every kind of constant stands."""
    generator = np.random.default_rng(4)
    graph = Drawing()
    codes = graph.bits(graph.placeholder(48), 8, 1)
    image = graph.add("Reshape", codes, graph.constant(np.int32([-1, 4, 4, 3])))
    sizes = graph.constant(np.int32([[0, 0], [0, 1], [1, 0], [0, 0]]))
    kernel = graph.bits(graph.constant(np.float32(generator.normal(0, 0.5, (2, 2, 3, 1)))), 6, 0)
    steps = numbers([1, 3, 3, 1])
    x = graph.add(
        "Conv2D", graph.add("Pad", image, sizes), kernel, strides=steps, padding=entry(2, "VALID")
    )
    x = graph.bits(graph.add("Reshape", x, graph.constant(np.int32([-1, 4]))), 8, 1)
    y = graph.dense(codes, generator.normal(0, 0.5, (48, 2)), [0.25, -0.5])
    axis = graph.constant(np.int32(-1))
    graph.add("ConcatV2", graph.bits(y, 8, 1), x, axis, name="latent")
    return bytes(graph.content)


def test_a_damaged_constant_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    """Its shape or its type: nothing is taken for what it is not."""
    content, choice = joined(), ImportChoice(arrangement="4x4x3")
    codes = np.random.default_rng(6).integers(-128, 128, (100, 48))

    def latents(graph: bytes) -> np.ndarray:
        found = import_model(kept(tmp_path, graph), choice)
        return encode(Encoder(found.network, found.weights), codes)

    expected = latents(content)
    generator = random.Random(5)  # noqa: S311
    refused = 0
    names = constants(content)
    for name in names:
        try:
            found = latents(damaged_constant(content, name, generator, FORMS))
        except BadInput as error:
            refused += 1
            assert str(error).isprintable() and str(tmp_path) in str(error)
        else:
            assert np.array_equal(found, expected), name
    assert len(names) // 2 < refused < len(names) - 5
