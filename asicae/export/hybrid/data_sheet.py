"""The data sheet of the encoder, from its design."""

from asicae.chip.blocks import CLOCK, CLOCKS, FAST_CLOCK, RESET
from asicae.chip.microarchitectures import label_of
from asicae.concentrator.algorithms.adaptive_choice import HEADER_BITS, SUM_BITS
from asicae.concentrator.silicon.hybrid_choice import TOP, HybridDesign
from asicae.export.data_sheet import of_registers
from asicae.export.templates import render


def hybrid_data_sheet(design: HybridDesign) -> str:
    """Text of the data sheet, Markdown."""
    settings = design.settings
    return render(
        "hybrid/datasheet.md.j2",
        top=TOP,
        design=design,
        network=design.chip.network,
        label=label_of(design.chip.configuration),
        settings=settings,
        busy=settings.busy,
        header_bits=HEADER_BITS,
        sum_bits=SUM_BITS,
        plain_bits=sum(block.register_bits or 0 for block in design.ranks),
        clock=CLOCK,
        clocks=CLOCKS,
        fast_clock=FAST_CLOCK,
        reset=RESET,
        **of_registers(design.chip),
    )
