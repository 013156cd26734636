"""The output buffer of Threshold Sum: frames of different length on links of constant rate.

Every crossing one frame of 16-bit words enters and 2 words a link leave. With ``fill`` words in the
buffer and a frame of ``words``:

* fill + words > T1: the frame is replaced by a truncated one of one word, type 110;
* else fill > T2 and words <= T3: likewise, type 111;
* else it enters as it is.

Source of the rules: github.com/cmantill/ECONT_Emulator; of the defaults (T1 = 48 words for 2 links,
T2 = 511 and T3 = 0, so that the second rule never acts): register map of LDMX-Software/pflib.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

WHOLE, FULL, RESERVED = 0, 0b110, 0b111
"""Fate of a frame: sent as it is, or its type when truncated by the first or the second rule."""


class BufferSettings(Protocol):
    """What a buffer has to know of the settings of Threshold Sum."""

    @property
    def endless_buffer(self) -> bool:
        """No frame is ever truncated."""

    @property
    def buffer_words(self) -> int:
        """T1 in words."""

    @property
    def buff_t2(self) -> int:
        """T2 in words."""

    @property
    def buff_t3(self) -> int:
        """T3 in words."""

    @property
    def frame_words(self) -> int:
        """Words that leave each crossing."""


@dataclass
class Buffer:
    """A buffer and the words in it, 0 at the start."""

    settings: BufferSettings
    fill: int = 0

    def fates(self, words: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
        """Fate uint8[n] of frames of ``words`` [n] that enter one per crossing, in order."""
        if self.settings.endless_buffer:
            return np.zeros(len(words), dtype=np.uint8)
        t1, t2, t3 = self.settings.buffer_words, self.settings.buff_t2, self.settings.buff_t3
        drain, fill = self.settings.frame_words, self.fill
        found = bytearray(len(words))
        # A recurrence: what enters depends on what entered before.
        for index, size in enumerate(words.tolist()):
            entering = size
            if fill + size > t1:
                found[index], entering = FULL, 1
            elif fill > t2 and size <= t3:
                found[index], entering = RESERVED, 1
            fill = max(fill + entering - drain, 0)
        self.fill = fill
        return np.frombuffer(found, dtype=np.uint8)


def possible_fates(settings: BufferSettings, longest: int) -> tuple[int, ...]:
    """Fates that frames of 1 to ``longest`` words can meet in any order."""
    if settings.endless_buffer:
        return (WHOLE,)
    t1 = settings.buffer_words
    # What is left after a crossing: frames enter up to T1, truncated ones leave faster than they
    # come.
    fullest = max(t1 - settings.frame_words, 0)
    found = [WHOLE]
    if fullest + longest > t1:
        found.append(FULL)
    if fullest > settings.buff_t2 and settings.buff_t3 > 0:
        found.append(RESERVED)
    return tuple(found)
