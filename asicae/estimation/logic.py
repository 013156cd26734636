"""Boolean expressions of Liberty (``function``, ``when``, ``next_state``) on packed events."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput

Bits = npt.NDArray[np.uint64]
ALL_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_TOKEN = re.compile(r"\s*([A-Za-z_][\w\[\]]*|[01!'&*|+^()])")


@dataclass(frozen=True)
class Expression:
    """A node: ``operator`` is one of ``0 1 name ! & | ^``; ``name`` only for names."""

    operator: str
    operands: tuple["Expression", ...] = ()
    name: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Pins and states that occur, sorted."""
        if self.operator == "name":
            return (self.name,)
        return tuple(sorted({name for operand in self.operands for name in operand.names}))

    def evaluate(self, values: Mapping[str, Bits]) -> Bits:
        """Value of the expression, 64 events a word, the shape of ``values`` (broadcast)."""
        if self.operator == "name":
            return values[self.name]
        if self.operator == "0":
            return np.zeros((), np.uint64)
        if self.operator == "1":
            return np.full((), ALL_ONES)
        first = self.operands[0].evaluate(values)
        if self.operator == "!":
            return ~first
        second = self.operands[1].evaluate(values)
        if self.operator == "&":
            return first & second
        return first | second if self.operator == "|" else first ^ second

    def holds(self, values: Mapping[str, bool]) -> bool:
        """Truth of the expression for one assignment."""
        words = {
            name: np.full((), ALL_ONES if bit else 0, np.uint64) for name, bit in values.items()
        }
        return bool(self.evaluate(words) & np.uint64(1))

    def truth(self, names: tuple[str, ...]) -> tuple[bool, ...]:
        """Truth table over ``names``, the first name the slowest index."""
        return tuple(
            self.holds(dict(zip(names, bits, strict=True)))
            for bits in product((False, True), repeat=len(names))
        )


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        position = 0
        stripped = text.rstrip()
        while position < len(stripped):
            match = _TOKEN.match(stripped, position)
            if match is None:
                raise BadInput(f"Liberty function {text!r}: unexpected {stripped[position]!r}")
            self.tokens.append(match[1])
            position = match.end()
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    # From weak to strong: or, xor, and (also by juxtaposition), not.
    def disjunction(self) -> Expression:
        left = self.exclusive()
        while self.peek() in ("|", "+"):
            self.take()
            left = Expression("|", (left, self.exclusive()))
        return left

    def exclusive(self) -> Expression:
        left = self.conjunction()
        while self.peek() == "^":
            self.take()
            left = Expression("^", (left, self.conjunction()))
        return left

    def conjunction(self) -> Expression:
        left = self.unary()
        while (token := self.peek()) and token not in ("|", "+", "^", ")", "'"):
            if token in ("&", "*"):
                self.take()
            left = Expression("&", (left, self.unary()))
        return left

    def unary(self) -> Expression:
        token = self.take()
        if token == "!":  # noqa: S105
            return Expression("!", (self.unary(),))
        if token == "(":  # noqa: S105
            inner = self.disjunction()
            if self.take() != ")":
                raise BadInput(f"Liberty function {self.text!r}: a closing parenthesis is missing")
        elif token in ("0", "1"):
            inner = Expression(token)
        elif token and (token[0].isalpha() or token[0] == "_"):
            inner = Expression("name", name=token)
        else:
            raise BadInput(f"Liberty function {self.text!r}: an operand is missing")
        while self.peek() == "'":
            self.take()
            inner = Expression("!", (inner,))
        return inner


def parse(text: str) -> Expression:
    """Parse a Liberty Boolean expression.

    Raises:
        BadInput: the text is not one.
    """
    parser = _Parser(text)
    expression = parser.disjunction()
    if parser.peek():
        raise BadInput(f"Liberty function {text!r}: unexpected {parser.peek()!r}")
    return expression
