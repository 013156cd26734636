"""Reader of the Liberty format: text -> a tree of groups.

Written here because the one parser on PyPI (``liberty-parser`` 0.0.29) is GPL-3 and needs 2.3 s and
two further packages for the 6.7 MB of NanGate45; this one needs 0.4 s, so that no cache is needed
either.  Only the syntax is read; what the groups mean is the subject of
:mod:`asicae.estimation.library`.

Groups whose content nobody here asks for are passed over brace by brace, and only counted: current
source models (CCS, ECSM: ``output_current_rise``, ``receiver_capacitance``, ``vector``), noise,
wire loads, statistics, and whatever a library defines for itself.  Every character is looked at a
bounded number of times, whatever the text.
"""

import math
import re
from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short

MAX_DEPTH = 32
"""Of groups within groups that are read."""

_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t\r\n\f\v]++|\\[ \t]*+\r?\n|/\*.*?\*/|//[^\n]*+)*+)  # also continued lines
    (?:"(?P<string>[^"\\]*+(?:\\.[^"\\]*+)*+)"
    |(?P<mark>[(){}:;,])
    |(?P<word>(?:[^\s(){}:;,"\\/]|/(?![*/]))++)
    |(?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_PASSED_OVER = re.compile(
    r"""[^{}"/]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|/\*.*?\*/|//[^\n]*+|/(?!\*)|(?P<brace>[{}])""",
    re.VERBOSE | re.DOTALL,
)
_CONTINUED = re.compile(r"\\[ \t]*\r?\n")
_END = ("end", "")


@dataclass
class Group:
    """One ``kind (arguments) { ... }``: simple and complex attributes, and the groups inside.

    ``ambiguous``: attributes that stand there more than once, with different values;
    ``skipped``: how many groups of other kinds stand there too, by kind.
    """

    kind: str
    arguments: tuple[str, ...] = ()
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: list["Group"] = field(default_factory=list)
    ambiguous: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """First argument, or an empty string."""
        return self.arguments[0] if self.arguments else ""

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.kind} {short(self.name)}" if self.name else self.kind

    def all(self, kind: str) -> list["Group"]:
        """Child groups of that kind, in file order."""
        return [group for group in self.groups if group.kind == kind]

    def values(self, attribute: str) -> tuple[str, ...]:
        """All values of an attribute; none where it is absent.

        Raises:
            BadInput: it is given more than once, with different values.
        """
        if attribute in self.ambiguous:
            raise BadInput(f"{self.title}: {attribute} is given twice, with different values")
        return self.attributes.get(attribute, ())

    def text(self, attribute: str, default: str = "") -> str:
        """First value of an attribute as text.

        Raises:
            BadInput: as for ``values``.
        """
        return (self.values(attribute) or (default,))[0]

    def flag(self, attribute: str) -> bool:
        """Whether an attribute is there and true, quoted or not.

        Raises:
            BadInput: as for ``values``.
        """
        return self.text(attribute).strip().lower() in ("true", "1")

    def number(self, attribute: str, default: float = 0.0, least: float = -math.inf) -> float:
        """First value of an attribute as a finite number, ``least`` and more.

        Raises:
            BadInput: the value is none, or as for ``values``.
        """
        text = self.text(attribute)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < least:
            allowed = "a number" if least == -math.inf else f"a number, {least:g} and more"
            raise BadInput(f"{self.title}: {attribute} is {short(text)}, allowed is {allowed}")
        return value

    def set(self, attribute: str, values: tuple[str, ...]) -> None:
        """Give it an attribute; of several values the last one stays, and is ``ambiguous``."""
        if self.attributes.get(attribute, values) != values:
            self.ambiguous.add(attribute)
        self.attributes[attribute] = values


class _Lexer:
    """Tokens (kind, text, whether a line ended before it), one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.ahead: deque[tuple[str, str, bool, int]] = deque()

    def error(self, found: str, position: int | None = None) -> BadInput:
        at = self.position if position is None else position
        return BadInput(f"Liberty line {self.text.count(chr(10), 0, at) + 1}: {found}")

    def read(self) -> tuple[str, str, bool, int]:
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            found = self.text[self.position :][:200].lstrip()
            raise self.error(f"unexpected {short(found[:20])}", self.text.find(found))
        kind = str(match.lastgroup)
        text, blanks = match[kind], match["blank"]
        if kind == "string" and "\\" in text:
            text = _CONTINUED.sub(" ", text).replace('\\"', '"')
        self.position = match.end()
        broken = "\n" in blanks and "\n" in _CONTINUED.sub("", blanks)
        return kind, text, broken, match.end()

    def peek(self, count: int = 1) -> tuple[str, str, bool, int]:
        while len(self.ahead) < count:
            self.ahead.append(self.read())
        return self.ahead[count - 1]

    def take(self) -> tuple[str, str, bool, int]:
        token = self.ahead.popleft() if self.ahead else self.read()
        if token[0] == "end":
            raise self.error("the text ends inside a group, a closing brace is missing")
        return token

    def pass_over(self, start: int) -> None:
        """Go on behind the brace that closes the one before ``start``."""
        self.ahead.clear()
        depth, position = 1, start
        while depth:
            match = _PASSED_OVER.match(self.text, position)
            if match is None:
                raise self.error("a comment, a string or a group that does not end", position)
            position = match.end()
            if match["brace"]:
                depth += 1 if match["brace"] == "{" else -1
        self.position = position


class _Reader:
    """Recursive descent over the tokens; one statement at a time."""

    def __init__(self, text: str, kept: Collection[str]) -> None:
        self.lexer = _Lexer(text)
        self.kept = kept

    def skip_semicolons(self) -> None:
        while self.lexer.peek()[:2] == ("mark", ";"):
            self.lexer.take()

    def arguments(self) -> tuple[str, ...]:
        """Up to the closing parenthesis; a colon joins (``library:noise``), blanks join too."""
        values: list[list[str]] = [[]]
        while (token := self.lexer.take())[:2] != ("mark", ")"):
            kind, text = token[:2]
            if kind != "mark":
                values[-1].append(text)
            elif text == ",":
                values.append([])
            elif text == ":":
                values[-1] = ["".join([" ".join(values[-1]), ":", self.lexer.take()[1]])]
            else:
                raise self.lexer.error(f"found {text!r} in an argument list, allowed is ','")
        return tuple(" ".join(words) for words in values if words)

    def value(self) -> str:
        """Of a simple attribute: one text, or an expression ("0.5 * VDD") up to the semicolon.

        Real libraries forget semicolons at the end of a line.
        """
        kind, first = self.lexer.take()[:2]
        if kind == "mark":
            raise self.lexer.error(f"found {first!r}, a value is missing")
        words = [first]
        while True:
            kind, text, broken, _ = self.lexer.peek()
            if kind == "end" or (kind, text) in (("mark", ";"), ("mark", "}")):
                return " ".join(words)
            if (
                broken
                and kind == "word"
                and self.lexer.peek(2)[:2]
                in (
                    ("mark", ":"),
                    ("mark", "("),
                )
            ):
                return " ".join(words)
            if (kind, text) == ("mark", "{"):
                raise self.lexer.error("found '{' in a value, a semicolon is missing")
            words.append(self.lexer.take()[1])

    def statement(self, parent: Group, depth: int) -> None:
        kind, name = self.lexer.take()[:2]
        if kind != "word":
            raise self.lexer.error(f"found {short(name)} in {parent.title}, a name is missing")
        mark = self.lexer.take()[:2]
        if mark == ("mark", ":"):
            parent.set(name, (self.value(),))
        elif mark == ("mark", "("):
            arguments = self.arguments()
            if name == "include_file":
                given = short(" ".join(arguments))
                raise self.lexer.error(f"include_file {given}: give that file's content instead")
            if self.lexer.peek()[:2] == ("mark", "{"):
                start = self.lexer.take()[3]
                self.group(parent, name, arguments, start, depth)
            else:
                parent.set(name, arguments)
        else:
            raise self.lexer.error(f"found {short(mark[1])} after {short(name)}, need ':' or '('")
        self.skip_semicolons()

    def group(
        self, parent: Group, kind: str, arguments: tuple[str, ...], start: int, depth: int
    ) -> None:
        if kind not in self.kept:
            self.lexer.pass_over(start)
            parent.skipped[kind] += 1
            return
        if depth == MAX_DEPTH:
            raise self.lexer.error(f"groups within groups, allowed are {MAX_DEPTH} levels")
        inner = Group(kind, arguments)
        parent.groups.append(inner)
        self.skip_semicolons()
        while self.lexer.peek()[:2] != ("mark", "}"):
            self.statement(inner, depth + 1)
        self.lexer.take()


def parse(text: str, kept: Collection[str]) -> Group:
    """Parse the text of one ``library (name) { ... }``; groups of ``kept`` kinds are read.

    Raises:
        BadInput: the text is not Liberty; the message says where and what was expected.
    """
    reader = _Reader(text, {"library", *kept})
    root = Group("file")
    reader.skip_semicolons()
    while reader.lexer.peek()[:2] != _END:
        reader.statement(root, 0)
    libraries = root.all("library")
    if len(libraries) != 1:
        raise BadInput(f"Liberty: found {len(libraries)} library groups, allowed is exactly one")
    return libraries[0]
