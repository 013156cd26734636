"""Generated Verilog of the encoder's top: instances, parameters and wires, all from its design."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from asicae.chip.blocks import CLOCK, RESET, Block, Sized, Words
from asicae.concentrator.silicon.adaptive_choice import TOP, CoderDesign
from asicae.export.templates import render
from asicae.export.top import literal

CHUNK_BITS: Final = 256
"""Of a literal on one line; longer ones are concatenations."""


@dataclass(frozen=True)
class Instance:
    """An instance as the template prints it: parameters and connections as pairs of texts."""

    module: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    connections: tuple[tuple[str, str], ...]


def coder_verilog(design: CoderDesign) -> str:
    """Verilog text of the top; equal designs give equal bytes."""
    ports = {port.words.name for port in design.ports}
    words = [w for b in design.data_path for port in b.outputs.values() for w in port]
    valid = [block.instance.removeprefix("u_") for block in design.control[1:]]
    return render(
        "coder/asicae_adaptive_choice.v.j2",
        top=TOP,
        design=design,
        settings=design.settings.text(),
        wires=[w for w in words if w.name not in ports],
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
    yield _of(reset, (clock, ("rst_ni", RESET), ("rst_no", "reset_n"), (error, "reset_error")))
    for place, block in enumerate(ranks):
        before = valid[place - 1] if place else "{valid_i, valid_i, valid_i}"
        name = valid[place]
        yield _of(
            block,
            (
                *(clock, ("rst_ni", "reset_n")),
                *(("d_i", before), ("q_o", name), (error, f"{name}_error")),
            ),
        )


def _instance(design: CoderDesign, block: Block, valid: list[str]) -> Instance:
    names = {port.words.name: port.name for port in design.ports}
    connections = [
        (port, _joined(words, names)) for port, words in {**block.inputs, **block.outputs}.items()
    ]
    if block.registered:
        place = design.ranks.index(block)
        load = f"{valid[place - 1]}[0]" if place else "valid_i"
        connections = [("clk_i", CLOCK), ("load_i", load), *connections]
    return _of(block, connections)


def _of(block: Block, connections: Iterable[tuple[str, str]]) -> Instance:
    parameters = tuple((name, _literal(value)) for name, value in block.parameters.items())
    return Instance(block.module, block.instance, parameters, tuple(connections))


def _joined(words: tuple[Words, ...], names: dict[str, str]) -> str:
    # Of a concatenation in Verilog the first part has the highest bits.
    listed = [names.get(part.name, part.name) for part in reversed(words)]
    return listed[0] if len(listed) == 1 else f"{{{', '.join(listed)}}}"


def _literal(value: int | Sized) -> str:
    """A number; a long one in parts, the highest first."""
    if isinstance(value, int) or value.width <= CHUNK_BITS:
        return literal(value)
    places = range(0, value.width, CHUNK_BITS)
    parts = [
        literal(Sized(value.value >> low & ((1 << width) - 1), width))
        for low in places
        for width in (min(CHUNK_BITS, value.width - low),)
    ]
    return "{\n        " + ",\n        ".join(reversed(parts)) + "\n      }"
