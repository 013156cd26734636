"""Values from outside as checked models; what does not fit is one line."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from asicae.foundation.errors import BadInput

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], values: Any, source: str) -> Model:
    """``values`` as an instance of ``model``; ``source`` names the file or kind of setting.

    Raises:
        BadInput: the first key that does not fit, what was found and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = one_line(".".join(str(part) for part in first["loc"]), 100)
        message = one_line(first["msg"].removeprefix("Value error, "), 200)
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
