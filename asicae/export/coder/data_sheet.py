"""The data sheet of an encoder, from its design."""

from asicae.chip.blocks import RESET
from asicae.chip.design import PERIOD_NS
from asicae.concentrator.algorithms.adaptive_choice import HEADER_BITS, SUM_BITS
from asicae.concentrator.silicon.adaptive_choice import TOP, CoderDesign
from asicae.concentrator.silicon.tables import shares_of
from asicae.export.templates import render


def coder_data_sheet(design: CoderDesign) -> str:
    """Text of the data sheet, Markdown."""
    settings = design.settings
    shares = shares_of(settings)
    return render(
        "coder/datasheet.md.j2",
        top=TOP,
        design=design,
        settings=settings,
        header_bits=HEADER_BITS,
        sum_bits=SUM_BITS,
        lengths=[
            (number, shares.first[number], shares.left[number])
            for number in range(1, settings.most_cells + 1)
        ],
        plain_bits=sum(block.register_bits or 0 for block in design.ranks),
        period_ns=PERIOD_NS,
        reset=RESET,
    )
