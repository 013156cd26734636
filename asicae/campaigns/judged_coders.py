"""Encoders of Adaptive Choice that between them have all of its hand-written Verilog, built in each
way that it has.
"""

from typing import Final

from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.silicon.adaptive_choice import CoderDesign, coder_design
from asicae.module.geometry import N_CELLS


def _coder(latency_bx: int, links: int, **values: int) -> CoderDesign:
    given = {"alg_type": "adaptive_choice", "links": links, **values}
    return coder_design(AdaptiveChoiceSettings.model_validate(given), latency_bx)


JUDGED_CODERS: Final = {
    "pairs": _coder(1, 1),
    "threshold, bits held back": _coder(2, 2, most_cells=6, held_back=1),
    "all cells, threshold": _coder(2, 6, most_cells=N_CELLS, code_bits=1),
    "all cells, pairs": _coder(1, 8, code_bits=2),
}
"""By what they are called; what is compiled quickly stands first."""
