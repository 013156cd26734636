"""What synthesis and layout assume of what surrounds the chip, and of what is not built yet.

They are choices to start from, each stated where it is used; a project sets its own.
"""

from typing import Final

SETUP_UNCERTAINTY_NS: Final = 0.5
"""Jitter of the clock and skew of a tree that is not built yet: 2 % of the period."""
HOLD_UNCERTAINTY_NS: Final = 0.1
"""The skew alone: jitter moves both edges of a hold check."""
IO_DELAY_MIN_NS: Final = 0
"""Least delay of the board in front of an input and behind an output, for hold checks."""
INPUT_TRANSITION_NS: Final = 0.5
"""Slew of what arrives at an input."""
MAX_TRANSITION_NS: Final = 1.0
"""Largest slew of any net inside."""
OUTPUT_LOAD_PF: Final = 0.1
"""What an output drives: the input of a pad, and a wire to it."""
COPY_SPACING_UM: Final = 15
"""Least distance of the three copies of a bit, which one particle must not reach together."""
