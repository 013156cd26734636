"""Words of one vector as wires to another, in Verilog."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asicae.chip.blocks import Words
from asicae.network.plan import LayerPlan


@dataclass(frozen=True)
class Run:
    """Neighbouring words of a vector, from bit ``low`` on, and the wires that they are."""

    low: int
    bits: int
    source: str

    @property
    def high(self) -> int:
        """Number of the highest bit."""
        return self.low + self.bits - 1


def widened_runs(plan: LayerPlan, place: int, words: Words) -> list[Run]:
    """The words of an operand of a layer in the type of its inputs, word by word."""
    kind, shift = plan.operands[place].type, plan.input_shifts[place]
    width = plan.input_type.width
    above = width - words.width - shift
    found = []
    for number in range(words.count):
        low, high = number * words.width, (number + 1) * words.width - 1
        sign = f"{{{above}{{{words.name}[{high}]}}}}" if kind.signed else f"{above}'d0"
        parts = [
            *([sign] if above else []),
            f"{words.name}[{high}:{low}]",
            *([f"{shift}'d0"] if shift else []),
        ]
        found.append(Run(number * width, width, f"{{{', '.join(parts)}}}"))
    return found


def wiring_runs(plan: LayerPlan, seen: Sequence[Words]) -> list[Run]:
    """The outputs of a layer that are its inputs in another order, as few slices as there are.

    Raises:
        ValueError: the layer computes something.
    """
    if plan.wiring is None:
        raise ValueError(plan.name)
    width, found = plan.input_type.width, []
    for output, (words, first, count) in _slices(plan.wiring, seen):
        source = f"{count * width}'d0"
        if words is not None:
            source = f"{words.name}[{(first + count) * width - 1}:{first * width}]"
        found.append(Run(output * width, count * width, source))
    return found


_Slice = tuple[Words | None, int, int]
"""Vector (None: zeros), first word and number of words."""


def _slices(wiring: Iterable[int | None], seen: Sequence[Words]) -> Iterable[tuple[int, _Slice]]:
    """Neighbours that come from neighbours, each with the number of its first output."""
    places = [(words, number) for words in seen for number in range(words.count)]
    runs: list[tuple[int, _Slice]] = []
    for output, source in enumerate(wiring):
        words, number = (None, 0) if source is None else places[source]
        if runs:
            begin, (before, first, count) = runs[-1]
            if before is words and (words is None or number == first + count):
                runs[-1] = (begin, (before, first, count + 1))
                continue
        runs.append((output, (words, number, 1)))
    return runs
