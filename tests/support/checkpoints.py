"""Checkpoints of TensorFlow as tests write them, and how the import refuses one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.campaigns.damaged_checkpoints import (
    checkpoint,
)
from asicae.campaigns.damaged_graphs import entry
from asicae.foundation.errors import BadInput
from asicae.network.importing.checkpoint.bundle import Bundle
from asicae.network.importing.checkpoint.objects import GRAPH
from asicae.network.importing.importer import MAX_MESSAGE, Imported, import_model
from tests.support.made_up_models import APART, CHECKPOINT
from tests.support.places import FIXTURES

OLD = FIXTURES / "qkeras09"
STORED = FIXTURES / "qkeras09_checkpoint"
INDEX = CHECKPOINT
SHARD = STORED / "econ_t.data-00000-of-00001"
Children = dict[str, int]


def same(one: Imported, other: Imported) -> bool:
    """Whether the networks and all integers of the weights are equal."""
    first, second = one.weights.arrays, other.weights.arrays
    return (
        one.network == other.network
        and one.notes == other.notes
        and first.keys() == second.keys()
        and all(np.array_equal(first[name], second[name]) for name in first)
    )


def written(folder: Path, index: bytes, *shards: bytes) -> Path:
    """A checkpoint as files; gives its index."""
    for number, data in enumerate(shards):
        (folder / f"w.data-{number:05}-of-{len(shards):05}").write_bytes(data)
    (folder / "w.index").write_bytes(index)
    return folder / "w.index"


def refused(index: Path, word: str, model: Path = APART) -> None:
    with pytest.raises(BadInput, match=word) as caught:
        import_model(model, weights=index)
    message = str(caught.value)
    assert str(index.parent) in message or str(model) in message
    assert message.isprintable() and len(message) <= MAX_MESSAGE


def graph_of(objects: list[tuple[Children, tuple[str, str] | None]]) -> bytes:
    """An object graph: children and, of a variable, its key and its own name."""
    made = b""
    for children, variable in objects:
        row = b"".join(entry(1, entry(1, k) + entry(2, name)) for name, k in children.items())
        if variable is not None:
            key, name = variable
            row += entry(2, entry(1, "VARIABLE_VALUE") + entry(2, name) + entry(3, key))
        made += entry(1, row)
    return made


def arrays_of(path: Path = INDEX) -> dict[str, np.ndarray]:
    """Arrays of the layers of the published encoder by "conv/kernel"."""
    bundle = Bundle.read(path, str(path))
    at = {"conv": "layer_with_weights-0", "encoded": "layer_with_weights-1"}
    return {
        f"{layer}/{name}": bundle.array(f"{key}/{name}/.ATTRIBUTES/VARIABLE_VALUE", "here")
        for layer, key in at.items()
        for name in ("kernel", "bias")
    }


def drawn(
    arrays: Mapping[str, Any],
    places: Mapping[int, str],
    count: int = 5,
    names: Mapping[str, str] | None = None,
    above: Children | None = None,
) -> tuple[bytes, bytes]:
    """Index and shard of a model of ``count`` layers, some with the arrays of that name.

    Args:
        places: of layers, by number, the name before "/" of their arrays.
        names: of variables, where they are not those of the arrays.
        above: children of an object around the model, which is object 1.
    """
    top = 1 if above else 0
    objects: list[tuple[Children, tuple[str, str] | None]] = [(above, None)] if above else []
    objects += [({f"layer-{k}": top + 1 + k for k in range(count)}, None)]
    objects += [({}, None) for _ in range(count)]
    for place, layer in places.items():
        for key in arrays:
            if key.startswith(f"{layer}/"):
                own = key.removeprefix(f"{layer}/")
                objects[top + 1 + place][0][own] = len(objects)
                objects.append(({}, (key, (names or {}).get(key, key))))
    return checkpoint({**arrays, GRAPH: graph_of(objects)})


PLACES = {1: "conv", 4: "encoded"}
