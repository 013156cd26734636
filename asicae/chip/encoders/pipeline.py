"""What a pipeline of the encoder decides, and nothing that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass

from asicae.chip.blocks import Block
from asicae.chip.configuration import Configuration
from asicae.network.description import Network


@dataclass(frozen=True)
class Pipeline:
    """One way to place the register ranks of the data path.

    Attributes:
        name: in the table, and of its template (``encoders/<name>.v.j2`` in ``export``).
        latency_bx: bunch crossings from the clock edge that samples an event to the one at which
            the receiver samples its result, of a network of one layer.
        interval_bx: bunch crossings from one event to the next that can be taken.
        data_path: its blocks in the order of the data, from CALQ to the last register rank.
        layer_bx: by how many it is later for each layer behind the first.
        kinds: the kinds of layer that it can hold; None where it holds all that there are.
        hides: whether its template has cells hidden behind the normaliser (``hider``).
    """

    name: str
    latency_bx: int
    interval_bx: int
    data_path: Callable[[Network, Configuration], tuple[Block, ...]]
    kinds: frozenset[str] | None = None
    layer_bx: int = 0
    hides: bool = False

    def latency_of(self, network: Network) -> int:
        """Latency, in bunch crossings, of a chip that carries ``network``."""
        return self.latency_bx + self.layer_bx * (len(network.plans) - 1)

    def lacks(self, network: Network) -> set[str]:
        """The kinds of layer of ``network`` that it cannot hold."""
        found = {plan.kind for plan in network.plans}
        return set() if self.kinds is None else found - self.kinds
