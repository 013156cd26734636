"""YAML that holds nothing but text, lists and mappings, read without trust.

No object is made and no scalar is interpreted: ``1e5``, ``yes`` and ``0x10`` stay text. Aliases,
anchors and tags are refused, so a small file stays small.
"""

import re
from collections.abc import Iterator
from typing import NoReturn

import yaml

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short

Plain = str | list["Plain"] | dict[str, "Plain"]
MAX_DEPTH = 4
_KEY = re.compile(r"[a-z][a-z0-9_]{0,30}")


def parse(text: str, source: str) -> dict[str, Plain]:
    """The one document of ``text``, a mapping; ``source`` names it in messages.

    Raises:
        BadInput: no valid YAML, another kind of or number of documents, an alias, anchor or tag,
            a repeated key, a key that is no identifier, nesting deeper than ``MAX_DEPTH``.
    """
    try:
        return _Document(text, source).read()
    # Escapes and directives with numbers out of range leave PyYAML as ValueError.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise BadInput(f"{source}: not valid YAML ({reason[:100]})") from None


class _Document:
    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))

    def read(self) -> dict[str, Plain]:
        next(self.events)  # the start of the stream
        if isinstance(start := next(self.events), yaml.StreamEndEvent):
            self._refuse(start, "nothing")
        content = self._value(top := next(self.events), 1)
        if not isinstance(content, dict):
            self._refuse(top, "no mapping")
        next(self.events)  # the end of the document
        if not isinstance(end := next(self.events), yaml.StreamEndEvent):
            self._refuse(end, "a second document")
        return content

    def _value(self, event: yaml.Event, depth: int) -> Plain:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "an anchor or alias")
        if getattr(event, "tag", None):
            self._refuse(event, "a tag")
        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        if depth > MAX_DEPTH:
            self._refuse(event, f"nesting deeper than {MAX_DEPTH}")
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._value(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)]
        content: dict[str, Plain] = {}
        for item in self._until(yaml.MappingEndEvent):
            key = self._value(item, depth + 1)
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                self._refuse(item, f"the key {short(key)}")
            if key in content:
                self._refuse(item, f"the key {key} a second time")
            content[key] = self._value(next(self.events), depth + 1)
        return content

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self.events), end):
            yield event

    def _refuse(self, event: yaml.Event, found: str) -> NoReturn:
        line = event.start_mark.line + 1 if event.start_mark else 1
        raise BadInput(
            f"{self.source}: line {line}: found {found}, allowed is one "
            "mapping of plain text, lists and mappings"
        )
