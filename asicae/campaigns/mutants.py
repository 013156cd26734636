"""Small mistakes in Verilog, token by token: what a designer may mistype and a reviewer overlook.

Not touched: comments, attributes, ports and parameters with their defaults, declarations, whose
widths a linter checks, and what is assigned to ``unused_*``, which nothing reads.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"(?P<skip>\s+|//[^\n]*|/\*.*?\*/|\(\*(?!\)).*?\*\))"
    r"|(?P<number>\d*'[sS]?[bBdDhHoO][0-9a-fA-F_]+|\d+)"
    r"|(?P<word>[A-Za-z_$][\w$]*)"
    r"|(?P<mark><<|>>|<=|>=|==|!=|&&|\|\||\+:|.)",
    re.DOTALL,
)
_SIZED: Final = re.compile(r"(\d+)'([sS]?)([bBdDhHoO])([0-9a-fA-F_]+)")
_BASES: Final = {"b": (2, "b"), "o": (8, "o"), "d": (10, "d"), "h": (16, "X")}
SWAPS: Final = {
    **{"&&": "||", "||": "&&", "&": "|", "|": "&", "^": "|"},
    **{"==": "!=", "!=": "==", "<": "<=", ">": ">=", "<=": "<", ">=": ">"},
    **{"+": "-", "-": "+", "*": "+", "<<": ">>", ">>": "<<"},
}
UNUSED: Final = "unused_"
"""Begins the name of a wire that only takes up bits, for the linter."""
_DECLARES: Final = {"wire", "reg", "integer", "genvar", "input", "output", "parameter", "function"}
_OPENS: Final = {"if", "for", "case", "@"}
"""What a bracket follows that ends before a statement."""
_ALWAYS: Final = ("if", "(", "1", ")")
_RESTART: Final = {";", "begin", "end", "else", "endcase", "endgenerate", "endfunction", "generate"}


@dataclass(frozen=True)
class Mutant:
    """One mistake: ``text[begin:end]`` of a file becomes ``new``.

    Attributes:
        file: in ``rtl/``, with a slash.
        line: from 1.
        kind: operator, negation, constant, select, condition, reset, edge, assignment.
        old, new: what is replaced, and by what.
        before: the line as it is, without the blanks around it.
        column: in ``before``, from 1.
    """

    file: str
    line: int
    kind: str
    begin: int
    end: int
    old: str
    new: str
    before: str
    column: int = field(repr=False)

    @classmethod
    def at(cls, file: str, text: str, kind: str, begin: int, end: int, new: str) -> "Mutant":
        """The mistake of writing ``new`` for ``text[begin:end]``."""
        start = text.rfind("\n", 0, begin) + 1
        before = text[start : text.index("\n", begin)].strip()
        line, column = text.count("\n", 0, begin) + 1, len(text[start:begin].lstrip()) + 1
        return cls(file, line, kind, begin, end, text[begin:end], new, before, column)

    def applied(self, text: str) -> str:
        """The file with the mistake."""
        return text[: self.begin] + self.new + text[self.end :]

    @property
    def label(self) -> str:
        """In one line."""
        old, new = (" ".join(part.split()) for part in (self.old, self.new))
        return f"{self.file}:{self.line}: {self.kind}: `{old}` -> `{new}` in `{self.before}`"


@dataclass(frozen=True)
class _Token:
    text: str
    kind: str
    begin: int
    end: int


def mutants(file: str, text: str) -> list[Mutant]:
    """All mistakes of a file, in its order; ``file`` is its name."""
    edits = sorted(set(_Walk(text).edits()), key=lambda edit: edit[1:])
    return [Mutant.at(file, text, *edit) for edit in edits]


Edit = tuple[str, int, int, str]


class _Walk:
    """One pass over the tokens behind the header of a module."""

    def __init__(self, text: str) -> None:
        self.text = text
        tokens = [
            _Token(match[0], str(match.lastgroup), match.start(), match.end())
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "skip"
        ]
        self.tokens = tokens[_behind_header(tokens) :]

    def edits(self) -> Iterator[Edit]:
        """Kind, begin, end and new text of each mistake."""
        tokens, depth, start = self.tokens, 0, 0
        opened: list[bool] = []  # whether a statement begins behind each open bracket
        assigned: int | None = None
        for place, token in enumerate(tokens):
            declared = tokens[start].text in _DECLARES or self._reads_nothing(start)
            if token.text in "([{" and token.kind == "mark":
                opened.append(token.text == "(" and tokens[place - 1].text in _OPENS)
                depth += 1
            elif token.text in ")]}" and token.kind == "mark":
                depth -= 1
                if opened.pop() and depth == 0:
                    start, assigned = place + 1, None
            width = tokens[start].text == "localparam" and assigned is None
            if not declared:
                if depth == 0 and token.text in ("=", "<=") and assigned is None:
                    assigned = place
                elif not width:
                    yield from self._at(place)
            if depth == 0 and token.text == ";" and assigned is not None and not declared:
                yield from self._removed(start, assigned, place)
            label = token.text == ":" and depth == 0 and assigned is None
            if depth == 0 and (token.text in _RESTART or label):
                # The name of a block is no statement.
                start = place + (2 if label and tokens[place - 1].text == "begin" else 1)
                assigned = None

    def _reads_nothing(self, start: int) -> bool:
        """Whether a statement assigns to a wire that is there for the linter."""
        first, *rest = (token.text for token in self.tokens[start : start + 2])
        return first == "assign" and rest[0].startswith(UNUSED)

    def _removed(self, start: int, assigned: int, place: int) -> Iterator[Edit]:
        """Without the assignment; a continuous one is of zeros."""
        first, last = self.tokens[start], self.tokens[place]
        if first.text == "assign":
            yield "assignment", self.tokens[assigned + 1].begin, last.begin, "0"
        elif first.text != "localparam":
            yield "assignment", first.begin, last.begin, ""

    def _at(self, place: int) -> Iterator[Edit]:
        token, before = self.tokens[place], self.tokens[place - 1]
        begin, end = token.begin, token.end
        if self._names_a_block(place) or self._names_a_block(place - 2):
            return
        if token.kind == "number":
            yield "constant", begin, end, _other(token.text)
        elif token.text in ("posedge", "negedge"):
            yield "edge", begin, end, "negedge" if token.text == "posedge" else "posedge"
        elif token.text in ("!", "~"):
            yield "negation", begin, end, ""
        elif token.text in SWAPS:
            unary = before.kind == "mark" and before.text not in ")]}"
            if not (unary and token.text in "+-*"):
                yield "operator", begin, end, SWAPS[token.text]
        elif token.text == "if":
            inner = self._inside(place + 1)
            yield "condition", *inner, f"!({self.text[slice(*inner)]})"
            yield "condition", *inner, "1'b0"
            yield "condition", *inner, "1'b1"
        elif token.text == "[" and (before.kind == "word" or before.text == "]"):
            yield from self._select(place)
        elif token.text == "(" and before.text == "RESET":
            inner = self._inside(place)
            yield "reset", *inner, f"~({self.text[slice(*inner)]})"

    def _names_a_block(self, place: int) -> bool:
        """Whether ``if (1)`` begins at a token, which is no condition."""
        return [token.text for token in self.tokens[max(place, 0) : place + 4]] == [*_ALWAYS]

    def _inside(self, place: int) -> tuple[int, int]:
        """Begin and end of what stands in the bracket that opens at a token."""
        depth = 0
        for token in self.tokens[place:]:
            depth += (token.text in "([{") - (token.text in ")]}") if token.kind == "mark" else 0
            if depth == 0:
                return self.tokens[place].end, token.begin
        raise AssertionError("the brackets do not match")

    def _select(self, place: int) -> Iterator[Edit]:
        """The next bit, or the part that begins with it; of a range its ends are constants."""
        begin, end = self._inside(place)
        inner = self.text[begin:end]
        base, part, _ = inner.partition("+:")
        if part or ":" not in inner:
            yield "select", begin, begin + len(base), f"({base}) + 1"


def _behind_header(tokens: list[_Token]) -> int:
    for place, token in enumerate(tokens):
        if token.text == ";" and any(earlier.text == "module" for earlier in tokens[:place]):
            return place + 1
    return len(tokens)


def _other(number: str) -> str:
    """Another number of the same width."""
    found = _SIZED.fullmatch(number)
    if found is None:
        return str(int(number) + 1)
    width, sign, base, digits = found.groups()
    radix, form = _BASES[base.lower()]
    value = int(digits.replace("_", ""), radix) ^ 1
    return f"{width}'{sign}{base}{value:{form}}"
