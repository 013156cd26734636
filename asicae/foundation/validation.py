"""Values from outside as checked models; what does not fit is one line."""

import functools
from enum import EnumType
from typing import Any, TypeVar, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from asicae.foundation.errors import BadInput

Model = TypeVar("Model", bound=BaseModel)
MAX_REASON = 500
"""Characters of what is said of an unknown key: all that are known have to fit."""


class Exact(BaseModel):
    """Values that come from outside: other keys are refused with the names of those there are.

    ``validated`` takes exactly the declared types: neither ``"5"`` nor ``true`` nor ``5.0`` is 5.
    JSON and TOML have lists and texts only: a list stands for a tuple, a text for a member of an
    enumeration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _as_declared(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        found = {}
        for key, value in values.items():
            if key not in cls.model_fields:
                allowed = {"allowed": ", ".join(cls.model_fields)}
                message = "Extra inputs are not permitted, allowed are {allowed}"
                error = PydanticCustomError("extra_forbidden", message, allowed)
                raise _at(cls, key, value, error)
            parts = _parts_by_key(cls)[key]
            found[key] = _as_tuple(value) if tuple in parts else value
            kinds: list[Any] = [part for part in parts if isinstance(part, EnumType)]
            if kinds and isinstance(value, str):
                names = [str(member) for member in kinds[0]]
                if value not in names:
                    message = "Input should be one of {allowed}"
                    allowed = {"allowed": ", ".join(map(repr, names))}
                    raise _at(cls, key, value, PydanticCustomError("enum", message, allowed))
                found[key] = kinds[0](value)
        return found


def _at(
    model: type[BaseModel], key: str, value: Any, error: PydanticCustomError
) -> ValidationError:
    where = InitErrorDetails(type=error, loc=(key,), input=value)
    return ValidationError.from_exception_data(model.__name__, [where])


@functools.cache
def _parts_by_key(model: type[BaseModel]) -> dict[str, frozenset[Any]]:
    """Of each declared value, see ``_parts``."""
    return {key: _parts(field.annotation) for key, field in model.model_fields.items()}


def _parts(annotation: Any) -> frozenset[Any]:
    """A type, and those that it is made of; the plain type of each that has parameters."""
    inner = (_parts(part) for part in get_args(annotation))
    return frozenset({get_origin(annotation) or annotation}).union(*inner)


def _as_tuple(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_tuple(inner) for key, inner in value.items()}
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def validated(model: type[Model], values: Any, source: str) -> Model:
    """``values`` as an instance of ``model``, of exactly the types that it declares.

    ``source`` names the file or kind of setting.

    Raises:
        BadInput: the first key that does not fit, what was found and what is allowed.
    """
    try:
        return model.model_validate(values, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key = one_line(".".join(str(part) for part in first["loc"]), 100)
        length = MAX_REASON if first["type"] == "extra_forbidden" else 200
        message = one_line(first["msg"].removeprefix("Value error, "), length)
        where = f"{source}: {key}: " if key else f"{source}: "
        # The input of a rule over several keys, and of a missing key, is the whole content.
        whole = not key or first["type"] == "missing"
        found = "" if whole else f"found {short(first['input'])}, "
        raise BadInput(f"{where}{found}{message[0].lower()}{message[1:]}") from None


def short(value: Any) -> str:
    """``value`` as one line of at most 60 characters, whatever it is."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of too many digits, too many brackets
        text = f"{type(value).__name__} that is too long to show"
    return one_line(text, 60)


def one_line(text: str, length: int) -> str:
    """``text`` in printable characters, at most ``length`` of them."""
    if not text.isprintable():
        text = repr(text)[1:-1]
    return text if len(text) <= length else f"{text[: length - 3]}..."
