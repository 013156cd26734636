"""JSON from outside: finite numbers, every key once, bounded, no codecs.

NumPy and Pydantic are loaded where they are needed: the makefile of a build calls the kit's cache
once an object, each time in a process of its own.
"""

import functools
import json
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from asicae.foundation.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_DEPTH: Final = 100
"""Lists and objects in one another; what walks through a value may call itself so often."""
MAX_VALUES: Final = 1_000_000
"""Numbers, texts, lists and objects; each takes some 100 bytes of memory."""
_TEXT: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BLOCK: Final = 1 << 20
TOO_DEEP: Final = f"nested more than {MAX_DEPTH} deep"


def parse_json(
    text: str | bytes, source: str, values: int = MAX_VALUES, *, infinity: bool = False
) -> Any:
    """The value of a JSON text; bytes are UTF-8.

    Standard JSON has no NaN and no infinity, and says nothing of keys that repeat or numbers that
    overflow: all of them are refused. So are more than ``values`` values and more than
    ``MAX_DEPTH`` levels, before any value is made. With ``infinity`` its name is a number, as
    Python writes it.

    Raises:
        BadInput: not JSON, or too much of it; ``source`` names the text.
    """
    try:
        # Given bytes, json would guess other encodings and load their codecs.
        decoded = text if isinstance(text, str) else text.decode()
        _refuse_too_much(decoded, source, values)
        return json.loads(
            decoded,
            parse_constant=_infinity if infinity else _no_number,
            parse_float=_finite,
            object_pairs_hook=_distinct,
        )
    # Also a number of more digits than Python converts, and too many brackets.
    except (ValueError, RecursionError) as error:
        from asicae.foundation.validation import one_line

        # Python's advice to programmers is not for users.
        reason = one_line((str(error).splitlines() or [""])[0].partition("; use sys.")[0], 100)
        raise BadInput(f"{source}: not valid JSON ({reason})") from None


def _refuse_too_much(text: str, source: str, values: int) -> None:
    """Count by brackets and commas outside of texts, which stand between values; no keys."""
    if len(text) <= MAX_DEPTH:
        return
    rest = _TEXT.sub("", text)
    if 1 + sum(map(rest.count, ",[{")) > values:
        raise BadInput(f"{source}: not valid JSON (more than {values} values)")
    import numpy as np

    depth = 0
    for start in range(0, len(rest), _BLOCK):
        block = rest[start : start + _BLOCK].encode("ascii", errors="replace")
        steps = _steps()[np.frombuffer(block, dtype=np.uint8)]
        levels = depth + np.cumsum(steps, dtype=np.int64)
        if levels.max() > MAX_DEPTH:
            raise BadInput(f"{source}: not valid JSON ({TOO_DEEP})")
        depth = int(levels[-1])


@functools.cache
def _steps() -> "npt.NDArray[np.int8]":
    """What a character outside of texts adds to the depth."""
    import numpy as np

    return np.array([(chr(c) in "[{") - (chr(c) in "]}") for c in range(256)], dtype=np.int8)


def is_too_deep(value: Any) -> bool:
    """Whether a value that another parser made has more than ``MAX_DEPTH`` levels."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        inner = [v.values() if isinstance(v, dict) else v for v in level if v]
        level = [v for values in inner for v in values if isinstance(v, dict | list)]
    return bool(level)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _infinity(name: str) -> float:
    return math.inf if name == "Infinity" else _no_number(name)


def _short(value: Any) -> str:
    from asicae.foundation.validation import short

    return short(value)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{_short(text)} is too large for a number")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"key {_short(twice)} stands twice in one object")
    return found
