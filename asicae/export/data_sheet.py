"""The data sheet of a chip: what somebody needs to know who builds it in, from its design."""

from dataclasses import dataclass
from typing import Any

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.blocks import CLOCK, CLOCKS, FAST_CLOCK, RESET
from asicae.chip.design import PERIOD_NS, Design
from asicae.chip.load_sequence import blank_sequence
from asicae.chip.microarchitectures import label_of
from asicae.chip.registers import register_map
from asicae.chip.triplication import refresh_clocks
from asicae.export.templates import render

DATA_SHEET = "datasheet.md"
EVENTS = ("A", "B")


@dataclass(frozen=True)
class Diagram:
    """What is sampled at each clock edge; a row is a signal."""

    edges: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def data_sheet(design: Design) -> str:
    """Text of the data sheet, Markdown."""
    network = design.network
    plain = [block for block in design.data_path if block.storage == "plain"]
    return render(
        f"{DATA_SHEET}.j2",
        network=network,
        design=design,
        label=label_of(design.configuration),
        cells=design.port("calq_i").words,
        latents=design.port("latent_o").words,
        plain=", ".join(f"{block.register_bits} bits of {block.instance}" for block in plain),
        layers=", ".join(
            f"{plan.name} ({plan.kind}, {plan.output_type})" for plan in network.plans
        ),
        clock=CLOCK,
        clocks=CLOCKS,
        fast_clock=FAST_CLOCK,
        reset=RESET,
        diagram=timing(design),
        **of_registers(design),
    )


def of_registers(design: Design) -> dict[str, Any]:
    """What ``registers_and_upsets.md.j2`` wants of a chip."""
    network, two_sets = design.network, design.configuration.weight_sets > 1
    registers = register_map(network, design.configuration.weight_sets)
    return {
        "period_ns": PERIOD_NS,
        "device": DEVICE_ADDRESS,
        "registers": registers.registers,
        "control": registers["CONTROL"],
        "load": blank_sequence(network),
        "beside": blank_sequence(network, 1) if two_sets else (),
        "active": registers["ACTIVE_SET"] if two_sets else None,
        "refresh": refresh_clocks(network, design.configuration),
    }


def timing(design: Design) -> Diagram:
    """Two events at full rate, until nothing is left of them."""
    taken = {number * design.interval_bx: name for number, name in enumerate(EVENTS)}
    given = {edge + design.latency_bx: name for edge, name in taken.items()}
    edges = range(max(given) + 2)

    def bits(there: dict[int, str]) -> tuple[str, ...]:
        return tuple("1" if edge in there else "0" for edge in edges)

    return Diagram(
        tuple("k" if edge == 0 else f"k + {edge}" for edge in edges),
        (
            ("valid_i", bits(taken)),
            ("calq_i", tuple(taken.get(edge, "any") for edge in edges)),
            ("valid_o", bits(given)),
            ("latent_o", tuple(given.get(edge, "0") for edge in edges)),
            ("sum_o", tuple(given.get(edge, "0") for edge in edges)),
        ),
    )
