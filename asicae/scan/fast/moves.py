"""What changes in the data path while events stream, in golden's integers: no gate is looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import Words
from asicae.network.weights import Weights

Integers = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]


def changed_bits(values: Integers, width: int) -> Floats:
    """Bits of words (events, count) that change from event to event: the means (count,).

    Of each word the lowest ``width`` bits count, at most 62, as two's complement.
    """
    bits = values.astype(np.int64) & ((1 << width) - 1)
    changes = np.bitwise_count(bits[1:] ^ bits[:-1])
    return np.asarray(changes.mean(axis=0), dtype=np.float64)


@dataclass(frozen=True)
class Moves:
    """The words between the blocks, event after event.

    Attributes:
        words: values (events, count) by the name of the words.
        weights: that the chip is loaded with.
    """

    words: Mapping[str, Integers]
    weights: Weights

    def changed(self, parts: Iterable[Words]) -> float:
        """Bits of all these words that change in a clock, the mean."""
        return sum(float(changed_bits(self.words[p.name], p.width).sum()) for p in parts)
