"""The bench of the bank of latches: in Icarus, which has true latches, on its files alone."""

from pathlib import Path
from typing import Final

from asicae.campaigns.icarus import said_by
from asicae.foundation.assets import asset_folder

LATCH_FILES: Final = (
    *("tmr_copy.v", "voter.v", "tmr_register.v", "clock_gate.v"),
    *("latch/tmr_latch_byte.v", "latch/latch_bank_logic.v", "latch/latch_weight_bank.v"),
)
"""Of ``rtl/``."""


def latch_bench(rtl: Path, work: Path) -> str:
    """What the bench has against the bank in a folder like ``rtl/``; empty is good.

    ``work`` is where it works; errors as ``said_by``.
    """
    bench = asset_folder("verification") / "latch_bank" / "latch_bank.v"
    return said_by([bench, *(rtl / file for file in LATCH_FILES)], work)
