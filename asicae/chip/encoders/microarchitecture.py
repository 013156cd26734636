"""What a microarchitecture decides, and nothing that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass

from asicae.chip.blocks import Block
from asicae.network.description import Network


@dataclass(frozen=True)
class Microarchitecture:
    """One way to build the data path.

    Attributes:
        name: in the table, and of its template (``encoders/<name>.v.j2`` in ``export``).
        latency_bx: bunch crossings from the clock edge that samples an event to the one at which
            the receiver samples its result.
        interval_bx: bunch crossings from one event to the next that can be taken.
        data_path: its blocks in the order of the data, from CALQ to the last register rank.
    """

    name: str
    latency_bx: int
    interval_bx: int
    data_path: Callable[[Network], tuple[Block, ...]]
