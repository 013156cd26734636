"""Frames of Hybrid Choice by the written rules, event by event, as texts of 0 and 1."""

from collections.abc import Mapping, Sequence

from tests.judges.adaptive_reference import adaptive_choice, sum_cells_and_codes
from tests.judges.frame_reference import binary, survivors


def hybrid_choice(
    calq: Sequence[int], latents: Sequence[int], counter: int, values: Mapping[str, int | str]
) -> str:
    """``values`` are those of the settings, by their names."""
    of = dict(values)
    short = 8 * (counter // 16) + counter % 8
    if sum(1 for charge in calq if charge) < of["busy_hits"]:
        quiet = of["most_cells"], of["compander"], of["code_bits"], of["held_back"]
        return adaptive_choice(calq, short, of["links"], *quiet)
    rank_bits = {1: 6, 2: 11, 3: 15, 4: 18, 5: 21, 6: 24}[of["busy_cells"]]
    length = 9 + rank_bits + of["busy_bits"]
    kind = of["busy_cells"], of["busy_compander"], 8, 0
    head = "1" + binary(short, 4) + sum_cells_and_codes(calq, length, *kind)
    room = 32 * of["links"] - len(head)
    return head + survivors(latents, of["keep_auto_encoder_bits"], of["latent_width"], room)


def hidden_cells(calq: Sequence[int], cells: int) -> list[int]:
    """Those that a busy frame sends, which the network does not see."""
    return sorted(sorted(range(48), key=lambda cell: (-calq[cell], cell))[:cells])
