"""Boolean expressions of Liberty (``function``, ``when``, ``next_state``) on packed events."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short

MAX_TOKENS = 2_000
"""Of one expression; a sum of 27 products of three pins, which is the longest seen, has 250."""
MAX_NESTING = 50
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

    @property
    def text(self) -> str:
        """As Liberty writes it, in full parentheses."""
        if self.operator == "name":
            return self.name
        if self.operator in "01":
            return self.operator
        if self.operator == "!":
            return f"!{self.operands[0].text}"
        return "(" + f" {self.operator} ".join(operand.text for operand in self.operands) + ")"

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


def _joined(operator: str, operands: list[Expression]) -> Expression:
    """A tree as low as can be: a thousand operands must not exhaust the stack."""
    while len(operands) > 1:
        pairs = zip(operands[::2], operands[1::2], strict=False)
        rest = operands[-1:] if len(operands) % 2 else []
        operands = [Expression(operator, pair) for pair in pairs] + rest
    return operands[0]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.error(f"unexpected {text[position]!r}")
            self.tokens.append(match[1])
            position = match.end()
        if len(self.tokens) > MAX_TOKENS:
            raise self.error(f"{len(self.tokens)} words and signs, allowed are {MAX_TOKENS}")
        self.position = self.depth = 0

    def error(self, found: str) -> BadInput:
        return BadInput(f"Liberty function {short(self.text)}: {found}")

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    # From weak to strong: or, xor, and (also by juxtaposition), not.
    def disjunction(self) -> Expression:
        operands = [self.exclusive()]
        while self.peek() in ("|", "+"):
            self.take()
            operands.append(self.exclusive())
        return _joined("|", operands)

    def exclusive(self) -> Expression:
        operands = [self.conjunction()]
        while self.peek() == "^":
            self.take()
            operands.append(self.conjunction())
        return _joined("^", operands)

    def conjunction(self) -> Expression:
        operands = [self.unary()]
        while (token := self.peek()) and token not in ("|", "+", "^", ")", "'"):
            if token in ("&", "*"):
                self.take()
            operands.append(self.unary())
        return _joined("&", operands)

    def unary(self) -> Expression:
        inversions = 0
        while self.peek() == "!":
            self.take()
            inversions += 1
        inner = self.operand()
        while self.peek() == "'":
            self.take()
            inversions += 1
        return Expression("!", (inner,)) if inversions % 2 else inner

    def operand(self) -> Expression:
        token = self.take()
        if token == "(":  # noqa: S105
            self.depth += 1
            if self.depth > MAX_NESTING:
                raise self.error(f"parentheses in parentheses, allowed are {MAX_NESTING}")
            inner = self.disjunction()
            if self.take() != ")":
                raise self.error("a closing parenthesis is missing")
            self.depth -= 1
            return inner
        if token in ("0", "1"):
            return Expression(token)
        if token and (token[0].isalpha() or token[0] == "_"):
            return Expression("name", name=token)
        raise self.error("an operand is missing")


def parse(text: str) -> Expression:
    """Parse a Liberty Boolean expression.

    Raises:
        BadInput: the text is not one.
    """
    parser = _Parser(text)
    expression = parser.disjunction()
    if parser.peek():
        raise parser.error(f"unexpected {parser.peek()!r}")
    return expression
