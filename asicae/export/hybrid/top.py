"""Generated Verilog of the top around the chip of a network, all from its design."""

from dataclasses import replace

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.blocks import CLOCK, Block
from asicae.concentrator.silicon.hybrid_choice import CHIP_INSTANCE, TOP, HybridDesign
from asicae.export.coder.instances import (
    Connection,
    Instance,
    connected,
    connections_of,
    given_wires,
)
from asicae.export.templates import render

VALID = "valid_o"
"""Of the chip, which knows what is enabled: nothing leaves without it."""


def hybrid_verilog(design: HybridDesign) -> str:
    """Verilog text of the top; equal designs give equal bytes."""
    return render(
        "hybrid/asicae_hybrid_choice.v.j2",
        top=TOP,
        design=design,
        settings=design.settings.text(),
        network=design.chip.network,
        device_address=DEVICE_ADDRESS,
        wires=given_wires(design.data_path, design.ports),
        instances=[_instance(design, block) for block in design.data_path],
    )


def _instance(design: HybridDesign, block: Block) -> Instance:
    connections = connections_of(block, design.ports)
    if block.instance == CHIP_INSTANCE:
        made = connected(block, [*_passed(design, block), *connections])
        # What a host knows it by is told to the top.
        return replace(made, parameters=tuple((name, name) for name, _ in made.parameters))
    if block.registered:
        # In front of the first rank an event may be missing; behind it, what is held is held.
        load = "valid_i" if block is design.ranks[0] else "1'b1"
        connections = [("clk_i", CLOCK), ("load_i", load), *connections]
    elif block.active:
        connections = [*((port, VALID) for port in block.active), *connections]
    return connected(block, connections)


def _passed(design: HybridDesign, block: Block) -> list[Connection]:
    """Ports of the chip that are ports of the top as well."""
    own = {*block.inputs, *block.outputs}
    return [(port.name, port.name) for port in design.chip.ports if port.name not in own]
