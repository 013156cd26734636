"""What layers are called on: tensors of other layers, and nothing beside them unread."""

import json
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import pytest

from asicae.foundation.errors import BadInput
from asicae.network.importing.architecture import model_of
from asicae.network.importing.calls import Call, call_of
from asicae.network.importing.reading import Reading
from asicae.network.importing.walk import walk
from tests.support.places import FIXTURES

OLD, NEW = FIXTURES / "qkeras09_graph" / "graph.h5", FIXTURES / "qkeras_v3" / "graph.keras"
Edit = Callable[[list[Any]], None]
"""Changes the calls of one layer."""


@pytest.fixture(scope="module")
def texts() -> dict[int, str]:
    """The architecture of a graph that joins, by the line of Keras that wrote it."""
    with h5py.File(OLD) as file, zipfile.ZipFile(NEW) as archive:
        return {2: file.attrs["model_config"], 3: archive.read("config.json").decode()}


def read(text: str, layer: str, edit: Edit) -> list[dict[str, Any]]:
    """The layers of a graph with other calls of one of them, as the importer reads them."""
    model = json.loads(text)
    (found,) = (x for x in model["config"]["layers"] if x["config"]["name"] == layer)
    edit(found["inbound_nodes"])
    steps = walk(model_of(model, "here"), None, None, "here")
    layers = Reading.of(steps, "here", lambda *_: {}, half_is_chosen=False).layers
    places = {layer: place for place, layer in enumerate(layers)}
    return [{"step": x.step.node.name, "of": [places.get(y) for y in x.operands]} for x in layers]


ONES = [[[[1.0] * 4] * 4] * 4]
TENSOR = {"class_name": "__keras_tensor__", "config": {"keras_history": ["row", 0, 0]}}


def beside(value: Any) -> Edit:
    """One more among the tensors that are joined."""

    def edit(calls: list[Any]) -> None:
        (call,) = calls
        (call["args"][0] if isinstance(call, dict) else call).append(value)

    return edit


def told(**arguments: Any) -> Edit:
    """With keyword arguments."""

    def edit(calls: list[Any]) -> None:
        (call,) = calls
        for holder in [call["kwargs"]] if isinstance(call, dict) else [each[3] for each in call]:
            holder.update(arguments)

    return edit


def by_name(calls: list[Any]) -> None:
    calls[0]["kwargs"]["inputs"] = calls[0]["args"].pop()


@pytest.mark.parametrize(
    ("form", "edit", "words"),
    [
        (
            3,
            beside({"class_name": "__numpy__", "config": {"value": ONES}}),
            "called on .*__numpy__",
        ),
        (3, beside({"class_name": "__tensor__", "config": {"value": 1}}), "called on .*__tensor__"),
        (3, beside({"class_name": "__lambda__", "config": TENSOR["config"]}), "called on .*lambda"),
        (3, beside(1.5), "called on 1.5, allowed are outputs of layers"),
        (3, lambda calls: calls[0]["args"].append(True), "called on True, allowed"),
        (2, beside(["_CONSTANT_VALUE", -1, ONES, {}]), "called on .*_CONSTANT_VALUE"),
        (2, beside(["_CONSTANT_VALUE", -1, 1, {}]), "called on .*_CONSTANT_VALUE"),
        (2, beside(["row", 0, 0, {"training": True}]), "each has other arguments"),
        (2, beside(["row", 0, 0, {}, 2]), "called on .*'row', 0, 0, {}, 2"),
        (2, beside(2), "called on 2, allowed"),
        (2, told(mask=[1, 1]), r"called with mask=\[1, 1\], which has no meaning"),
        (3, told(mask=[True, None]), r"called with mask=\[True, None\], which"),
        (3, told(mask=TENSOR), "called with mask=.*keras_tensor"),
        (3, told(scale=2), "called with scale=2, which"),
        (3, told(training="no"), "called with training='no', which"),
    ],
)
def test_what_is_no_output_of_a_layer_is_refused(
    form: int, edit: Edit, words: str, texts: dict[int, str]
) -> None:
    with pytest.raises(BadInput, match=rf"^here: layer 'rows' \(Concatenate\): .*{words}"):
        read(texts[form], "rows", edit)


def test_what_says_nothing_is_taken(texts: dict[int, str]) -> None:
    plain = read(texts[2], "skip", told())
    assert {"step": "skip", "of": [0, 1]} in plain and plain == read(texts[3], "skip", told())
    for form, edit in (
        (2, told(mask=None, training=False)),
        (3, told(mask=[None, None], training=True)),
        (3, by_name),
    ):
        assert read(texts[form], "skip", edit) == plain


def test_calls_are_read_in_every_form() -> None:
    two = [["a", 0, 0, {"training": True}], ["b", 1, 0, {"training": True}]]
    assert call_of(two) == Call((("a", 0), ("b", 1)), {"training": True})
    assert call_of(two).trains and not call_of(two).unread()
    assert call_of(["a", 0, 0]) == Call((("a", 0),))
    assert call_of({"only": ["a", 0, 0, {}]}) == Call((("a", 0),))
    # Which input each is for is told by the names alone.
    assert call_of({"y": ["a", 0, 0, {}], "x": ["b", 0, 0, {}]}).other
    times = [["_CONSTANT_VALUE", -1, 4, {"y": ["a", 0, 0], "name": None}]]
    assert call_of(times).parents == (("a", 0),) and call_of(times).other
