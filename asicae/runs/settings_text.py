"""All settings of a run as a commented file, made of their own descriptions."""

import inspect
import json
import re
import textwrap
import types
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from asicae.runs.settings import RunSettings

WIDTH: Final = 100
NONE: Final = "  # none"
"""Behind a key that has no value unless it is given one."""
_HEAD: Final = (
    "# Settings of a run. Keys that are left as comments have these defaults, or those that follow",
    "# from others.",
    "#",
    "#     asicae settings > my.toml",
    "#     asicae run RUN --settings my.toml",
    "",
)
_BESIDE: Final = {
    "": ("class", "modules of one class, by name or trigger links, in source or reading."),
    "chip.": ("microarchitecture", "a name, from which the other keys say what differs."),
}
"""Keys that stand for others, by table."""
_MANY: Final = 2**31 - 1
"""Largest numbers from here on are those of a machine, and not worth a word."""
_ENTRY: Final = re.compile(r"^ {4}(\w+): ", re.MULTILINE)
_BOUNDS: Final = (
    ("minimum", "from {}"),
    ("exclusiveMinimum", "above {}"),
    ("maximum", "to {}"),
    ("exclusiveMaximum", "below {}"),
)


class _Schema(GenerateJsonSchema):
    """In which values that are written as text, such as types, are text."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        del schema, error_info
        return {"type": "string"}


def commented() -> str:
    """TOML in which each key, as a comment, has its default, what it means and what it may be."""
    return "\n".join([*_HEAD, *_table(RunSettings, RunSettings(), "")]) + "\n"


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """What the text of a model says about each of its keys, under ``Attributes:``."""
    found: dict[str, str] = {}
    kinds = [each for each in model.__mro__ if issubclass(each, BaseModel) and each.__doc__]
    for each in reversed(kinds[: kinds.index(BaseModel)]):
        section = (
            inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")[2].partition("\n\n")[0]
        )
        _, *rest = _ENTRY.split(f"\n{section}")
        for name, said in zip(rest[::2], rest[1::2], strict=True):
            found[name] = re.sub(r"\s+", " ", said).strip().replace("``", "`")
    return found


def _table(model: type[BaseModel], values: BaseModel | None, title: str) -> Iterator[str]:
    """Keys of a table, and behind them the tables in it."""
    told = descriptions(model)
    limits = model.model_json_schema(schema_generator=_Schema)["properties"]
    tables: list[tuple[type[BaseModel], BaseModel | None, str]] = []
    if title in _BESIDE:
        name, said = _BESIDE[title]
        yield from _comment(said)
        yield f'#{name} = ""{NONE}'
    for name, field in model.model_fields.items():
        value = None if values is None else getattr(values, name)
        inner = _model_of(field.annotation)
        if inner is not None:
            tables.append((inner, value, name))
            continue
        yield from _comment(told[name], _allowed(limits[name]))
        usual = values is None or value == field.get_default(call_default_factory=True)
        # What an empty table would not have stands in it.
        hidden = "#" if usual or not title else ""
        yield f"{hidden}{name} = {_literal(value, limits[name])}"
    for inner, value, name in tables:
        yield ""
        yield from _comment(told[name])
        yield f"{'#' if value is None else ''}[{title}{name}]"
        yield from _table(inner, value, f"{title}{name}.")


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model that a key holds, or may hold."""
    kinds = [annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = list(get_args(annotation))
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)


def _comment(said: str, allowed: str = "") -> list[str]:
    text = f"{said[0].upper()}{said[1:].rstrip('.')}. {allowed}".rstrip()
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH - 2)]


def _allowed(schema: Mapping[str, Any]) -> str:
    """Bounds and choices in words."""
    kinds = schema.get("anyOf", [schema])
    for kind in kinds:
        if "enum" in kind:
            return f"One of {', '.join(json.dumps(value) for value in kind['enum'])}."
        bounds = [
            words.format(f"{kind[key]:,.12g}")
            for key, words in _BOUNDS
            if kind.get(key, _MANY) < _MANY
        ]
        if bounds:
            return f"Allowed: {' '.join(bounds)}."
    return ""


def _literal(value: Any, schema: Mapping[str, Any]) -> str:
    """A value of TOML; where there is none, one of the kind that there may be."""
    if value is None:
        kind = schema.get("anyOf", [schema])[0].get("type")
        of_kind = {"array": "[]", "integer": "0", "number": "0.0"}.get(str(kind), '""')
        return of_kind + NONE
    if isinstance(value, Enum):
        value = value.value
    return json.dumps(list(value) if isinstance(value, tuple) else value)
