"""What a host transfers while a campaign disturbs the chip."""

from asicae.chip.registers import register_map
from asicae.network.description import Network
from asicae.simulation.twin.twin import Region


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
