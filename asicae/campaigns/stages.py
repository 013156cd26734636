"""What a chip does while a campaign disturbs it, and what a host transfers meanwhile."""

from dataclasses import dataclass
from typing import Final

from asicae.chip.registers import register_map
from asicae.network.description import Network
from asicae.simulation.twin.twin import Region


@dataclass(frozen=True)
class Stage:
    """What the chip does meanwhile.

    Attributes:
        name: for records and pages.
        events: 0 none, 1 one every clock, 2 with gaps.
        bus: what the host does: nothing, transfers to all registers, or writes of weights.
        spread: clocks, at most, between the end of a disturbance and the next.
        limit: clocks after which what differs is taken to stay: longer than a transfer where the
            next one may put it right.
    """

    name: str
    events: int
    bus: str = ""
    spread: int = 3
    limit: int = 64

    @property
    def aimed(self) -> bool:
        """Whether disturbances come around the end of each byte that the host writes."""
        return self.bus == "weights"


IDLE: Final = Stage("idle", 0)
STREAMING: Final = Stage("streaming", 1)
TALKING: Final = Stage("bus", 2, "registers", 12, 6000)
LOADING: Final = Stage("weight writes", 2, "weights", 3, 6000)
STAGES: Final = (IDLE, STREAMING, TALKING, LOADING)


def regions(network: Network, bus: str) -> list[Region]:
    """All registers but those that upsets change (``registers``), or the weights alone with CONTROL
    (``weights``); nothing where ``bus`` is empty.
    """
    if not bus:
        return []
    found = []
    for register in register_map(network).registers:
        if register.name.startswith("TMR_"):
            continue
        keep, fixed = 0xFF, 0
        names = {field.name for field in register.fields}
        if register.name == "CONTROL":
            fixed = register.mask("ENABLE")
            keep &= ~register.mask("CLEAR_ERRORS") if "CLEAR_ERRORS" in names else 0xFF
        weights = register.name == "WEIGHTS"
        if bus == "registers" or weights or register.name == "CONTROL":
            writes = register.access == "rw" and (bus == "weights" or not weights)
            found.append(Region(register.address, register.size, writes, keep, fixed))
    return found
