"""Settings and charges that the tests of frames share."""

import numpy as np

from asicae.concentrator.algorithms.table import settings_from
from tests.judges import frame_reference as reference

CASES = {
    **{f"best_choice {n}": {"alg_type": "best_choice", "links": n} for n in range(1, 14)},
    **{
        f"{kind} {n}": {"alg_type": "super_trigger_cell", "stc_type": kind, "links": n}
        for kind, (numbers, *_) in reference.STC.items()
        for n in range(1, len(numbers) + 1)
    },
    "threshold_sum": {"alg_type": "threshold_sum", "links": 3, "endless_buffer": True},
    "repeater": {"alg_type": "repeater", "links": 11},
    **{
        f"adaptive_choice {links} {most} {compander} {held_back}": {
            "alg_type": "adaptive_choice",
            "links": links,
            "most_cells": most,
            "compander": compander,
            "code_bits": bits,
            "held_back": held_back,
        }
        for links, most, compander, bits, held_back in (
            (1, 1, "log_1_32", 8, 0),
            (1, 2, "log_1_16", 8, 0),
            (1, 2, "log_1_16", 8, 1),
            (2, 7, "power_2_5", 8, 0),
            (2, 7, "log_1_64", 8, 2),
            (3, 13, "log_1_64", 7, 0),
            (3, 13, "log_1_128", 7, 1),
            (4, 18, "log_1_128", 8, 0),
            (5, 23, "log_1_256", 8, 0),
            (5, 24, "power_2_5", 3, 0),
            (5, 24, "log_1_256", 8, 1),
            (6, 32, "log_1_128", 1, 0),
            (10, 48, "log_1_128", 8, 0),
            (10, 48, "power_2_5", 8, 2),
        )
    },
}


USED = {
    "best_choice": {"drop_lsb", "use_sum"},
    "threshold_sum": {"drop_lsb", "use_sum", "threshold"},
    "super_trigger_cell": {"drop_lsb"},
    "repeater": {"drop_lsb"},
    "adaptive_choice": set(),
}
MOST_CODE = 24 << 4 | 7  # 5E4M of 48 (2^22 - 1), which is 2^27.58


def fitting(case, **values):
    """The settings of a case with those of ``values`` that its algorithm looks at."""
    used = USED[case["alg_type"]] if not case.get("stc_type", "").endswith("5e4m") else set()
    return settings_from(case | {name: values[name] for name in used & set(values)})


def events(seed, rows=64):
    """Charges over all of 22 bits with many empty cells and many ties."""
    rng = np.random.default_rng(seed)
    wide = 2 ** rng.uniform(0, 22, (rows, 48)) * (rng.random((rows, 48)) < rng.random((rows, 1)))
    calq = np.where(rng.random((rows, 1)) < 0.3, rng.integers(0, 4, (rows, 48)), wide)
    calq[0], calq[1] = 0, (1 << 22) - 1
    return calq.astype(np.int32)
