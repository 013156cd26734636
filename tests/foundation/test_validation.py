"""Values from outside have exactly the types that are declared, in every schema of the kit."""

import importlib
import pkgutil
from enum import StrEnum
from typing import Any

import pytest

import asicae
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import Exact, validated
from asicae.network.named import network_of
from asicae.runs.settings import RunSettings


class Colour(StrEnum):
    """Two of them."""

    RED = "red"
    BLUE = "blue"


class Inner(Exact):
    """What stands inside."""

    count: int = 1
    share: float = 0.5
    flag: bool = False
    name: str = ""
    colour: Colour = Colour.RED
    places: tuple[tuple[int, ...], ...] = ()


class Outer(Exact):
    """What stands around."""

    inner: Inner = Inner()
    more: tuple[Inner, ...] = ()


def test_what_json_can_say_is_taken() -> None:
    values = {"count": 2, "share": 1, "flag": True, "colour": "blue", "places": [[1], [2, 3]]}
    found = validated(Outer, {"inner": values, "more": [values]}, "a file")
    assert found.inner == Inner(
        count=2, share=1.0, flag=True, colour=Colour.BLUE, places=((1,), (2, 3))
    )
    assert found.more == (found.inner,)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("count", "5"), ("count", True), ("count", 5.0), ("count", None), ("share", "0.5"),
        ("share", True), ("flag", 1), ("flag", "true"), ("name", 5), ("colour", 1),
        ("colour", "green"), ("places", [["1"]]), ("places", [[True]]), ("places", 1),
    ],
)  # fmt: skip
def test_another_type_is_refused(key: str, value: Any) -> None:
    for around in ({"inner": {key: value}}, {"more": [{key: value}]}):
        with pytest.raises(BadInput, match=rf"^a file: (inner|more\.0)\.{key}.*: found "):
            validated(Outer, around, "a file")


def test_an_unknown_key_names_those_that_are_allowed() -> None:
    with pytest.raises(BadInput, match=r"more\.0\.cuont: .*count, share, flag, name, colour"):
        validated(Outer, {"more": [{"cuont": 1}]}, "a file")
    allowed = ", ".join(RunSettings.model_fields)
    with pytest.raises(BadInput, match=f"epochs: found 3, .* allowed are {allowed}$"):
        validated(RunSettings, {"epochs": 3}, "a file")
    content = network_of("small").model_dump(mode="json")
    content["layers"][0]["stride"] = [1, 1]
    with pytest.raises(BadInput, match=r"stride: .* allowed are name, inputs, .*weight.* strides"):
        validated(type(network_of("small")), content, "a file")


def test_every_schema_of_the_kit_is_exact() -> None:
    from pydantic import BaseModel

    for module in pkgutil.walk_packages(asicae.__path__, "asicae."):
        if ".training." not in module.name and ".stages." not in module.name:
            with_text = module.module_finder.find_spec(module.name, None)  # type: ignore[call-arg]
            source = with_text.loader.get_source(module.name)  # type: ignore[union-attr]
            if "Exact" in source or "BaseModel" in source or "JsonRecord" in source:
                importlib.import_module(module.name)
    kinds = [kind for kind in _below(BaseModel) if kind.__module__.startswith("asicae.")]
    assert len(kinds) > 20
    assert [kind for kind in kinds if not issubclass(kind, Exact)] == []


def _below(kind: type) -> list[type]:
    return [kind, *(inner for below in kind.__subclasses__() for inner in _below(below))][
        0 if kind.__module__.startswith("asicae.") else 1 :
    ]
