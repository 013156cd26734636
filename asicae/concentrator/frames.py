"""Frames as they leave the chip: 16-bit words, one row per bunch crossing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.bits import WORD_BITS, Words
from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS

Bytes = npt.NDArray[np.uint8]
CELL_BITS: Final = 6
FEWEST_IN_BITMAP: Final = 8
"""From this number of cells on a 48-bit map replaces the list of addresses."""


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames of n bunch crossings.

    Attributes:
        words: uint16[n, w], most significant bit first; words after the last of a frame are 0.
        counts: uint8[n], words of every frame, 1..w.
        numbers: int64[n], number of every frame in its file, for messages; 0, 1, ... if None.
    """

    words: Words
    counts: Bytes
    numbers: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.words)

    def part(self, index: Any) -> "Frames":
        """The frames at ``index``, which keep their numbers.

        Args:
            index: slice, integers [m] or mask bool[n].

        Raises:
            IndexError: an index out of range, a mask of another length.
        """
        numbers = np.arange(len(self)) if self.numbers is None else self.numbers
        return Frames(self.words[index], self.counts[index], numbers[index])

    @property
    def mean_bits(self) -> float:
        """Mean number of bits of a frame."""
        return float(self.counts.mean()) * WORD_BITS

    def refuse(self, wrong: npt.NDArray[np.bool_], reason: Callable[[int], str]) -> None:
        """Stop at the first frame of ``wrong`` bool[n], or do nothing.

        Raises:
            BadInput: the number of the frame and the reason, which gets its row.
        """
        if wrong.any():
            row = int(np.argmax(wrong))
            number = row if self.numbers is None else int(self.numbers[row])
            raise BadInput(f"frame {number}: {reason(row)}")

    def require_width(self, words: int) -> None:
        """Stop unless rows have room for ``words`` words.

        Raises:
            BadInput: what was found and what is allowed.
        """
        if self.words.shape[1] != words:
            raise BadInput(f"frames are rows of {self.words.shape[1]} words, allowed is {words}")

    def require_words(self, expected: int | npt.NDArray[Any]) -> None:
        """Stop at the first frame that has not the expected number of words.

        Raises:
            BadInput: naming the frame.
        """
        wanted = np.broadcast_to(np.asarray(expected), self.counts.shape)
        self.refuse(
            self.counts != wanted,
            lambda row: f"{self.counts[row]} words, allowed is {wanted[row]}",
        )

    def require_padding(self, canonical: "Frames") -> None:
        """Stop at the first frame that differs from ``canonical``, made of the fields it holds.

        Raises:
            BadInput: naming the frame; only its padding can differ.
        """
        wrong = (self.words != canonical.words).any(axis=1)
        self.refuse(wrong, lambda row: "the padding is not zero")


def fixed_frames(words: Words) -> Frames:
    """Frames that all have the same length."""
    return Frames(words, np.full(len(words), words.shape[1], dtype=np.uint8))


def require_fixed(frames: Frames, words: int) -> None:
    """Stop unless every frame has ``words`` words.

    Raises:
        BadInput: naming the first frame where lengths differ.
    """
    frames.require_width(words)
    frames.require_words(words)


def short_header(counter: Bytes) -> Bytes:
    """The 4 header bits of Best Choice and Super Trigger Cell: bits 4, 2, 1, 0 of the counter.

    Source: github.com/cmantill/ECONT_Emulator.
    """
    return np.asarray((counter >> 1) & 8 | counter & 7, dtype=np.uint8)


def cells_of(chosen: npt.NDArray[np.bool_], number: int) -> Bytes:
    """Cells uint8[n, number], ascending, of a mask bool[n, 48] with ``number`` cells a row."""
    flat = np.flatnonzero(chosen) % N_CELLS
    return flat.astype(np.uint8).reshape(len(chosen), number)


def require_cells(frames: Frames, cells: Bytes) -> None:
    """Stop at the first frame whose addresses uint8[n, k] are no cells in ascending order.

    Raises:
        BadInput: naming the frame.
    """
    far = cells >= N_CELLS
    frames.refuse(
        np.any(far, axis=1), lambda row: f"address {cells[row][far[row]][0]}, allowed is 0..47"
    )
    frames.refuse(
        np.any(cells[:, 1:] <= cells[:, :-1], axis=1),
        lambda row: f"addresses {cells[row].tolist()}, allowed are ascending ones",
    )
