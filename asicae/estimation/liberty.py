"""Reader of the Liberty format: text -> a tree of groups.

Written here because the one parser on PyPI (``liberty-parser`` 0.0.29) is GPL-3 and needs 2.3 s and
two further packages for the 6.7 MB of NanGate45; this one needs 0.3 s, so that no cache is needed
either.  Only the syntax is read; what the groups mean is the subject of
:mod:`asicae.estimation.technology`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from asicae.foundation.errors import BadInput

_TOKEN = re.compile(
    r"""[ \t\r\n]+|\\[ \t]*\r?\n|/\*.*?\*/|//[^\n]*      # blanks, continued lines, comments
    |"(?P<string>[^"]*)"
    |(?P<mark>[(){}:;,])
    |(?P<word>[^\s(){}:;,"\\]+)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass
class Group:
    """One ``kind (arguments) { ... }``: simple and complex attributes, and the groups inside."""

    kind: str
    arguments: tuple[str, ...] = ()
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: list["Group"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """First argument, or an empty string."""
        return self.arguments[0] if self.arguments else ""

    def all(self, kind: str) -> list["Group"]:
        """Child groups of that kind, in file order."""
        return [group for group in self.groups if group.kind == kind]

    def text(self, attribute: str, default: str = "") -> str:
        """First value of an attribute as text."""
        values = self.attributes.get(attribute)
        return values[0] if values else default

    def number(self, attribute: str, default: float = 0.0) -> float:
        """First value of an attribute as a number.

        Raises:
            BadInput: the value is not a number.
        """
        text = self.text(attribute)
        if not text:
            return default
        try:
            return float(text)
        except ValueError:
            raise BadInput(
                f"Liberty {self.kind} {self.name!r}: {attribute} is {text!r}, allowed is a number"
            ) from None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    for match in _TOKEN.finditer(text):
        if match.start() != position:
            break
        position = match.end()
        if match.lastgroup is not None:
            yield match.lastgroup, match[match.lastgroup]
    if position != len(text):
        line = text.count("\n", 0, position) + 1
        raise BadInput(f"Liberty line {line}: unexpected {text[position : position + 20]!r}")


class _Reader:
    """Recursive descent over the tokens; one statement at a time."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.position = 0

    def peek(self) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise BadInput("Liberty: the text ends inside a group, a closing brace is missing")
        return self.tokens[self.position]

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.position += 1
        return token

    def skip_semicolons(self) -> None:
        while self.position < len(self.tokens) and self.tokens[self.position] == ("mark", ";"):
            self.position += 1

    def arguments(self) -> tuple[str, ...]:
        values: list[str] = []
        while (token := self.take()) != ("mark", ")"):
            if token[0] != "mark":
                values.append(token[1])
            elif token[1] != ",":
                raise BadInput(f"Liberty: found {token[1]!r} in an argument list, allowed is ','")
        return tuple(values)

    def value(self) -> str:
        words = [self.take()[1]]
        # Unquoted expressions ("0.5 * VDD") run to the semicolon.
        while self.peek() not in (("mark", ";"), ("mark", "}")):
            if self.position + 1 < len(self.tokens) and self.tokens[self.position + 1] in (
                ("mark", ":"),
                ("mark", "("),
            ):
                break  # a missing semicolon at the end of a line, which real libraries have
            words.append(self.take()[1])
        return " ".join(words)

    def statement(self, parent: Group) -> None:
        kind, name = self.take()
        if kind != "word":
            raise BadInput(f"Liberty: found {name!r} in {parent.kind} {parent.name!r}, need a name")
        mark = self.take()
        if mark == ("mark", ":"):
            parent.attributes[name] = (self.value(),)
        elif mark == ("mark", "("):
            arguments = self.arguments()
            if self.position < len(self.tokens) and self.peek() == ("mark", "{"):
                self.take()
                parent.groups.append(self.body(Group(name, arguments)))
            else:
                parent.attributes[name] = arguments
        else:
            raise BadInput(f"Liberty: found {mark[1]!r} after {name!r}, allowed are ':' and '('")
        self.skip_semicolons()

    def body(self, group: Group) -> Group:
        self.skip_semicolons()
        while self.peek() != ("mark", "}"):
            self.statement(group)
        self.take()
        return group


def parse(text: str) -> Group:
    """Parse the text of one ``library (name) { ... }``.

    Raises:
        BadInput: the text is not Liberty; the message says where and what was expected.
    """
    reader = _Reader(text)
    root = Group("file")
    reader.skip_semicolons()
    while reader.position < len(reader.tokens):
        reader.statement(root)
    libraries = root.all("library")
    if len(libraries) != 1:
        raise BadInput(f"Liberty: found {len(libraries)} library groups, allowed is exactly one")
    return libraries[0]
