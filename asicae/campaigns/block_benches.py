"""The cocotb benches of blocks, and blocks that are smaller under them than in a chip."""

from collections.abc import Mapping
from typing import Final

BANK: Final = {"BITS": 100}
SIZES: Final[Mapping[str, Mapping[str, int]]] = {
    "weight_bank": BANK,
    "gated_weight_bank": BANK,
    "barrier": {"COUNT": 9, "WIDTH": 8, "LIVE": 0b110011011},
}
"""Parameters; of each kind of part there is one still."""
BENCHES: Final = {
    "i2c_target": ("i2c_target.bench_i2c_target", "i2c_target.bench_i2c_lines"),
    "register_file": ("register_file.bench_register_file",),
    "weight_bank": ("weight_bank.bench_weight_bank",),
    "gated_weight_bank": ("weight_bank.bench_weight_bank",),
    "barrier": ("barrier.bench_barrier",),
}
"""By the block that they are of; all others have the parameters that they declare."""
