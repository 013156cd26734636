"""The output buffer of Threshold Sum: frames of different length on links of constant rate.

Every crossing one frame of 16-bit words enters and 2 words a link leave. With ``fill`` words in the
buffer and a frame of ``words``:

* fill + words > T1: the frame is replaced by a truncated one of one word, type 110;
* else fill > T2 and words <= T3: likewise, type 111;
* else it enters as it is.

Source of the rules: github.com/cmantill/ECONT_Emulator; of the defaults (T1 = 48 words for 2 links,
T2 = 511 and T3 = 0, so that the second rule never acts): register map of LDMX-Software/pflib.
"""

import numpy as np
import numpy.typing as npt

from asicae.concentrator.settings import ConcentratorSettings

WHOLE, FULL, RESERVED = 0, 0b110, 0b111
"""Fate of a frame: sent as it is, or its type when truncated by the first or the second rule."""


def fates(words: npt.NDArray[np.integer], settings: ConcentratorSettings) -> npt.NDArray[np.uint8]:
    """Fate uint8[n] of frames of ``words`` [n] that enter an empty buffer one per crossing."""
    if settings.endless_buffer:
        return np.zeros(len(words), dtype=np.uint8)
    t1, t2, t3 = settings.buffer_words, settings.buff_t2, settings.buff_t3
    drain, fill = settings.frame_words, 0
    found = bytearray(len(words))
    # A recurrence: what enters depends on what entered before.
    for index, size in enumerate(words.tolist()):
        entering = size
        if fill + size > t1:
            found[index], entering = FULL, 1
        elif fill > t2 and size <= t3:
            found[index], entering = RESERVED, 1
        fill = max(fill + entering - drain, 0)
    return np.frombuffer(found, dtype=np.uint8)
