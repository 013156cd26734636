"""Settings of runs as dotted keys, and where two of them differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from asicae.foundation.validation import short
from asicae.runs.settings import RunSettings

Value = float | int | str


def flat(settings: RunSettings) -> dict[str, Value]:
    """Values by dotted key; what has no value is left out, lists are text."""
    return dict(_flat(settings.model_dump(mode="json"), ""))


def differences(stored: RunSettings, found: RunSettings) -> str:
    """In words, empty where there are none."""
    first, second = flat(stored), flat(found)
    names = [n for n in {**first, **second} if repr(first.get(n)) != repr(second.get(n))]
    return ", ".join(f"{n} {_told(first, n)} there and {_told(second, n)} here" for n in names)


def _told(values: Mapping[str, Value], name: str) -> str:
    return short(values[name]) if name in values else "not"


def _flat(values: Mapping[str, Any], above: str) -> Iterator[tuple[str, Value]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        elif value is not None:
            yield f"{above}{key}", value if isinstance(value, float | int) else _text(value)


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
