"""Generated Verilog of the encoder's top: instances, parameters and wires, all from its design."""

from collections.abc import Iterable

from asicae.chip.blocks import CLOCK, RESET, Block
from asicae.concentrator.silicon.adaptive_choice import TOP, CoderDesign
from asicae.export.coder.instances import Instance, connected, connections_of, given_wires
from asicae.export.templates import render


def coder_verilog(design: CoderDesign) -> str:
    """Verilog text of the top; equal designs give equal bytes."""
    valid = [block.instance.removeprefix("u_") for block in design.control[1:]]
    return render(
        "coder/asicae_adaptive_choice.v.j2",
        top=TOP,
        design=design,
        settings=design.settings.text(),
        wires=given_wires(design.data_path, design.ports),
        valid=valid,
        instances=[
            *_control(design, valid),
            *(_instance(design, block, valid) for block in design.data_path),
        ],
    )


def _control(design: CoderDesign, valid: list[str]) -> Iterable[Instance]:
    """The reset, and the valid bits, each copy from its own of the rank before."""
    reset, *ranks = design.control
    clock, error = ("clk_i", CLOCK), "error_o"
    yield connected(
        reset, (clock, ("rst_ni", RESET), ("rst_no", "reset_n"), (error, "reset_error"))
    )
    for place, block in enumerate(ranks):
        before = valid[place - 1] if place else "{valid_i, valid_i, valid_i}"
        name = valid[place]
        yield connected(
            block,
            (
                *(clock, ("rst_ni", "reset_n")),
                *(("d_i", before), ("q_o", name), (error, f"{name}_error")),
            ),
        )


def _instance(design: CoderDesign, block: Block, valid: list[str]) -> Instance:
    connections = connections_of(block, design.ports)
    if block.registered:
        place = design.ranks.index(block)
        load = f"{valid[place - 1]}[0]" if place else "valid_i"
        connections = [("clk_i", CLOCK), ("load_i", load), *connections]
    return connected(block, connections)
