"""JSON from outside: finite numbers, every key once, no codecs."""

import json
import math
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import one_line, short


def parse_json(text: str | bytes, source: str) -> Any:
    """The value of a JSON text; bytes are UTF-8.

    Standard JSON has no NaN and no infinity, and says nothing of keys that repeat or numbers that
    overflow: all of them are refused.

    Raises:
        BadInput: not JSON; ``source`` names the text.
    """
    try:
        # Given bytes, json would guess other encodings and load their codecs.
        return json.loads(
            text if isinstance(text, str) else text.decode(),
            parse_constant=_no_number,
            parse_float=_finite,
            object_pairs_hook=_distinct,
        )
    # Also a number of more digits than Python converts, and too many brackets.
    except (ValueError, RecursionError) as error:
        # Python's advice to programmers is not for users.
        reason = one_line((str(error).splitlines() or [""])[0].partition("; use sys.")[0], 100)
        raise BadInput(f"{source}: not valid JSON ({reason})") from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{short(text)} is too large for a number")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {short(twice)} stands twice in one object")
    return found
